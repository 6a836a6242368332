//! What a person does from the dashboard, in a real terminal on real engines.

use super::dashboard::{sandbox, watch, watch_with};
use super::support::written::orders;
use super::{Bench, Outcome, Test, sure};

pub const TESTS: [(&str, Test); 7] = [
    ("a_runaway_sandbox_is_stopped_by_keys", runaway),
    (
        "all_of_an_agent_are_stopped_and_one_is_killed_by_keys",
        herd,
    ),
    ("a_sandbox_is_paused_and_goes_on_by_keys", paused),
    ("a_read_only_dashboard_does_nothing_and_says_so", read_only),
    ("logs_full_of_escapes_do_not_reach_the_terminal", logs),
    ("evidence_is_kept_in_files", evidence),
    ("a_sandbox_is_removed_through_openclaw_alone", removed),
];

fn name(at: &Bench, what: &str) -> String {
    format!("w3-{what}-{}", at.real.name)
}

fn state(at: &Bench, name: &str) -> Result<String, String> {
    let said = at.real.docker(&[
        "inspect",
        "-f",
        "{{.State.Status}} {{.State.ExitCode}}",
        name,
    ])?;
    Ok(said.trim().to_owned())
}

fn runaway(at: &Bench) -> Outcome {
    let own = name(at, "loop");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:runaway:chat:workspace:7e";
    let caps = ["-d", "--cpus", "0.2"];
    sandbox(at, &own, key, &caps, "while :; do :; done")?;
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    screen.until_text("runaway/chat")?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    screen.press("X");
    screen.until_text(&format!("Stop {own}?"))?;
    screen.press("n");
    screen.until("the table", |text| !text.contains("Stop w3"))?;
    sure(state(at, &own)?.starts_with("running"), "a no is a no")?;
    // Pasted keys do nothing, and a yes that was typed before its question is none.
    screen.press("\u{1b}[200~Xy\u{1b}[201~");
    screen.press("Xy");
    screen.until_text(&format!("Stop {own}?"))?;
    sure(state(at, &own)?.starts_with("running"), "nobody read it")?;
    screen.yes();
    // Its shell is the first program and hears no TERM: the engine kills it after the grace.
    screen.until_text("stopped: exited with 137")?;
    screen.until_text("OpenClaw starts it again at the next turn")?;
    sure(state(at, &own)? == "exited 137", "the engine says so")?;
    screen.press("q");
    screen.until("its row", |text| text.contains("exit 137"))?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}

/// More than are stopped at the same time, and beside them one of another agent.
fn herd(at: &Bench) -> Outcome {
    const ENDS: &str = "trap 'exit 0' TERM; while :; do sleep 0.1; done";
    let names: Vec<String> = (0..6).map(|n| name(at, &format!("herd{n}"))).collect();
    let other = name(at, "hermit");
    let mut all: Vec<&str> = vec!["rm", "-f", &other];
    all.extend(names.iter().map(String::as_str));
    let _end = at.at_the_end(&[&all]);
    for (n, own) in names.iter().enumerate() {
        let key = format!("agent:herd:chat{n}:workspace:7e");
        sandbox(at, own, &key, &["-d"], ENDS)?;
    }
    let key = "agent:hermit:chat:workspace:7e";
    sandbox(at, &other, key, &["-d"], "exec sleep 600")?;
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    screen.until_text("hermit/chat")?;
    screen.press(&format!("/{}\r", names[0]));
    screen.until("it alone", |text| text.contains("1 of "))?;
    screen.press("X");
    screen.until_text(&format!("Stop {}?", names[0]))?;
    screen.press("a");
    screen.until_text("Stop all 6 of herd?")?;
    screen.yes();
    screen.until("what became of each", |text| {
        text.matches("stopped: exited with 0").count() == 6
    })?;
    for own in &names {
        sure(state(at, own)? == "exited 0", own)?;
    }
    sure(state(at, &other)?.starts_with("running"), "of another")?;
    screen.press("qq");
    screen.press(&format!("/{other}\r"));
    screen.until("the other alone", |text| {
        text.contains("1 of ") && text.contains("hermit/chat")
    })?;
    screen.press("\u{b}");
    screen.until_text(&format!("Kill {other}?"))?;
    screen.yes();
    screen.until_text("killed: exited with 137")?;
    sure(state(at, &other)? == "exited 137", "the engine says so")?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}

