//! No planted secret survives, and no ordinary word is hurt.

use super::*;
use crate::report::sample;

fn redactor(user: &str, home: &str, host: &str) -> Redactor {
    let here = Surroundings {
        user: user.to_owned(),
        home: home.into(),
        ..Surroundings::default()
    };
    Redactor::new(&here, host)
}

#[test]
fn home_user_and_host_are_replaced_as_words() {
    let r = redactor("marge", "/Users/marge", "Marges-Mac-mini.local");
    for (before, after) in [
        (
            "/Users/marge/.docker/run/docker.sock",
            "~/.docker/run/docker.sock",
        ),
        ("unix:///Users/marge/.orbstack/x", "unix://~/.orbstack/x"),
        ("/host_mnt/Users/marge/ws", "/host_mnt/Users/[user]/ws"),
        ("/Users/marge", "~"),
        ("/Users/margery/x", "/Users/[user]/x"),
        ("/Users/Shared/x", "/Users/Shared/x"),
        ("/Users/bob/.docker", "/Users/[user]/.docker"),
        (
            "uid=501(marge) gid=20(staff)",
            "uid=501([user]) gid=20(staff)",
        ),
        ("the margeless marge's", "the margeless [user]'s"),
        (
            "marges-mac-mini.local and Marges-Mac-mini",
            "[host] and [host]",
        ),
    ] {
        assert_eq!(r.text(before), after);
        assert_eq!(r.text(after), after, "once more changes nothing");
    }
}

#[test]
fn names_that_are_words_are_replaced_only_where_they_are_names() {
    for user in ["a", "docker", "will", "node", "x1"] {
        let r = redactor(user, &format!("/home/{user}"), "docker");
        let text = "docker will start a node; the sandbox x1 stays";
        assert_eq!(r.text(text), text, "{user}");
        assert_eq!(
            r.text(&format!("/srv/home/{user}/ws")),
            "/srv/home/[user]/ws"
        );
        assert_eq!(r.text(&format!("/home/{user}/ws")), "~/ws");
    }
}

#[test]
fn root_and_odd_homes_redact_nothing_by_accident() {
    let r = redactor("root", "/", "");
    assert_eq!(
        r.text("/var/run/docker.sock of root"),
        "/var/run/docker.sock of root"
    );
    let r = redactor("", "", "[host]");
    assert_eq!(r.text("a [host] /x"), "a [host] /x");
    let r = redactor("root", "/root", "localhost");
    assert_eq!(
        r.text("/root/.docker on localhost"),
        "~/.docker on localhost"
    );
}

#[test]
fn a_report_keeps_its_contract_and_loses_its_names() {
    let r = redactor("mini-07", "/Users/mini-07", "clean");
    let mut report = sample::warnings();
    report.findings[0].path = Some("/Users/mini-07/.docker".to_owned());
    report.checks[0].summary = "seen by mini-07".to_owned();
    let redacted = r.report(report.clone());
    assert_eq!(
        redacted.node, report.node,
        "the node's own name was given for reports"
    );
    assert_eq!(redacted.findings[0].path.as_deref(), Some("~/.docker"));
    assert_eq!(redacted.checks[0].summary, "seen by [user]");
    assert_eq!(redacted.checks.len(), report.checks.len());
}

#[test]
fn a_finding_is_the_same_one_wherever_it_is_judged() {
    let r = redactor("marge", "/Users/marge", "");
    let told = |path: &str| {
        let mut report = sample::engine_down();
        report.findings[0].path = Some(path.to_owned());
        r.report(report).findings[0].fingerprint.clone()
    };
    assert_eq!(told("/Users/marge/ws"), told("~/ws"));
    assert_ne!(told("/Users/marge/ws"), told("/Users/marge/other"));
}

#[test]
fn a_document_is_redacted_in_values_and_in_telling_keys() {
    let r = redactor("marge", "/Users/marge", "springfield");
    let before = serde_json::json!({
        "user": "marge",
        "token": "short",
        "/Users/marge/x": ["on springfield", 7, null],
        "version": 1,
    });
    let after = serde_json::json!({
        "user": "[user]",
        "token": "[redacted]",
        "~/x": ["on [host]", 7, null],
        "version": 1,
    });
    assert_eq!(r.json(before), after);
}

#[test]
fn a_settings_file_that_is_kept_whole_loses_its_proxys_password() {
    let r = redactor("marge", "/Users/marge", "springfield");
    let text = r#"{"Cpus":4,"OverrideProxyHTTP":"http://marge:geheim7@proxy:3128","ProxyPassword":"geheim8"}"#;
    let facts = serde_json::json!({ "source": { "text": text, "sha256": "ab" } });
    let after = r.json(facts).to_string();
    assert!(!after.contains("geheim"), "{after}");
    assert!(after.contains("Cpus"), "{after}");
    let diff = hide_secrets("-  \"OverrideProxyHTTP\": \"http://marge:geheim7@proxy:3128\"\n+,");
    assert!(!diff.contains("geheim"), "{diff}");
}

#[test]
fn the_reserved_words_are_lower_case() {
    assert_eq!(RESERVED, RESERVED.to_ascii_lowercase());
    assert!(is_reserved("docker-desktop") && !is_reserved("desk"));
}

proptest::proptest! {
    #[test]
    fn no_planted_name_or_secret_survives(
        user in "q[a-z]{3,8}[0-9]{0,2}",
        host in "zz[a-z]{2,6}-[0-9]{1,2}",
        secret in "[A-Z0-9]{6,10}[a-z]{4,8}[0-9]{2}",
        noise in "[ a-z/:=.,\"'-]{0,30}",
    ) {
        let home = format!("/Users/{user}");
        let r = redactor(&user, &home, &format!("{host}.local"));
        let texts = [
            format!("{noise} {home}/x and {user}."),
            format!("unix://{home}/run/docker.sock {noise}"),
            format!("({host}) {host}.local {noise}"),
            format!("{noise} password={secret}"),
            format!("{noise} --api-key {secret}"),
            format!("https://{user}:{secret}@{host}.local/{noise}"),
            format!("{noise}\nAuthorization: Basic {secret}"),
            format!("{{\"clientSecret\": \"{secret}\"}}{noise}"),
            format!("{noise} \"IOPlatformSerialNumber\" = \"{secret}\""),
            serde_json::json!({ "env": { "X_TOKEN": secret.clone(), "at": home.clone() } }).to_string(),
        ];
        for text in texts {
            let clean = r.text(&text);
            for planted in [&user, &host, &secret] {
                proptest::prop_assert!(!clean.contains(planted.as_str()), "{planted} in {clean}");
            }
            proptest::prop_assert_eq!(r.text(&clean), clean);
        }
    }
}
