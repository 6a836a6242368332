//! What the operator puts into their folders: checks of their own, thresholds, waivers, mistakes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::place::{OWNER, User};
use crate::{BOUND, code, document, err, finding, out, own_check, place, run};

#[test]
fn checks_of_the_operators_own_pass_fail_and_hang_alone() {
    let place = place();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("loopback");
    let port = listener.local_addr().expect("bound").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            use std::io::{Read as _, Write as _};
            let mut stream = stream;
            // A bare connection of the port check sends nothing and is not answered.
            if stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {
                let page = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";
                stream.write_all(page.as_bytes()).unwrap_or(());
            }
        }
    });
    let rows = [
        (
            "command-good",
            "[judge.command]\nargv = [\"true\"]".to_owned(),
            "pass",
        ),
        (
            "command-bad",
            "[judge.command]\nargv = [\"sh\", \"-c\", \"exit 3\"]".to_owned(),
            "warn",
        ),
        (
            "command-hangs",
            "[judge.command]\nargv = [\"sleep\", \"61\"]".to_owned(),
            "error",
        ),
        (
            "command-absent",
            "[judge.command]\nargv = [\"no-such-program\"]".to_owned(),
            "error",
        ),
        (
            "file-good",
            "[judge.file]\npath = \"/etc/passwd\"\ncontains = \"root\"".to_owned(),
            "pass",
        ),
        (
            "file-bad",
            "[judge.file]\npath = \"~/none\"".to_owned(),
            "warn",
        ),
        ("port-good", format!("[judge.port]\nport = {port}"), "pass"),
        ("port-bad", "[judge.port]\nport = 1".to_owned(), "warn"),
        (
            "http-good",
            format!("[judge.http]\nurl = \"http://127.0.0.1:{port}/\"\nbody-contains = \"fine\""),
            "pass",
        ),
        (
            "http-bad",
            format!("[judge.http]\nurl = \"http://127.0.0.1:{port}/\"\nstatus = 204"),
            "warn",
        ),
    ];
    for (name, judge, _) in &rows {
        own_check(&place, name, judge);
    }
    let ran = run(&place, "check --only custom --json");
    assert_eq!(code(&ran), 0, "warnings and what is not required");
    let report = document(&ran, "custom");
    for (name, _, status) in &rows {
        let id = format!("clawdoctor/custom/{name}");
        let checks = report["checks"].as_array().expect("checks");
        let one = checks.iter().find(|one| one["checkId"] == *id).expect(name);
        assert_eq!(one["status"], *status, "{name}: {}", one["summary"]);
    }
    let told = finding(&report, "custom/command-bad").expect("it fails");
    assert_eq!(told["fixHint"], "call the operator");
    assert!(
        told["message"].to_string().contains("`sh -c 'exit 3'`"),
        "{told}"
    );
}

#[test]
fn files_of_the_operator_with_a_mistake_stop_the_run_and_say_where() {
    for (file, text, says) in [
        (
            "checks/host/memory.toml",
            "[judge.host-memory]\nminimun = \"1 GiB\"\n",
            "memory.toml:2:1",
        ),
        (
            "checks/host/memory.toml",
            "[judge.host-memory]\nminimum = \"1 elephant\"\n",
            "memory.toml:2:11",
        ),
        ("checks/custom/a.toml", "titel = \"A\"\n", "a.toml:1:1"),
        (
            "checks/nowhere/a.toml",
            "title = \"A\"\n",
            "not one of the areas",
        ),
        (
            "checks/stray.toml",
            "title = \"A\"\n",
            "checks/<area>/<name>.toml",
        ),
        (
            "clawdoctor.toml",
            "[dsn]\nnames = []\n",
            "did you mean `dns`?",
        ),
        (
            "clawdoctor.toml",
            "[egress]\nblocked = [\"nonsense\"]\n",
            "clawdoctor.toml: egress.blocked: `nonsense` is not an address",
        ),
        (
            "clawdoctor.toml",
            "[app]\ntheme = \"drak\"\n",
            "did you mean `dark`?",
        ),
        ("clawdoctor.toml", "x = = 1\n", "clawdoctor.toml:1:"),
        (
            "waivers.toml",
            "[[waiver]]\ncheck = \"host/memry\"\nreason = \"r\"\nexpires = \"2027-03-01\"\n",
            "did you mean `host/memory`?",
        ),
        (
            "waivers.toml",
            "[[waiver]]\ncheck = \"host/memory\"\nreason = \"r\"\nexpires = \"soon\"\n",
            "`soon` is not a day",
        ),
    ] {
        let place = place();
        place.file(&format!("clawdoctor/{file}"), text);
        let ran = run(&place, "check --only host --json");
        assert_eq!(code(&ran), 2, "{file}");
        assert!(err(&ran).contains(says), "{file}: {}", err(&ran));
        assert_eq!(document(&ran, file)["outcome"], "failed", "{file}");
    }
}

