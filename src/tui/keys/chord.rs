//! How a key is written, in settings and on the screen: `r`, `R`, `ctrl-r`, `alt-x`, `F5`, `space`,
//! `shift-tab`, `pgup`.

use crossterm::event::{KeyCode, KeyModifiers};
use unicode_width::UnicodeWidthChar as _;

use crate::tui::msg::Chord;

/// How keys are written, for whoever wrote one otherwise.
pub const FORM: &str = "keys are written \"r\", \"R\", \"ctrl-r\", \"alt-x\", \"F5\", \"space\", \"shift-tab\", \"pgup\"";

/// A key as it is written; else what is wrong with it.
pub fn parse(text: &str) -> Result<Chord, String> {
    let unknown = || match text {
        "" | "none" | "off" => format!("`{text}` is no key; [] leaves a command without one"),
        _ => format!("`{text}` is no key; {FORM}"),
    };
    let mut all = text.chars();
    // A character is itself: to the parser `R` and `r` are one key, and only ASCII has keys.
    if let (Some(c), None) = (all.next(), all.next()) {
        let is_seen = c != ' ' && c.width().is_some_and(|width| width > 0);
        return is_seen.then_some(Chord::char(c)).ok_or_else(unknown);
    }
    let read = crokey::parse(&spelled(text)).map_err(|_| unknown())?;
    let mut codes = read.codes.iter();
    let (Some(&code), None) = (codes.next(), codes.next()) else {
        return Err(format!("`{text}` is several keys at once; {FORM}"));
    };
    sent(code, read.modifiers).map_err(|why| format!("`{text}`: {why}"))
}

/// The last part as the parser knows it.
fn spelled(text: &str) -> String {
    let (before, last) = match text.rsplit_once('-') {
        Some((before, last)) if !last.is_empty() => (format!("{before}-"), last),
        _ => (String::new(), text),
    };
    let last = match last.to_ascii_lowercase().as_str() {
        "pgup" => "pageup".to_owned(),
        "pgdn" => "pagedown".to_owned(),
        "escape" => "esc".to_owned(),
        "return" => "enter".to_owned(),
        // With ctrl the case makes no difference.
        _ if last.len() == 1
            && last.chars().all(|c| c.is_ascii_uppercase())
            && !before.to_ascii_lowercase().contains("ctrl-") =>
        {
            format!("shift-{last}")
        }
        _ => last.to_owned(),
    };
    before + &last
}

/// The key as terminals send it, where they send one of its own for it.
fn sent(code: KeyCode, modifiers: KeyModifiers) -> Result<Chord, String> {
    let (ctrl, alt, shift) = (
        modifiers.contains(KeyModifiers::CONTROL),
        modifiers.contains(KeyModifiers::ALT),
        modifiers.contains(KeyModifiers::SHIFT),
    );
    if modifiers.contains(KeyModifiers::SUPER) {
        return Err("terminals do not send cmd; take ctrl or alt".to_owned());
    }
    let same = |other: &str| Err(format!("terminals send `{other}` for it"));
    let chord = |code, shift: KeyModifiers| Chord {
        code,
        modifiers: modifiers.intersection(KeyModifiers::CONTROL | KeyModifiers::ALT) | shift,
    };
    let none = KeyModifiers::NONE;
    Ok(match code {
        KeyCode::Char(c) if ctrl => match c.to_ascii_lowercase() {
            'i' => return same("tab"),
            'm' => return same("enter"),
            '[' => return same("esc"),
            lower if shift => return same(&format!("ctrl-{lower}")),
            lower if lower.is_ascii_lowercase() || lower == ' ' => {
                chord(KeyCode::Char(lower), none)
            }
            _ => return Err("with ctrl terminals send letters and space alone".to_owned()),
        },
        KeyCode::Char(' ') if shift => return same("space"),
        KeyCode::Char(c) if shift && !c.is_ascii_alphabetic() => {
            return Err("write the character that shift gives".to_owned());
        }
        KeyCode::Char(c) if shift => chord(KeyCode::Char(c.to_ascii_uppercase()), none),
        KeyCode::Char(c) => chord(KeyCode::Char(c), none),
        KeyCode::Tab | KeyCode::BackTab if ctrl => return same("tab"),
        KeyCode::Tab if shift => chord(KeyCode::BackTab, none),
        KeyCode::BackTab => chord(KeyCode::BackTab, none),
        KeyCode::Esc if alt || ctrl || shift => return same("esc"),
        KeyCode::Enter if ctrl || shift => return same("enter"),
        KeyCode::Backspace if ctrl || shift => return same("backspace"),
        code if shift => chord(code, KeyModifiers::SHIFT),
        code => chord(code, none),
    })
}

