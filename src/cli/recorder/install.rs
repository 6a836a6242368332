//! Making the recorder a service of this user, and taking exactly that back.
#![expect(
    clippy::disallowed_methods,
    reason = "makes the folder of the service's file, removes a recording that is not wanted, and finds this program"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;

use super::{Ask, document, last_words, printed};
use crate::cli::asking::yes;
use crate::cli::check::Standby;
use crate::cli::out::Out;
use crate::deadline::Deadline;
use crate::exit;
use crate::failure::Failure;
use crate::fix::file::{self, Meta, Snapshot};
use crate::fix::lock::Lock;
use crate::fix::record::RunId;
use crate::live::recording;
use crate::probe::ask::program;
use crate::report::Role;
use crate::service::{self, Manager, Service, Session, Wanted};
use crate::surroundings::Surroundings;
use crate::text::wash;

/// For one command of the service manager.
const COMMAND: Duration = Duration::from_secs(20);
/// launchd is still putting the old one away when it says that it has.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(300);
/// For a recorder to end once its service is stopped.
const PATIENCE: Duration = Duration::from_secs(10);
const MODE: u32 = 0o600;

/// The file of the service, as it is there.
pub struct Installed {
    pub path: PathBuf,
    pub content: Option<Snapshot>,
}

impl Installed {
    pub fn is_ours(&self) -> bool {
        let content = self.content.as_ref();
        content.is_some_and(|one| service::is_ours(&one.bytes))
    }

    /// Refuses what somebody else has put there.
    fn ours(self) -> Result<Option<Snapshot>, Failure> {
        if self.content.is_some() && !self.is_ours() {
            return Err(Failure::system(format!(
                "{} is there already, and not clawdoctor's own",
                shown(&self.path)
            ))
            .hint("look into it; where it is not needed, move it away and run this again"));
        }
        Ok(self.content)
    }
}

pub fn installed(here: &Surroundings) -> Result<Installed, Failure> {
    let manager = if Surroundings::is_mac() {
        Manager::Launchd(Session::Screen)
    } else {
        Manager::Systemd
    };
    let path = manager.path(&here.home, &here.env);
    let content = Snapshot::take(&path)?;
    Ok(Installed { path, content })
}

pub fn install(ask: &Ask, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    // A setting that cannot be read would keep the service from ever starting.
    crate::cli::prepare::settings(&here.config_dir(), here)?;
    let Standby {
        runtime,
        mut signals,
    } = Standby::take_up()?;
    let done = runtime.block_on(async {
        signals
            .or(Box::pin(async {
                let manager = manager(here).await?;
                let wanted = wanted(here)?;
                let service = service::service(manager, &wanted).map_err(Failure::system)?;
                let old = installed(here)?.ours()?;
                let same = old
                    .as_ref()
                    .is_some_and(|old| old.bytes == service.text.as_bytes());
                if same && all_succeed(&service.is_loaded).await {
                    return told(ask, here, out, true, false, "it is installed and taken up");
                }
                let plan = Plan {
                    writes: (!same).then_some(&service),
                    commands: &service.load,
                    removes: None,
                    purges: None,
                };
                if let Some(code) = consented(&plan, ask, here, out).await? {
                    return Ok(code);
                }
                take_up(&service, old.as_ref(), &wanted).await?;
                let words = "installed; clawdoctor recorder status tells how it does";
                let code = told(ask, here, out, true, true, words)?;
                if manager == Manager::Systemd && !ask.json {
                    let linger = "It runs while you are logged in. To keep it beyond: \
                                  loginctl enable-linger\n";
                    printed(out, linger)?;
                }
                Ok(code)
            }))
            .await
    });
    runtime.shutdown_background();
    done?
}

