//! `clawdoctor --demo` on a terminal: the whole app, by keys alone, on a machine without any engine.

use std::process::Command;

use super::Pty;

/// In a home that holds nothing; whatever is in it afterwards is a trace.
fn open(home: &std::path::Path, words: &[&str]) -> Pty {
    let mut command = Command::new(env!("CARGO_BIN_EXE_clawdoctor"));
    command.args(words);
    command.env_clear();
    command.env("HOME", home);
    command.env("PATH", "");
    command.env("LANG", "C.UTF-8");
    let nobody = home.join("no-engine.sock");
    command.env("DOCKER_HOST", format!("unix://{}", nobody.display()));
    Pty::spawn(&command, tempfile::tempdir().expect("a folder"))
}

fn is_empty(home: &std::path::Path) -> bool {
    let mut entries = std::fs::read_dir(home).expect("it is there");
    entries.next().is_none()
}

/// Leaves the dialog that says this. An escape with a key right behind it would be another key.
fn leave(app: &mut Pty, words: &str) {
    app.press("\x1b");
    app.wait("the dialog to go", |screen| !screen.text().contains(words));
}

#[test]
fn the_demo_shows_every_screen_and_does_nothing_to_the_node() {
    let home = tempfile::tempdir().expect("a folder");
    let mut app = open(home.path(), &["--demo"]);
    app.wait_text("CHECKING");
    app.wait_text("NOT READY");
    app.wait_text("demo");
    app.press("f");
    app.wait_text("brew upgrade");
    app.answer("y");
    app.wait_text("nothing is done to it");
    leave(&mut app, "nothing is done");
    app.press("u");
    app.wait_text("nothing is done to it");
    leave(&mut app, "nothing is done");
    app.press("2");
    app.wait_text("coder/telegram");
    app.wait_text("demo");
    app.press("]");
    app.wait_text("calls failed");
    app.press("X");
    app.wait_text("can only be looked at");
    leave(&mut app, "can only be looked at");
    app.press("E");
    app.wait_text("nothing of it is kept in files");
    leave(&mut app, "nothing of it is kept");
    app.press("l");
    app.wait_text("a recording holds no logs");
    leave(&mut app, "a recording holds no logs");
    app.press("3");
    app.wait_text("[3 Isolation]");
    app.wait_text("demo");
    app.press("1R");
    app.wait_text("rechecking");
    app.press("q");
    assert_eq!(app.end(), 0);
    assert!(is_empty(home.path()));
}

#[test]
fn the_dashboard_of_the_demo_plays_by_itself_to_its_end() {
    let home = tempfile::tempdir().expect("a folder");
    let mut app = open(home.path(), &["watch", "--demo"]);
    app.resize(45, 160);
    app.wait_text("[2 Live]");
    // 64 times as fast.
    app.press("++++++");
    app.wait_text("64x");
    app.wait("its end", |screen| {
        let text = screen.text();
        text.contains("recording ‖") && text.contains("1 OOM")
    });
    app.press("q");
    assert_eq!(app.end(), 0);
    assert!(is_empty(home.path()));
}
