//! What a person sees, outcome by outcome.

use super::*;
use crate::report::sample;

const WIDE: Style = Style {
    color: false,
    ascii: false,
    width: 80,
    verbose: 0,
    quiet: false,
    pretty: false,
};

fn page(report: &Report, style: Style) -> String {
    let mut bytes = Vec::new();
    write(report, &style, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_clean_node_takes_a_few_quiet_lines() {
    insta::assert_snapshot!(page(&sample::clean(), WIDE));
}

#[test]
fn one_failure_is_told_once_and_what_waits_for_it_is_folded() {
    insta::assert_snapshot!(page(&sample::engine_down(), WIDE));
}

#[test]
fn warnings_waived_findings_and_troubles_of_the_run_are_listed() {
    insta::assert_snapshot!(page(&sample::warnings(), WIDE));
}

#[test]
fn what_could_not_be_determined_is_said_aloud() {
    insta::assert_snapshot!(page(&sample::inconclusive(), WIDE));
}

#[test]
fn a_run_that_could_not_be_made_says_why_and_what_to_type() {
    insta::assert_snapshot!(page(&sample::could_not_run(), WIDE));
}

#[test]
fn verbose_shows_every_check_and_very_verbose_all_evidence() {
    let verbose = Style { verbose: 1, ..WIDE };
    insta::assert_snapshot!("verbose", page(&sample::engine_down(), verbose));
    let very = Style { verbose: 2, ..WIDE };
    insta::assert_snapshot!("very_verbose", page(&sample::warnings(), very));
}

#[test]
fn without_symbols_every_byte_of_ours_is_ascii() {
    let ascii = Style {
        ascii: true,
        ..WIDE
    };
    let text = page(&sample::engine_down(), ascii);
    assert!(text.is_ascii(), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn colour_adds_nothing_but_escape_sequences() {
    let color = Style {
        color: true,
        ..WIDE
    };
    let painted = page(&sample::engine_down(), color);
    insta::assert_snapshot!(painted.replace('\u{1b}', "␛"));
    let bare = regex_lite::Regex::new("\u{1b}\\[[0-9;]*m").expect("a pattern");
    assert_eq!(
        bare.replace_all(&painted, ""),
        page(&sample::engine_down(), WIDE)
    );
}

#[test]
fn a_quiet_run_shows_what_is_wrong_and_the_sum() {
    let quiet = Style {
        quiet: true,
        ..WIDE
    };
    let text = page(&sample::clean(), quiet);
    assert_eq!(text.lines().count(), 1, "{text}");
    insta::assert_snapshot!(page(&sample::engine_down(), quiet));
}

#[test]
fn lines_fit_the_width_unless_a_command_has_to_stay_whole() {
    for width in [60, 80, 120] {
        for (name, report) in sample::all() {
            for verbose in 0..3 {
                let style = Style {
                    width,
                    verbose,
                    ..WIDE
                };
                for line in page(&report, style).lines() {
                    let whole = line.starts_with("next: ");
                    assert!(
                        columns(line) <= width || whole,
                        "{name} at {width}, {verbose} times -v: {line}"
                    );
                }
            }
        }
    }
}

#[test]
fn foreign_text_cannot_colour_clear_or_forge_a_line() {
    let text = page(&sample::hostile(), WIDE);
    assert!(
        !text.chars().any(|c| c.is_control() && c != '\n'),
        "{text:?}"
    );
    assert!(!text.contains('\u{202e}'));
    assert!(!text.lines().any(|line| line.starts_with("ok 9")), "{text}");
}
