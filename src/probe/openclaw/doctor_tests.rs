//! What OpenClaw's doctor may answer, and what becomes of it.

use super::*;

fn said(status: i32, stdout: &str) -> Result<Doctor, Why> {
    read(&Output {
        status: Some(status),
        stdout: stdout.to_owned(),
        stderr: "boom\u{1b}[31m\n".to_owned(),
    })
}

/// As the real one answered, with more keys than are read here.
const RECORDED: &str = include_str!("../../../tests/recorded/openclaw-doctor-lint.json");

#[test]
fn findings_are_read_and_unknown_keys_are_its_own_business() {
    let doctor = said(1, RECORDED).expect("the real answer");
    assert_eq!((doctor.checks_run, doctor.checks_skipped), (35, 30));
    let ids = doctor
        .findings
        .iter()
        .map(|one| (one.check_id.as_str(), one.severity));
    assert_eq!(
        ids.collect::<Vec<_>>(),
        [
            (
                "core/doctor/node-hosting-preconditions",
                LintSeverity::Warning
            ),
            ("core/doctor/security", LintSeverity::Warning),
            (
                "core/doctor/skill-workshop-tool-policy",
                LintSeverity::Warning
            ),
            ("core/doctor/command-owner", LintSeverity::Info),
        ]
    );
    assert_eq!(doctor.findings[0].path.as_deref(), Some("gateway.bind"));
    let more = RECORDED.replacen("\"checkId\"", "\"new\":{\"a\":1},\"checkId\"", 1);
    let more = more.replacen("\"ok\"", "\"later\":[],\"ok\"", 1);
    assert_eq!(said(1, &more).expect("a newer minor"), doctor);
    let none = r#"{"schemaVersion":1,"ok":true,"checksRun":35,"checksSkipped":30,"findings":[]}"#;
    assert_eq!(said(0, none).expect("nothing found").findings, []);
}

#[test]
fn what_is_no_answer_is_never_nothing_found() {
    let none = r#"{"schemaVersion":1,"ok":true,"checksRun":1,"findings":[]}"#;
    let trouble = r#"{"schemaVersion":1,"ok":false,"findings":[{"checkId":"core/doctor/lint-inspection","severity":"error","message":"m"}],"error":{"type":"cli_error","message":"no database"}}"#;
    for (status, stdout, kind, words) in [
        (0, "", WhyKind::Unparsable, "one JSON document"),
        (0, "All is well!", WhyKind::Unparsable, "All is well!"),
        (
            0,
            &none.replace(":1,\"ok\"", ":2,\"ok\""),
            WhyKind::Unparsable,
            "schemaVersion 2",
        ),
        (0, "{\"findings\":[]}", WhyKind::Unparsable, "no version"),
        (0, "{\"schemaVersion\":1}", WhyKind::Unparsable, "findings"),
        (
            1,
            &RECORDED.replace("\"warning\"", "\"fatal\""),
            WhyKind::Unparsable,
            "fatal",
        ),
        (1, none, WhyKind::Failed, "names no finding"),
        (1, trouble, WhyKind::Failed, "no database"),
        (2, none, WhyKind::Failed, "exit code 2: boom"),
        (3, RECORDED, WhyKind::Failed, "exit code 3"),
    ] {
        let why = said(status, stdout).expect_err(words);
        assert_eq!(why.kind, kind, "{why}");
        assert!(why.detail.contains(words), "{why}");
        assert!(!why.detail.contains('\u{1b}'), "{why}");
    }
}

#[test]
fn hostile_words_are_made_harmless_at_the_door() {
    let sly = RECORDED.replace("Gateway is only", "\\u001b[2JGateway\\nis only");
    let doctor = said(1, &sly).expect("parses");
    assert!(!doctor.findings[0].message.contains(['\u{1b}', '\n']));
}