pub fn uninstall(ask: &Ask, purge: bool, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let Standby {
        runtime,
        mut signals,
    } = Standby::take_up()?;
    let done = runtime.block_on(async {
        signals
            .or(Box::pin(async {
                let old = installed(here)?.ours()?;
                let kept = purge.then(|| recording::folder(&here.state_dir()));
                let kept = kept.filter(|folder| folder.exists());
                if old.is_none() && kept.is_none() {
                    return told(ask, here, out, false, false, "it is not installed");
                }
                // As it was put there, whoever is at the screen now.
                let session = old.as_ref().map(|old| service::session_of(&old.bytes));
                let manager = match session {
                    Some(session) if Surroundings::is_mac() => Manager::Launchd(session),
                    Some(_) | None => Manager::Systemd,
                };
                let service = service::service(manager, &wanted(here)?).map_err(Failure::system)?;
                let loaded = old.is_some() && any_succeeds(&service.is_loaded).await;
                let mut commands = Vec::new();
                if loaded {
                    commands.push(service.unload.clone());
                    commands.extend(service.forget.clone());
                }
                let plan = Plan {
                    writes: None,
                    commands: &commands,
                    removes: old.as_ref().map(|old| old.path.as_path()),
                    purges: kept.as_deref(),
                };
                if let Some(code) = consented(&plan, ask, here, out).await? {
                    return Ok(code);
                }
                if loaded {
                    succeed(&service.unload).await?;
                }
                if let Some(old) = &old {
                    file::remove(&old.path, &old.sha256)?;
                }
                if loaded {
                    for command in &service.forget {
                        succeed(command).await?;
                    }
                }
                let words = match &kept {
                    Some(_) => {
                        forget_recording(&here.state_dir())?;
                        "uninstalled, and its recording is removed"
                    }
                    None => "uninstalled; its recording stays (--purge removes it)",
                };
                told(ask, here, out, false, true, words)
            }))
            .await
    });
    runtime.shutdown_background();
    done?
}

/// Who would keep it running.
async fn manager(here: &Surroundings) -> Result<Manager, Failure> {
    let is_mac = Surroundings::is_mac();
    let answers = succeeds(&Manager::question(is_mac, here.uid)).await;
    match (is_mac, answers) {
        (true, true) => Ok(Manager::Launchd(Session::Screen)),
        (true, false) => Ok(Manager::Launchd(Session::Background)),
        (false, true) => Ok(Manager::Systemd),
        (false, false) => Err(Failure::system(
            "no systemd of this user answers here, as in a container or without a login session",
        )
        .hint("start it by hand: setsid -f clawdoctor recorder run >/dev/null 2>&1")
        .hint("or let whatever starts this machine's services run: clawdoctor recorder run")),
    }
}

fn wanted(here: &Surroundings) -> Result<Wanted, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::system("cannot find this program").cause(error))?;
    Ok(Wanted {
        program,
        home: here.home.clone(),
        uid: here.uid,
        env: here.env.clone(),
    })
}

/// What is going to be done, to be shown before.
struct Plan<'a> {
    writes: Option<&'a Service>,
    commands: &'a [Vec<String>],
    removes: Option<&'a Path>,
    purges: Option<&'a Path>,
}

impl Plan<'_> {
    fn text(&self, out: &Out) -> String {
        let mut text = String::new();
        let mut line = |head: &str, what: &str| {
            let head = out.style.paint(Role::Strong, head);
            writeln!(text, "{head} {what}").expect("a String takes all");
        };
        if let Some(service) = self.writes {
            line("writes", &shown(&service.path));
            for one in service.text.lines() {
                line("   ", one);
            }
        }
        for command in self.commands {
            line("runs", &wash(&command.join(" "), 500));
        }
        if let Some(path) = self.removes {
            line("removes", &shown(path));
        }
        if let Some(folder) = self.purges {
            line("removes", &format!("{}, the recording", shown(folder)));
        }
        text
    }
}

/// Shows what would be done and asks; the exit code where it is not to be done.
async fn consented(
    plan: &Plan<'_>,
    ask: &Ask,
    here: &Surroundings,
    out: &Out,
) -> Result<Option<u8>, Failure> {
    if !ask.json {
        printed(out, &plan.text(out))?;
    }
    let attended = out.stdin_is_terminal && out.stdout_is_terminal && !ask.json;
    let words = match (ask.yes, attended) {
        (true, _) => return Ok(None),
        (false, true) if yes("do it?").await? => return Ok(None),
        (false, true) => "nothing was changed",
        (false, false) => "nothing was changed: nobody can be asked here, and --yes was not given",
    };
    let is_there = plan.removes.is_some();
    told(ask, here, out, is_there, false, words)?;
    Ok(Some(exit::FINDINGS))
}

/// Writes the file and has it taken up. What cannot be taken up is not left behind.
async fn take_up(
    service: &Service,
    old: Option<&Snapshot>,
    wanted: &Wanted,
) -> Result<(), Failure> {
    if let Some(old) = old
        && Surroundings::is_mac()
    {
        let manager = Manager::Launchd(service::session_of(&old.bytes));
        let before = service::service(manager, wanted).map_err(Failure::system)?;
        if all_succeed(&before.is_loaded).await {
            succeed(&before.unload).await?;
        }
    }
    let run = RunId::new(jiff::Timestamp::now(), std::process::id());
    let path = &service.path;
    let bytes = service.text.as_bytes();
    match old {
        Some(old) if old.bytes == bytes => {}
        Some(old) => drop(file::replace(
            &run,
            path,
            Some(&old.sha256),
            bytes,
            meta(old),
        )?),
        None => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|error| {
                    Failure::system(format!("cannot make {}", shown(folder))).cause(error)
                })?;
            }
            file::create(&run, path, bytes, MODE)?;
        }
    }
    let mut loaded = Ok(());
    for command in &service.load {
        loaded = persist(command).await;
        if loaded.is_err() {
            break;
        }
    }
    if let Err(failure) = loaded {
        return Err(put_back(&run, service, old, failure).await);
    }
    Ok(())
}

