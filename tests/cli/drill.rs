//! `clawdoctor drill` where it must not start anything: it says why, and nothing was tried.

use std::time::Duration;

use super::{code, document, err, out, place, run};

#[test]
fn without_an_engine_consent_or_with_a_wrong_word_nothing_is_started() {
    let place = place();
    for (line, says) in [
        // Nobody is there to be asked, and the engine is not even looked for.
        ("drill", "there is nobody to ask"),
        ("drill --beyond 4", "clawdoctor drill --yes"),
        ("drill --allow busy", "there is nobody to ask"),
        ("drill --yes", "no-engine.sock cannot be reached: ENOENT"),
        (
            "drill --yes --beyond 4 --allow busy",
            "no sandbox can be started",
        ),
        ("drill --yes --passive", "--passive starts none"),
        ("drill --yes --demo", "drill, which starts real sandboxes"),
        (
            "drill --yes --timeout 31min",
            "a drill may take 30 min at most",
        ),
        ("drill --yes --timeout soon", "`soon` is not a time span"),
        ("drill --yes --hold 5", "`5` is not a time span"),
        ("drill --yes --most 0", "0 is not in 1..=256"),
        ("drill --yes --most 257", "257 is not in 1..=256"),
        ("drill --yes --beyond some", "invalid digit"),
        ("drill --yes --beyond -1", "unexpected argument"),
        ("drill --yes --allow all", "possible values: busy"),
        ("drill --yes --agent", "a value is required"),
        ("drill --yes --format ndjson", "text and json"),
        ("drill --yes --holt 5s", "a similar argument exists"),
    ] {
        let ran = run(&place, line);
        assert_eq!(code(&ran), 2, "{line}: {}", err(&ran));
        assert!(err(&ran).contains(says), "{line}: {}", err(&ran));
        if !line.contains("--format") {
            assert_eq!(out(&ran), "", "{line}");
            let line = format!("{line} --json");
            let told = document(&run(&place, &line), &line);
            assert_eq!(told["outcome"], "failed", "{line}: {told:#}");
        }
    }
    let schema = run(&place, "schema drill");
    assert!(
        out(&schema).contains("clawdoctor.drill"),
        "{}",
        out(&schema)
    );
}

#[test]
fn a_hung_engine_is_given_up_on_within_the_time_that_was_allowed() {
    let mut place = place();
    let socket = place.root().join("mute.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    let url = format!("unix://{}", socket.display());
    place.env.insert("DOCKER_HOST".to_owned(), url);
    let ran = run(&place, "drill --yes --timeout 3s");
    assert_eq!((code(&ran), out(&ran).as_str()), (2, ""), "{}", err(&ran));
    assert!(
        err(&ran).contains("mute.sock does not answer"),
        "{}",
        err(&ran)
    );
    assert!(ran.took < Duration::from_secs(10), "{:?}", ran.took);
    drop(listener);
}