fn paused(at: &Bench) -> Outcome {
    let own = name(at, "pause");
    let _end = at.at_the_end(&[&["unpause", &own], &["rm", "-f", &own]]);
    let key = "agent:freezer:chat:workspace:7e";
    sandbox(at, &own, key, &["-d"], "exec sleep 600")?;
    let (mut screen, _place) = watch(&at.real.socket, 160, 45);
    screen.until_text("freezer/chat")?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    screen.press("p");
    screen.until_text(&format!("Pause {own}?"))?;
    screen.yes();
    // The question says much the same: only what became of it names the key.
    screen.until_text("goes on: press p.")?;
    sure(state(at, &own)?.starts_with("paused"), "the engine says so")?;
    screen.press("q");
    screen.until("its row", |text| {
        text.contains("paused") && !text.contains("hang")
    })?;
    screen.press("p");
    screen.until_text(&format!("Unpause {own}?"))?;
    screen.yes();
    screen.until_text("│   goes on")?;
    sure(
        state(at, &own)?.starts_with("running"),
        "the engine says so",
    )?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}

fn read_only(at: &Bench) -> Outcome {
    let own = name(at, "look");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:looked:chat:workspace:7e";
    sandbox(at, &own, key, &["-d"], "exec sleep 600")?;
    let (mut screen, _place) = watch_with(&at.real.socket, 160, 45, &["--read-only"]);
    screen.until_text("looked/chat")?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    // Stop, kill, pause, remove.
    for key in ["X", "\u{b}", "p", "\u{4}"] {
        screen.press(key);
        screen.until_text("This dashboard is read-only")?;
        // Neither of them is a yes to anything.
        screen.yes();
        screen.press("q");
        screen.until("the table", |text| !text.contains("read-only"))?;
    }
    sure(state(at, &own)?.starts_with("running"), "nothing was done")?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}

fn logs(at: &Bench) -> Outcome {
    let own = name(at, "logs");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let script = "printf '\\033]0;owned\\007\\033[2J\\342\\200\\256gnorw\\302\\23331m\\033[5n end-of-evil\\n'; \
                  echo to-the-error-stream >&2; sleep 1; \
                  i=0; while [ $i -lt 2000 ]; do echo \"tick $i\"; i=$((i+1)); done; exec sleep 600";
    sandbox(at, &own, "agent:evil:chat:workspace:7e", &["-d"], script)?;
    let (mut screen, place) = watch(&at.real.socket, 160, 45);
    screen.until_text("evil/chat")?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    screen.press("l");
    screen.until_text("tick 1999")?;
    screen.press("g/evil\r");
    screen.until("what was found, or that it was not", |text| {
        text.contains("end-of-evil") || text.contains("not found")
    })?;
    let path = place.home().join("saved.log");
    screen.press("s");
    screen.until_text("save to")?;
    screen.press(&"\u{7f}".repeat(120));
    screen.press(&format!("{}\r", path.display()));
    screen.until_text("saved to")?;
    let saved = std::fs::read_to_string(&path)?;
    sure(saved.contains(" out tick 1999"), "all of it is there")?;
    screen.press("s");
    screen.until_text("save to")?;
    screen.press(&"\u{7f}".repeat(120));
    screen.press(&format!("{}\r", path.display()));
    screen.until_text("is there already")?;
    screen.press("q");
    screen.press("\u{3}");
    let (code, raw) = screen.end_with_raw()?;
    sure(code == 130, "left")?;
    orders(&raw)?;
    let kept = orders(saved.as_bytes())?;
    sure(kept.is_empty(), format!("{kept:?} in what was saved"))
}

