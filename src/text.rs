//! Foreign text made harmless at the door.
//!
//! Everything from a container, an image, a label, a config, a log or an engine is hostile: it may
//! hold escape sequences, bidirectional controls or line breaks that forge output.

/// One line of printable text: control characters, bidirectional and other invisible format
/// characters become `\u{…}` escapes, tabs and line breaks a blank, and what is longer than
/// `limit` characters is cut with `…`.
pub fn wash(text: &str, limit: usize) -> String {
    let mut clean = String::with_capacity(text.len().min(limit * 4));
    for (count, c) in text.trim().chars().enumerate() {
        if count >= limit {
            clean.push('…');
            break;
        }
        match c {
            '\n' | '\r' | '\t' => clean.push(' '),
            c if is_harmful(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    clean
}

/// As [`wash`], but keeps line breaks: for text that is shown as a block.
pub fn wash_block(text: &str, limit: usize) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| wash_line(line.trim_end(), limit))
        .collect();
    lines.join("\n")
}

fn wash_line(line: &str, limit: usize) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    format!("{}{}", " ".repeat(indent.min(limit)), wash(line, limit))
}

/// Control characters (C0, DEL, C1) and invisible format characters that reorder or hide text
/// (Unicode TR 36 §3.2; CVE-2021-42574).
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// What a JSON parser complains of, without the place that it adds at the end: it is told first.
pub fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

/// The candidate nearest to what was written, for "did you mean".
pub fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::normalized_damerau_levenshtein(written, candidate),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.55)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_bidi_marks_lose_their_power() {
        assert_eq!(wash("a\u{1b}[31mb", 80), "a\\u{1b}[31mb");
        assert_eq!(wash("x\u{202e}y\u{9b}z", 80), "x\\u{202e}y\\u{9b}z");
        assert_eq!(wash("one\ntwo\tthree", 80), "one two three");
        assert_eq!(wash("abcdef", 3), "abc…");
    }

    #[test]
    fn a_complaint_of_json_tells_its_place_once() {
        let error = serde_json::from_str::<u8>("{\n").expect_err("broken");
        assert!(error.to_string().contains(" at line "));
        assert!(!without_place(&error).contains(" at line "));
    }

    #[test]
    fn a_block_keeps_its_lines_and_nothing_else() {
        assert_eq!(wash_block("a\r\n  b\u{7}", 80), "a\n  b\\u{7}");
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        assert_eq!(
            nearest("tresholds", ["threshold", "needs"]),
            Some("threshold")
        );
        assert_eq!(nearest("zzz", ["threshold", "needs"]), None);
    }

    proptest::proptest! {
        #[test]
        fn washed_text_holds_no_control_character(text in "\\PC*|.*") {
            proptest::prop_assert!(!wash(&text, 200).chars().any(is_harmful));
        }
    }
}
