//! Text broken into lines that fit, by words and by columns.

use unicode_width::UnicodeWidthStr;

use crate::text;

/// Narrower than this nothing is broken any further.
const NARROWEST: usize = 24;
/// Longer text than this is cut: a report is read by people.
const LONGEST: usize = 4000;

/// The words of a text in lines of at most `width` columns. A word that is longer stays whole, so
/// that a path or a command can still be copied. Control characters become visible escapes.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(NARROWEST);
    let clean = text::wash(text, LONGEST);
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in clean.split_whitespace() {
        if !line.is_empty() && columns(&line) + 1 + columns(word) > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// One line of at most `width` columns, cut with an ellipsis where it is longer.
pub fn cut(text: &str, width: usize, ascii: bool) -> String {
    let clean = text::wash(text, LONGEST);
    if columns(&clean) <= width {
        return clean;
    }
    let ellipsis = if ascii { "..." } else { "…" };
    let room = width.saturating_sub(columns(ellipsis));
    let mut short = String::new();
    for c in clean.chars() {
        let mut longer = short.clone();
        longer.push(c);
        if columns(&longer) > room {
            break;
        }
        short = longer;
    }
    format!("{}{ellipsis}", short.trim_end())
}

/// The text with blanks up to `width` columns.
pub fn pad(text: &str, width: usize) -> String {
    let gap = width.saturating_sub(columns(text));
    format!("{text}{}", " ".repeat(gap))
}

/// How many columns a text takes on a terminal.
pub fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_whole_and_lines_fit() {
        let lines = wrap("one two three four five six seven eight nine", 24);
        assert_eq!(lines, ["one two three four five", "six seven eight nine"]);
        let long = "/a/very/long/path/that/is/wider/than/the/column";
        assert_eq!(wrap(&format!("see {long}"), 24), ["see", long]);
        assert_eq!(wrap("", 24), [""]);
    }

    #[test]
    fn foreign_text_cannot_move_the_cursor() {
        assert_eq!(wrap("a\u{1b}[2Jb\nc", 40), ["a\\u{1b}[2Jb c"]);
        assert_eq!(cut("a\u{9b}b", 40, false), "a\\u{9b}b");
    }

    #[test]
    fn wide_characters_count_as_the_columns_they_take() {
        assert_eq!(cut("日本語日本語", 7, false), "日本語…");
        assert_eq!(cut("abcdef", 5, true), "ab...");
        assert_eq!(pad("日本", 6), "日本  ");
    }
}