/// As it was before; the failure, and whether that worked.
async fn put_back(
    run: &RunId,
    service: &Service,
    old: Option<&Snapshot>,
    failure: Failure,
) -> Failure {
    let path = &service.path;
    // It may have been taken up in part.
    let _ = succeed(&service.unload).await;
    let back = Snapshot::take(path).and_then(|now| {
        let now = now.filter(|now| now.bytes == service.text.as_bytes());
        match (old, now) {
            (Some(old), Some(now)) => {
                file::replace(run, path, Some(&now.sha256), &old.bytes, meta(old)).map(drop)
            }
            (None, Some(now)) => file::remove(path, &now.sha256),
            // Somebody has changed it since: it is theirs now.
            (_, None) => Ok(()),
        }
    });
    for command in &service.forget {
        let _ = succeed(command).await;
    }
    match back {
        Ok(()) => failure.hint("nothing of it was left behind"),
        Err(problem) => failure.hint(format!("{} could not be put back: {problem}", shown(path))),
    }
}

fn meta(old: &Snapshot) -> Meta {
    Meta {
        mode: MODE,
        ..old.meta
    }
}

/// Removes what a recorder has written, and nothing else that may lie there.
fn forget_recording(state_dir: &Path) -> Result<(), Failure> {
    let folder = recording::folder(state_dir);
    // One that was started by hand still writes.
    let lock = Lock::take(&folder, PATIENCE, "clawdoctor recorder uninstall")?;
    let place = recording::place(state_dir);
    let files = [recording::older(&place), place, last_words(state_dir)];
    for path in files.iter().chain([&folder.join("lock")]) {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let failure = Failure::system(format!("cannot remove {}", shown(path)));
                return Err(failure.cause(error));
            }
            _ => {}
        }
    }
    drop(lock);
    // What is not ours stays, and the folder with it.
    std::fs::remove_dir(&folder).unwrap_or(());
    Ok(())
}

fn told(
    ask: &Ask,
    here: &Surroundings,
    out: &Out,
    is_installed: bool,
    changed: bool,
    words: &str,
) -> Result<u8, Failure> {
    if ask.json {
        let value = json!({ "installed": is_installed, "changed": changed, "message": words });
        document(value, ask, here, out)?;
    } else {
        printed(out, &format!("{words}\n"))?;
    }
    Ok(exit::CLEAN)
}

async fn succeeds(command: &[String]) -> bool {
    succeed(command).await.is_ok()
}

async fn all_succeed(commands: &[Vec<String>]) -> bool {
    for command in commands {
        if !succeeds(command).await {
            return false;
        }
    }
    true
}

async fn any_succeeds(commands: &[Vec<String>]) -> bool {
    for command in commands {
        if succeeds(command).await {
            return true;
        }
    }
    false
}

/// launchd refuses for a moment what it is still putting away.
async fn persist(command: &[String]) -> Result<(), Failure> {
    let attempts = if command.iter().any(|word| word == "bootstrap") {
        ATTEMPTS
    } else {
        1
    };
    let mut done = succeed(command).await;
    for _ in 1..attempts {
        if done.is_ok() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        done = succeed(command).await;
    }
    done
}

async fn succeed(command: &[String]) -> Result<(), Failure> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let line = wash(&command.join(" "), 500);
    let failed = |why: String| Failure::system(format!("`{line}` failed")).cause(why);
    match program(&words, &[], Deadline::after(COMMAND)).await {
        Ok(output) if output.success() => Ok(()),
        Ok(output) => {
            let said = [&output.stderr, &output.stdout]
                .into_iter()
                .map(|text| text.trim())
                .find(|text| !text.is_empty())
                .unwrap_or("it said nothing");
            let status = output
                .status
                .map_or("a signal".to_owned(), |code| code.to_string());
            Err(failed(format!("{}, {}", status, wash(said, 500))))
        }
        Err(why) => Err(failed(why.detail)),
    }
}

fn shown(path: &Path) -> String {
    wash(&path.to_string_lossy(), 300)
}
