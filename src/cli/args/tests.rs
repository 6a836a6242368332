//! The command line: what is read, and what a mistake is told.

use super::*;

fn read(line: &str) -> Result<Args, Box<UsageProblem>> {
    parse(line.split(' ').map(OsString::from), false)
}

fn mistake(line: &str) -> (Format, String, Vec<String>) {
    match *read(line).expect_err(line) {
        UsageProblem::Mistake {
            format,
            message,
            hints,
            ..
        } => (format, message, hints),
        UsageProblem::Asked { text } => panic!("{line}: {text}"),
    }
}

#[test]
fn the_definition_is_consistent() {
    Args::command().debug_assert();
}

#[test]
fn common_options_stand_before_and_after_the_command() {
    for line in [
        "clawdoctor --json --offline check --only docker",
        "clawdoctor check --only docker --offline --json",
    ] {
        let args = read(line).expect(line);
        assert_eq!(args.common.format(), Format::Json);
        assert!(args.common.offline);
        assert_eq!(args.check().only, ["docker"]);
    }
}

#[test]
fn without_a_command_there_is_none_and_the_defaults_hold() {
    let args = read("clawdoctor").expect("nothing is enough");
    assert!(args.command.is_none());
    assert_eq!(args.common.timeout().as_secs(), 30);
    let deep = read("clawdoctor --deep").expect("a flag");
    assert_eq!(deep.common.timeout().as_secs(), 150);
    let short = read("clawdoctor --deep --timeout 20s").expect("both");
    assert_eq!(short.common.timeout().as_secs(), 20);
    assert_eq!(args.fail_on(), Severity::Error);
    assert_eq!(
        read("clawdoctor --strict").expect("strict").fail_on(),
        Severity::Warning
    );
}

#[test]
fn fix_may_be_spelled_as_a_flag() {
    for line in [
        "clawdoctor --fix --yes --allow behaviour image/present",
        "clawdoctor --json --fix --yes --allow behaviour image/present",
        "clawdoctor fix --yes --allow behaviour image/present",
    ] {
        let args = read(line).expect(line);
        let fix = args.fix();
        assert!(fix.yes, "{line}");
        assert_eq!(fix.allow, ["behaviour"]);
        assert_eq!(fix.ids, ["image/present"]);
    }
    // Behind a command it is that command's business.
    let (_, message, _) = mistake("clawdoctor check --fix");
    assert!(message.contains("--fix"), "{message}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    for line in [
        "clawdoctor fix --yes --dry-run",
        "clawdoctor fix --plan p.json image/present",
        "clawdoctor undo --list some-run",
    ] {
        assert!(read(line).is_err(), "{line}");
    }
}

#[test]
fn a_message_may_be_pasted_with_or_without_quotes() {
    let args = read("clawdoctor explain docker: not found").expect("words");
    let Some(Command::Explain { what }) = args.command else {
        panic!("explain");
    };
    assert_eq!(what.join(" "), "docker: not found");
    let args = read("clawdoctor explain docker/running --json").expect("an id");
    assert_eq!(args.common.format(), Format::Json);
}

#[test]
fn a_mistake_says_what_to_write_and_which_form_was_asked_for() {
    let (format, message, hints) = mistake("clawdoctor check --formt json --json");
    assert_eq!(format, Format::Json);
    assert_eq!(message, "unexpected argument '--formt' found");
    assert_eq!(hints, ["did you mean `--format`?"]);
    for (line, format) in [
        ("--bogus --format json", Format::Json),
        ("--bogus --format=json", Format::Json),
        ("--bogus --format nagios", Format::Nagios),
        ("--bogus --format yaml", Format::Text),
        ("--bogus -- --json", Format::Text),
        ("chek", Format::Text),
    ] {
        assert_eq!(mistake(&format!("clawdoctor {line}")).0, format, "{line}");
    }
}

#[test]
fn bad_values_are_refused() {
    for line in [
        "clawdoctor --timeout 30",
        "clawdoctor --timeout 0s",
        "clawdoctor --format yaml",
        "clawdoctor check --fail-on info",
        "clawdoctor --json --format tap",
        "clawdoctor -q -v",
        "clawdoctor mend",
        "clawdoctor explain",
    ] {
        let (_, message, hints) = mistake(line);
        assert!(!message.is_empty() && !message.contains('\n'), "{line}");
        assert!(!hints.is_empty(), "{line}");
    }
}

#[test]
fn help_and_version_are_no_mistake() {
    for line in [
        "clawdoctor --help",
        "clawdoctor check -h",
        "clawdoctor --version",
    ] {
        let problem = read(line).expect_err(line);
        assert!(matches!(*problem, UsageProblem::Asked { .. }), "{line}");
    }
}

#[test]
fn help_man_page_and_completions_come_from_the_definition() {
    let help = Args::command().term_width(90).render_help();
    insta::assert_snapshot!(help);
    let man = String::from_utf8(man().expect("rendered")).expect("UTF-8");
    assert!(
        man.contains(".TH clawdoctor") && man.contains("Exit codes"),
        "{man}"
    );
    let bash = String::from_utf8(completions(clap_complete::Shell::Bash)).expect("UTF-8");
    assert!(bash.contains("--save\\-facts") || bash.contains("--save-facts"));
}