#[test]
fn a_threshold_of_the_operator_counts_and_a_waiver_shows_what_it_accepts() {
    let place = place();
    let memory = "[judge.host-memory]\nminimum = \"4096 GiB\"\n";
    place.file("clawdoctor/checks/host/memory.toml", memory);
    let ran = run(&place, "check --only host/memory --json");
    assert_eq!(code(&ran), 1);
    let report = document(&ran, "override");
    let told = finding(&report, "host/memory").expect("no node has as much");
    assert_eq!(told["requirement"], "host-memory>=4 TiB");

    let waiver = |expires: &str| {
        format!(
            "[[waiver]]\ncheck = \"host/memory\"\nreason = \"small node\"\nexpires = \"{expires}\"\n"
        )
    };
    place.file("clawdoctor/waivers.toml", &waiver("9999-12-31"));
    let ran = run(&place, "check --only host/memory --json");
    assert_eq!(code(&ran), 0);
    let report = document(&ran, "waived");
    assert!(finding(&report, "host/memory").is_none());
    let accepted = &report["suppressedFindings"][0];
    assert_eq!(accepted["waiver"]["reason"], "small node");
    assert!(out(&run(&place, "list")).contains("small node"));

    place.file("clawdoctor/waivers.toml", &waiver("2026-01-01"));
    let ran = run(&place, "check --only host/memory --json");
    assert_eq!(code(&ran), 1);
    let report = document(&ran, "expired");
    assert!(report["warnings"][0].to_string().contains("expired"));
    assert!(err(&ran).starts_with("warning: "), "{}", err(&ran));
    let ran = run(&place, "check --only host/memory");
    assert!(out(&ran).contains("expired"));
    assert_eq!(err(&ran), "", "the page says it once");
}

#[test]
fn a_folder_that_may_not_be_read_stops_the_run_and_one_that_may_not_be_written_does_not() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let mut place = place();
    let user = User {
        uid: OWNER,
        alone: false,
    };
    let locked = place.root().join("locked");
    std::fs::create_dir(&locked).expect("own folder");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o700)).expect("own folder");
    let args = ["check", "--only", "host", "--json"].map(str::to_owned);
    let text = |path: PathBuf| path.display().to_string();

    let state = text(locked.join("state"));
    place.env.insert("CLAWDOCTOR_STATE_DIR".to_owned(), state);
    let ran = place.run(Some(user), &args, BOUND);
    let report = document(&ran, "state");
    assert_ne!(report["outcome"], "failed", "{}", err(&ran));

    place
        .env
        .insert("CLAWDOCTOR_CONFIG_DIR".to_owned(), text(locked));
    let ran = place.run(Some(user), &args, BOUND);
    assert_eq!(code(&ran), 2);
    assert!(err(&ran).contains("locked"), "{}", err(&ran));
    assert_eq!(document(&ran, "config")["error"]["type"], "input");
}
