//! The judges of custom checks, each from its form in a file.

use super::super::Judge;
use super::super::trial::{known, message, short};
use super::*;
use crate::facts::Reading;
use crate::facts::custom::Custom;

fn short_of(ruling: Ruling) -> String {
    short(Ok(ruling))
}

fn judge(toml: &str) -> Judge {
    toml::from_str(toml).expect("a judge of the test")
}

/// Rules over the answer to the judge's own question.
fn rule(judge: &Judge, answer: Reading<Answer>) -> Ruling {
    let mut facts = Facts::default();
    facts.custom.push(Custom {
        question: judge.question().expect("a custom judge"),
        answer,
    });
    judge.rule(&facts)
}

fn command(exit_code: Option<i32>, stdout: &str) -> Reading<Answer> {
    known(Answer::Command {
        exit_code,
        stdout: stdout.to_owned(),
        stderr: "no\u{1b}[31m such thing".to_owned(),
    })
}

#[test]
fn every_expectation_of_a_command_is_its_own_complaint() {
    let judge = judge(
        r#"command = { argv = ["id", "-un"], stdout-contains = "claw", stdout-lacks = "root" }"#,
    );
    for (answer, expected) in [
        (command(Some(0), "claw\n"), "pass"),
        (command(Some(1), "claw"), "fail:command-exit-code"),
        (command(None, "claw"), "fail:command-exit-code"),
        (command(Some(0), ""), "fail:command-output-lacks"),
        (command(Some(0), "claw root"), "fail:command-output-holds"),
        (
            command(Some(2), "root"),
            "fail:command-exit-code fail:command-output-lacks fail:command-output-holds",
        ),
        (
            Reading::unknown(WhyKind::Timeout, "no answer in 5 s"),
            "unknown:timeout",
        ),
        (
            known(Answer::Port {
                open: true,
                detail: String::new(),
            }),
            "unknown:unparsable",
        ),
    ] {
        assert_eq!(short_of(rule(&judge, answer)), expected);
    }
    assert_eq!(
        message(Ok(rule(&judge, command(Some(1), "claw")))),
        "`id -un` exits with 1; 0 was expected: it says \"no\\u{1b}[31m such thing\""
    );
}

#[test]
fn a_question_that_was_not_asked_is_no_pass() {
    let judge = judge("port = { port = 18789 }");
    assert_eq!(
        short(Ok(judge.rule(&Facts::default()))),
        "unknown:not-asked"
    );
}

fn file(mode: &str, owner: u32, content: Option<&str>) -> Reading<Answer> {
    known(Answer::File {
        exists: true,
        file_kind: Some("file".to_owned()),
        mode: Some(mode.to_owned()),
        owner: Some(owner),
        content: content.map(str::to_owned),
    })
}

fn no_file() -> Reading<Answer> {
    known(Answer::File {
        exists: false,
        file_kind: None,
        mode: None,
        owner: None,
        content: None,
    })
}

#[test]
fn a_file_is_compared_in_each_respect() {
    let judge = judge(
        r#"file = { path = "~/.openclaw/openclaw.json", file-kind = "file", mode = "0600", owner = 501, contains = "sandbox" }"#,
    );
    for (answer, expected) in [
        (file("600", 501, Some("{sandbox: 1}")), "pass"),
        (file("644", 501, Some("sandbox")), "fail:file-mode"),
        (file("600", 0, Some("sandbox")), "fail:file-owner"),
        (file("600", 501, Some("")), "fail:file-content"),
        (file("600", 501, None), "unknown:failed"),
        (file("rw-", 501, Some("sandbox")), "unknown:unparsable"),
        (no_file(), "fail:file-missing"),
    ] {
        assert_eq!(short_of(rule(&judge, answer)), expected);
    }
}

#[test]
fn a_file_that_must_not_be_there_is_found() {
    let judge = judge(r#"file = { path = "/etc/nologin", exists = false }"#);
    assert_eq!(short_of(rule(&judge, no_file())), "pass");
    assert_eq!(
        short_of(rule(&judge, file("644", 0, None))),
        "fail:file-present"
    );
}

#[test]
fn a_port_is_open_or_closed_as_asked() {
    let port = |open| {
        known(Answer::Port {
            open,
            detail: "connection refused".to_owned(),
        })
    };
    let wants_open = judge("port = { port = 18789 }");
    let wants_closed = judge(r#"port = { host = "0.0.0.0", port = 2375, open = false }"#);
    assert_eq!(short_of(rule(&wants_open, port(true))), "pass");
    assert_eq!(short_of(rule(&wants_open, port(false))), "fail:port-closed");
    assert_eq!(short_of(rule(&wants_closed, port(false))), "pass");
    assert_eq!(short_of(rule(&wants_closed, port(true))), "fail:port-open");
}

#[test]
fn an_http_answer_is_compared_in_status_and_body() {
    let http = |status, body: &str| {
        known(Answer::Http {
            status,
            body: body.to_owned(),
        })
    };
    let judge = judge(r#"http = { url = "http://127.0.0.1:18789/healthz", body-contains = "ok" }"#);
    assert_eq!(short_of(rule(&judge, http(200, "ok"))), "pass");
    assert_eq!(
        short_of(rule(&judge, http(500, "no"))),
        "fail:http-status fail:http-body"
    );
}