/// As footer and help name it; read back by [`parse`].
pub fn name(chord: Chord) -> String {
    let key = match chord.code {
        KeyCode::Char(' ') => "space".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::BackTab => "shift-tab".to_owned(),
        KeyCode::PageUp => "pgup".to_owned(),
        KeyCode::PageDown => "pgdn".to_owned(),
        // As it is called: `Enter`, `Left`.
        code => format!("{code:?}").to_lowercase(),
    };
    let with = [
        (KeyModifiers::CONTROL, "ctrl-"),
        (KeyModifiers::ALT, "alt-"),
        (KeyModifiers::SHIFT, "shift-"),
    ];
    let held = with
        .iter()
        .filter(|(one, _)| chord.modifiers.contains(*one));
    held.map(|(_, word)| *word).collect::<String>() + &key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_as_the_field_writes_them() {
        let plain = |code| Chord::plain(code);
        let with = |code, modifiers| Chord { code, modifiers };
        for (text, chord) in [
            ("r", Chord::char('r')),
            ("R", Chord::char('R')),
            ("shift-r", Chord::char('R')),
            ("-", Chord::char('-')),
            ("minus", Chord::char('-')),
            ("+", Chord::char('+')),
            ("ö", Chord::char('ö')),
            ("space", Chord::char(' ')),
            ("ctrl-r", Chord::ctrl('r')),
            ("Ctrl-R", with(KeyCode::Char('r'), KeyModifiers::CONTROL)),
            ("ctrl-space", Chord::ctrl(' ')),
            ("alt-x", with(KeyCode::Char('x'), KeyModifiers::ALT)),
            ("alt-X", with(KeyCode::Char('X'), KeyModifiers::ALT)),
            (
                "ctrl-alt-x",
                with(
                    KeyCode::Char('x'),
                    KeyModifiers::CONTROL | KeyModifiers::ALT,
                ),
            ),
            ("F5", plain(KeyCode::F(5))),
            ("f12", plain(KeyCode::F(12))),
            ("tab", plain(KeyCode::Tab)),
            ("shift-tab", plain(KeyCode::BackTab)),
            ("backtab", plain(KeyCode::BackTab)),
            ("pageup", plain(KeyCode::PageUp)),
            ("pgdn", plain(KeyCode::PageDown)),
            ("ctrl-pgup", with(KeyCode::PageUp, KeyModifiers::CONTROL)),
            ("shift-left", with(KeyCode::Left, KeyModifiers::SHIFT)),
            ("alt-enter", with(KeyCode::Enter, KeyModifiers::ALT)),
            ("Escape", plain(KeyCode::Esc)),
            ("return", plain(KeyCode::Enter)),
            ("del", plain(KeyCode::Delete)),
        ] {
            assert_eq!(parse(text), Ok(chord), "{text}");
            assert_eq!(parse(&name(chord)), Ok(chord), "{text}");
        }
    }

    #[test]
    fn what_is_no_key_or_is_never_sent_is_refused_with_the_way_on() {
        for text in ["", " ", "\u{7}", "\u{202e}", "\u{301}", "ctrl-ö"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        let refused = [
            "contrl-x",
            "ctrl-",
            "F99",
            "a-b",
            "ctrl-shift-r",
            "ctrl-i",
            "ctrl-m",
            "ctrl-1",
            "none",
            "shift-1",
            "shift-space",
            "cmd-x",
            "ctrl-enter",
            "shift-esc",
            "ctrl-tab",
        ];
        let said: Vec<String> = refused
            .iter()
            .map(|text| parse(text).expect_err(text))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r#"
        `contrl-x` is no key; keys are written "r", "R", "ctrl-r", "alt-x", "F5", "space", "shift-tab", "pgup"
        `ctrl-` is no key; keys are written "r", "R", "ctrl-r", "alt-x", "F5", "space", "shift-tab", "pgup"
        `F99` is no key; keys are written "r", "R", "ctrl-r", "alt-x", "F5", "space", "shift-tab", "pgup"
        `a-b` is several keys at once; keys are written "r", "R", "ctrl-r", "alt-x", "F5", "space", "shift-tab", "pgup"
        `ctrl-shift-r`: terminals send `ctrl-r` for it
        `ctrl-i`: terminals send `tab` for it
        `ctrl-m`: terminals send `enter` for it
        `ctrl-1`: with ctrl terminals send letters and space alone
        `none` is no key; [] leaves a command without one
        `shift-1`: write the character that shift gives
        `shift-space`: terminals send `space` for it
        `cmd-x`: terminals do not send cmd; take ctrl or alt
        `ctrl-enter`: terminals send `enter` for it
        `shift-esc`: terminals send `esc` for it
        `ctrl-tab`: terminals send `tab` for it
        "#);
    }
}
