//! `clawdoctor replay FILE` and `watch --record FILE` on a terminal, on a machine without any engine.

use std::path::Path;
use std::process::Command;

use super::Pty;

fn open(folder: tempfile::TempDir, words: &[&str]) -> Pty {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawdoctor"));
    command.args(words);
    command.env_clear();
    command.env("HOME", folder.path());
    command.env("PATH", "/usr/bin:/bin");
    command.env("LANG", "C.UTF-8");
    command.env("TZ", "XYZ-5:30");
    let nobody = folder.path().join("no-engine.sock");
    command.env("DOCKER_HOST", format!("unix://{}", nobody.display()));
    Pty::spawn(&command, folder)
}

/// The first line of the screen.
fn head(app: &Pty) -> String {
    let text = app.inner.text();
    text.lines().next().unwrap_or_default().to_owned()
}

fn wait_head(app: &Pty, what: &str, is_so: impl Fn(&str) -> bool) {
    app.wait(what, |screen| {
        let text = screen.text();
        text.lines().next().is_some_and(&is_so)
    });
}

#[test]
fn a_recording_is_played_by_keys_paused_stepped_sped_up_and_taken_to_its_incidents_and_its_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("night.ndjson");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/incident.ndjson");
    std::fs::copy(demo, &file).expect("a recording");
    let file = file.display().to_string();
    let mut app = open(folder, &["replay", &file]);
    app.resize(45, 160);
    wait_head(&app, "that it plays", |head| {
        head.starts_with("● up") && head.contains("recording ▶ 1x") && head.contains(" XYZ")
    });
    app.press(" ");
    wait_head(&app, "the pause", |head| head.contains("recording ‖ 1x"));
    // The beginning, paused: nothing has been told yet. A step is one thing that happened.
    app.press("0");
    wait_head(&app, "the beginning", |head| {
        head.contains("connecting") && head.contains("recording ‖ 1x")
    });
    app.press("...");
    wait_head(&app, "the third thing", |head| head.contains("● up"));
    app.press("++");
    wait_head(&app, "its speed", |head| head.contains("‖ 4x"));
    app.press("-");
    wait_head(&app, "its speed", |head| head.contains("‖ 2x"));
    let before = head(&app);
    app.press("]");
    app.wait("an incident, at its instant", |screen| {
        let text = screen.text();
        text.lines().any(|line| line.starts_with("   0s ! "))
    });
    assert_ne!(head(&app), before, "the clock is at it");
    app.press("]]]]]]]]]]]]]]]]]]]]]]]]");
    wait_head(&app, "the kill", |head| head.contains("1 OOM"));
    app.press("++++++ ");
    wait_head(&app, "its end", |head| {
        let words: Vec<&str> = head.split_whitespace().collect();
        let of = words.iter().rposition(|word| *word == "of");
        head.contains("‖ end") && of.is_some_and(|of| words[of - 1] == words[of + 1])
    });
    // Nothing can be done to what is past.
    app.press("X");
    app.wait_text("can only be looked at");
    app.press("q");
    app.wait("the table", |screen| {
        !screen.text().contains("only be looked")
    });
    app.press("q");
    assert_eq!(app.end(), 0);
}

#[test]
fn a_recording_whose_folder_goes_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let away = folder.path().join("away");
    std::fs::create_dir(&away).expect("a folder");
    let file = away.join("night.ndjson").display().to_string();
    let mut app = open(folder, &["watch", "--record", &file]);
    app.wait_text("● rec night.ndjson ");
    std::fs::remove_dir_all(&away).expect("ours");
    app.wait_text("! not recording any more: it is not there any more");
    app.wait_text("✗ not recording ─");
    app.press("1");
    app.wait_text("! not recording: 2");
    app.press("2x");
    app.wait("it put away", |screen| {
        let text = screen.text();
        text.contains("[2 Live]") && !text.contains("any more")
    });
    app.wait_text("✗ not recording ─");
    app.press("q");
    app.wait_text("cannot write the recording");
    app.wait_text("nothing of the recording is left there");
    assert_eq!(app.end(), 2);
}