fn evidence(at: &Bench) -> Outcome {
    use std::os::unix::fs::PermissionsExt as _;
    let own = name(at, "proof");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    sandbox(
        at,
        &own,
        "agent:proof:chat:workspace:7e",
        &["-d"],
        "exec sleep 600",
    )?;
    let (mut screen, place) = watch(&at.real.socket, 160, 45);
    screen.until_text("proof/chat")?;
    screen.press("E");
    screen.until_text("Evidence is kept")?;
    screen.until_text("It is the first snapshot there")?;
    screen.press("q\u{3}");
    sure(screen.end()? == 130, "left")?;
    let folder = place.home().join("state/evidence");
    let mut endings = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let mode = std::fs::metadata(&path)?.permissions().mode();
        sure(
            mode & 0o777 == 0o600,
            format!("{} {mode:o}", path.display()),
        )?;
        let text = std::fs::read_to_string(&path)?;
        sure(text.contains(&own), format!("{} names it", path.display()))?;
        let ending = path.extension().and_then(|ending| ending.to_str());
        if ending == Some("json") {
            let document: serde_json::Value = serde_json::from_str(&text)?;
            sure(document["report"] == "clawdoctor.evidence", &document)?;
            sure(document["timeline"].is_array(), &document)?;
            sure(document["pastCalls"].is_array(), &document)?;
        }
        endings.push(ending.unwrap_or_default().to_owned());
    }
    endings.sort();
    sure(endings == ["json", "txt"], endings)
}

/// A stand-in for OpenClaw's command line, which knows one sandbox and takes it away by its whole
/// key alone.
fn openclaw(own: &str, key: &str) -> String {
    format!(
        "#!/bin/sh\n\
         case \"$*\" in\n\
         'sandbox list --json') docker inspect {own} >/dev/null 2>&1 || exec echo '{{\"containers\":[]}}'\n\
         echo '{{\"containers\":[{{\"containerName\":\"{own}\",\"sessionKey\":\"{key}\",\"lastUsedAtMs\":1}}]}}' ;;\n\
         'sandbox recreate --session {key} --force') docker rm -f {own} ;;\n\
         *) exit 9 ;;\n\
         esac\n"
    )
}

fn removed(at: &Bench) -> Outcome {
    let own = name(at, "away");
    let _end = at.at_the_end(&[&["rm", "-f", &own]]);
    let key = "agent:away:chat:workspace:7e";
    sandbox(at, &own, key, &["-d"], "exec sleep 600")?;
    let (mut screen, place) = watch(&at.real.socket, 160, 45);
    screen.until_text("away/chat")?;
    screen.press(&format!("/{own}\r"));
    screen.until("it alone", |text| text.contains("1 of "))?;
    // Without OpenClaw's command it is not done, and never past its register.
    screen.press("\u{4}");
    screen.until_text("openclaw sandbox recreate --session")?;
    screen.yes();
    screen.press("u");
    screen.yes();
    screen.press("q");
    sure(state(at, &own)?.starts_with("running"), "it is there")?;
    place.install_openclaw("2026.9.6");
    place.file(
        "lib/node_modules/openclaw/openclaw.mjs",
        &openclaw(&own, key),
    );
    screen.press("\u{4}");
    screen.until_text("used within 5 minutes: left alone")?;
    screen.yes();
    sure(state(at, &own)?.starts_with("running"), "it is hot")?;
    screen.press("u");
    screen.until_text("removed all the same")?;
    screen.yes();
    screen.until_text("│   removed")?;
    sure(state(at, &own).is_err(), "it has gone")?;
    screen.press("\u{3}");
    sure(screen.end()? == 130, "left")
}
