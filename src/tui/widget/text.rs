//! Text that fits: cut, padded, broken into lines, by columns and not by characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text in at most `width` columns, with the ellipsis at its end where it was longer.
pub fn cut(text: &str, width: usize, ellipsis: &str) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(columns(ellipsis));
    let (head, _) = split(text, room);
    let mut short = head.trim_end().to_owned();
    if width >= columns(ellipsis) {
        short.push_str(ellipsis);
    }
    short
}

/// The text in exactly `width` columns.
pub fn fit(text: &str, width: usize, ellipsis: &str) -> String {
    let mut text = cut(text, width, ellipsis);
    let gap = width.saturating_sub(columns(&text));
    text.extend(std::iter::repeat_n(' ', gap));
    text
}

/// As much of the text as fits into `width` columns.
pub fn head(text: &str, width: usize) -> &str {
    split(text, width).0
}

/// As much of the end of the text as fits into `width` columns.
pub fn tail(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[at + c.len_utf8()..];
        }
    }
    text
}

/// As much of the text as fits into `width` columns, and the rest.
fn split(text: &str, width: usize) -> (&str, &str) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(0);
        if used > width {
            return text.split_at(at);
        }
    }
    (text, "")
}

/// The words of one paragraph in lines of at most `width` columns; lines after the first begin
/// with `indent` blanks. A word that is wider than a line is broken, so that nothing is lost.
pub fn wrap(text: &str, width: usize, indent: usize) -> Vec<String> {
    let width = width.max(1);
    let indent = if indent * 2 < width { indent } else { 0 };
    let head = text.len() - text.trim_start_matches(' ').len();
    let head = if head * 2 < width { head } else { 0 };
    let mut lines = Vec::new();
    let mut line = " ".repeat(head);
    let mut bare = true;
    for word in text.split_whitespace() {
        let mut word = word;
        if !bare && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            bare = true;
        }
        if !bare {
            line.push(' ');
        }
        while columns(&line) + columns(word) > width {
            let (fits, rest) = split(word, width - columns(&line));
            // A character that is wider than the whole line is shown rather than looped on.
            let (fits, rest) = if fits.is_empty() && bare && columns(&line) <= indent {
                let first = word.chars().next().map_or(0, char::len_utf8);
                word.split_at(first)
            } else {
                (fits, rest)
            };
            line.push_str(fits);
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
            word = rest;
        }
        line.push_str(word);
        bare = word.is_empty() && line.trim().is_empty();
    }
    if !line.trim().is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text in pieces of at most `width` columns, nothing of it lost or moved.
pub fn chunks(text: &str, width: usize) -> Vec<String> {
    let mut rest = text;
    let mut pieces = Vec::new();
    loop {
        let (mut fits, mut left) = split(rest, width.max(1));
        if fits.is_empty() {
            // A character that is wider than a line is shown rather than looped on.
            (fits, left) = rest.split_at(rest.chars().next().map_or(0, char::len_utf8));
        }
        pieces.push(fits.to_owned());
        if left.is_empty() {
            return pieces;
        }
        rest = left;
    }
}

/// Prose that was broken for its file, put together again: one string for each paragraph, list
/// item, or indented line (a command).
pub fn paragraphs(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut joins = false;
    for line in text.trim_end().lines() {
        let line = line.trim_end();
        let indented = line.starts_with(' ');
        if line.is_empty() || indented || is_item(line) || !joins {
            out.push(line.to_owned());
        } else if let Some(last) = out.last_mut() {
            last.push(' ');
            last.push_str(line);
        }
        joins = !line.is_empty() && !indented && !line.ends_with(':');
    }
    out
}

/// `1. …`, `- …`, `* …`
fn is_item(line: &str) -> bool {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    (rest.len() < line.len() && rest.starts_with(". "))
        || line.starts_with("- ")
        || line.starts_with("* ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        assert_eq!(wrap("one two three", 7, 0), ["one two", "three"]);
        assert_eq!(wrap("1. one two", 7, 3), ["1. one", "   two"]);
        assert_eq!(wrap("/a/long/path", 5, 0), ["/a/lo", "ng/pa", "th"]);
        assert_eq!(wrap("日本語", 4, 0), ["日本", "語"]);
        assert_eq!(wrap("", 4, 2), [""]);
    }

    #[test]
    fn cut_text_says_so_and_wide_characters_count_double() {
        assert_eq!(cut("abcdef", 4, "…"), "abc…");
        assert_eq!(cut("日本語", 5, "…"), "日本…");
        assert_eq!(fit("ab", 4, "…"), "ab  ");
        assert_eq!(cut("abc", 0, "…"), "");
        assert_eq!(tail("abcdef", 3), "def");
        assert_eq!(tail("日本語", 3), "語");
        assert_eq!(tail("ab", 3), "ab");
    }

    #[test]
    fn prose_flows_and_commands_stay_on_their_lines() {
        let text =
            "First line\nof a paragraph.\n\n1. Do this:\n  docker ps\n2. And that\nas well.\n";
        assert_eq!(
            paragraphs(text),
            [
                "First line of a paragraph.",
                "",
                "1. Do this:",
                "  docker ps",
                "2. And that as well."
            ]
        );
    }

    #[test]
    fn chunks_keep_every_blank() {
        assert_eq!(chunks("  a  b", 4), ["  a ", " b"]);
        assert_eq!(chunks("", 4), [""]);
        assert_eq!(chunks("日本", 1), ["日", "本"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_wraps_in_any_width(text in "\\PC{0,60}", width in 0_usize..20, indent in 0_usize..6) {
            let lines = wrap(&text, width, indent);
            let letters = |s: &str| s.chars().filter(|c| !c.is_whitespace()).count();
            let all: usize = lines.iter().map(|line| letters(line)).sum();
            proptest::prop_assert_eq!(all, letters(&text));
            for line in &lines {
                proptest::prop_assert!(columns(line) <= width.max(2) || line.chars().count() == 1);
            }
        }
    }
}
