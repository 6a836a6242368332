//! Docker Desktop's own version and settings.

use serde_json::{Value, json};

use super::bring_up::shell;
use super::{Answer, Findings, Need, Node, Risk, advise, by_hand, docker, repair};
use crate::checklist::report::Finding;
use crate::facts::docker::{DesktopSettings, FileText, ProviderKind};
use crate::facts::host::OsKind;
use crate::fix::edit::{Blank, Change, Dialect, To, diff, edit};
use crate::fix::repair::{Repair, Restart};
use crate::fix::step::{Command, EditJson, Proof, Reader, RestartWhen, RunProgram, Setting, Step};
use crate::fix::words;
use crate::redact::hide_secrets;
use crate::units::Version;

/// Checks that speak of one file.
pub const SETTINGS: [&str; 4] = [
    "docker/autostart",
    "docker/resource-saver",
    "docker/vm-memory",
    "docker/vm-cpus",
];

/// The first release with `docker desktop update`.
const UPDATES_ITSELF: &str = "4.38.0";
const UPDATE_SECONDS: u64 = 3600;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
/// What macOS keeps, and the gateway beside it.
const FOR_MACOS: u64 = 6 * GIB;
const FOR_GATEWAY: u64 = 512 * MIB;
/// Below that a VM is of no use for sandboxes.
const LEAST: u64 = 4 * GIB;

/// An update in place. Somebody has to be there: it stops all containers, asks for an
/// administrator's password, and may leave a dialog on the screen.
pub fn version(node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let id = "docker/desktop-version";
    let command = update_command(node);
    let [finding] = findings else {
        return by_hand(id, findings, "only a person can decide or do this");
    };
    let planned = match &command {
        Err(why) => Err(*why),
        Ok(_) if !node.wishes.attended => {
            Err("an update wants somebody at the terminal and at the screen")
        }
        Ok(_) if !node.wishes.network_allowed => Err("without the network nothing can be updated"),
        Ok(command) => docker::nobody_at_screen(node, Some(ProviderKind::DockerDesktop))
            .map_or_else(|| Ok(command), Err),
    };
    match planned {
        Ok(command) => Answer::repair(update(node, id, finding, command)),
        Err(why) => advise(id, findings, why, update_lines(command.as_ref().ok())),
    }
}

fn update(node: Node<'_>, id: &str, finding: &Finding, command: &Command) -> Repair {
    let app = node.facts.docker.app.get();
    let app = app.map_or("/Applications/Docker.app", |app| app.path.as_str());
    let plist = format!("{app}/Contents/Info");
    let argv = [
        "/usr/bin/defaults",
        "read",
        &plist,
        "CFBundleShortVersionString",
    ];
    let requirement = finding.requirement.as_deref().unwrap_or_default();
    let range = requirement
        .strip_prefix("docker-desktop")
        .unwrap_or(">=4.44.3");
    repair(id, &[finding], "update Docker Desktop in place", Risk::Restart)
        .cost("all containers stop for some minutes; its images, containers and volumes stay. It may ask on the screen")
        .needs(Need::GuiSession)
        .needs(Need::EngineRestart)
        .needs(Need::Network)
        .restart(Restart::Engine)
        .named()
        .step(Step::RunProgram(RunProgram {
            words: "update Docker Desktop".to_owned(),
            commands: vec![command.clone()],
            proof: Proof::Version {
                argv: argv.map(str::to_owned).to_vec(),
                range: range.to_owned(),
            },
            undo: Vec::new(),
            seconds: UPDATE_SECONDS,
        }))
}

fn update_command(node: Node<'_>) -> Result<Command, &'static str> {
    if node.facts.host.platform.get().map(|platform| platform.os) != Ok(OsKind::Macos) {
        return Err("its packages are updated by the distribution's own means");
    }
    let software = node.facts.host.software.get().ok();
    if let Some(brew) = software.and_then(|software| software.brew.as_deref()) {
        let casks = software.map_or(&[][..], |software| &software.casks);
        // `docker` was the cask's name until 2025.
        if let Some(cask) = casks
            .iter()
            .find(|cask| *cask == "docker-desktop" || *cask == "docker")
        {
            return Ok(Command::new([brew, "upgrade", "--cask", "--greedy", cask]));
        }
    }
    let app = node
        .facts
        .docker
        .app
        .get()
        .map(|app| app.version.parse::<Version>());
    let first: Version = UPDATES_ITSELF.parse().expect("a version of ours");
    match app {
        Ok(Ok(version)) if version >= first => {
            let cli = node.facts.docker.cli.get();
            let docker = cli.map_or(docker::DESKTOP_CLI, |cli| cli.path.as_str());
            Ok(Command::new([docker, "desktop", "update", "--quiet"]))
        }
        Ok(_) => Err("releases before 4.38 update themselves from their own menu only"),
        Err(_) => Err("Docker Desktop's app was not found"),
    }
}

fn update_lines(command: Option<&Command>) -> Vec<String> {
    let mut lines = Vec::new();
    match command {
        Some(command) => lines.push(format!(
            "at the screen, when no agent is at work: {} (clawdoctor fix docker/desktop-version does it from a terminal)",
            shell(command)
        )),
        None => lines.push("at the screen, when no agent is at work: Docker Desktop's menu > Check for updates".to_owned()),
    }
    lines.push("or install the current release over it: https://docs.docker.com/desktop/setup/install/mac-install/".to_owned());
    lines.push(
        "never uninstall it first: that deletes all images, containers and volumes".to_owned(),
    );
    lines.push("more: clawdoctor explain docker/desktop-version".to_owned());
    lines
}

/// What one check found about the settings.
#[derive(Debug)]
pub struct Asked<'a> {
    pub id: &'a str,
    pub findings: Vec<&'a Finding>,
}

/// One key of the settings file with what it shall say.
struct Wish {
    /// As settings-store.json writes it.
    key: &'static str,
    to: Value,
}

/// All that was found about Docker Desktop's settings, as one edit of its file.
pub fn settings(node: Node<'_>, asked: &[Asked<'_>]) -> Answer {
    let mut answer = Answer::default();
    let mut wishes: Vec<Wish> = Vec::new();
    let mut answered: Vec<&Asked<'_>> = Vec::new();
    for one in asked {
        match wish(node, one) {
            Ok(wish) => {
                wishes.push(wish);
                answered.push(one);
            }
            Err(why) => answer.extend(by_hand(one.id, &one.findings, &why)),
        }
    }
    let [first, rest @ ..] = answered.as_slice() else {
        return answer;
    };
    match edited(node, &wishes) {
        Ok(step) => {
            let mut change = changed(first, rest, &step);
            change.steps.push(Step::EditJson(step));
            answer.extend(Answer::repair(change));
        }
        Err(why) => {
            for one in answered {
                answer.extend(by_hand(one.id, &one.findings, &why));
            }
        }
    }
    answer
}

fn changed(first: &Asked<'_>, rest: &[&Asked<'_>], step: &EditJson) -> Repair {
    let findings: Vec<&Finding> = std::iter::once(first)
        .chain(rest.iter().copied())
        .flat_map(|one| one.findings.iter().copied())
        .collect();
    let titles = words::titles(&step.settings).join(", ");
    let title = format!("set {titles} in Docker Desktop's settings");
    let mut change = repair(first.id, &findings, title, Risk::Restart)
        .cost("Docker Desktop is stopped and started for it, since it writes the file itself: all containers stop, and calls that run in them end")
        .undo("the file is as it was, byte for byte, with Docker Desktop stopped and started again")
        .needs(Need::GuiSession)
        .needs(Need::EngineRestart);
    if !rest.is_empty() {
        change = change.about("settings");
        change.also = rest.iter().map(|one| one.id.to_owned()).collect();
    }
    change
}

fn wish(node: Node<'_>, asked: &Asked<'_>) -> Result<Wish, String> {
    let kind = node
        .facts
        .docker
        .provider
        .get()
        .map(|provider| provider.kind);
    if kind.is_ok_and(|kind| kind != ProviderKind::DockerDesktop) {
        return Err("this engine's own program sets it".to_owned());
    }
    let code = asked
        .findings
        .first()
        .map(|finding| finding.error_code.as_str());
    let (key, to) = match code {
        Some("autostart-off") => ("AutoStart", json!(true)),
        Some("resource-saver-on") => ("UseResourceSaver", json!(false)),
        Some("vm-memory-low" | "vm-memory-starves-host") => ("MemoryMiB", json!(memory(node)?)),
        Some("vm-cpus-too-few") => {
            let cpu = node.facts.host.cpu.get();
            let cores = cpu.map_err(|why| why.detail)?.logical;
            ("Cpus", json!(cores))
        }
        _ => return Err("only a person can decide or do this".to_owned()),
    };
    Ok(Wish { key, to })
}

/// MiB for the VM: what macOS and a gateway leave of the machine, and of larger machines three
/// quarters, since all of it may be in use at once.
fn memory(node: Node<'_>) -> Result<u64, String> {
    let host = *node.facts.host.memory.get().map_err(|why| why.detail)?;
    let most = host
        .saturating_sub(FOR_MACOS + FOR_GATEWAY)
        .min(host / 4 * 3);
    if most < LEAST {
        return Err(format!(
            "the machine has {}: with 6 GiB for macOS too little is left for sandboxes",
            crate::units::Size(host)
        ));
    }
    // In steps that people recognise.
    Ok(most / (256 * MIB) * 256)
}

fn edited(node: Node<'_>, wishes: &[Wish]) -> Result<EditJson, String> {
    if let Some(why) = docker::nobody_at_screen(node, Some(ProviderKind::DockerDesktop)) {
        return Err(why.to_owned());
    }
    let settings = node.facts.docker.settings.get().map_err(|why| why.detail)?;
    let source = source(settings)?;
    let changes: Vec<Change> = wishes
        .iter()
        .map(|wish| Change {
            path: vec![spelled(wish.key, &settings.path)],
            to: To::Set(wish.to.clone()),
        })
        .collect();
    let edited = edit(&source.text, &changes, Dialect::Plain, Blank::Refused)
        .map_err(|refusal| format!("{} is left as it is: {refusal}", settings.path))?;
    let made = changes.into_iter().zip(wishes).zip(edited.before);
    Ok(EditJson {
        path: settings.path.clone(),
        sha256: Some(source.sha256.clone()),
        settings: made
            .map(|((change, wish), before)| Setting {
                keys: change.path,
                before,
                to: Some(wish.to.clone()),
            })
            .collect(),
        // For people, who need no proxy's password for it.
        diff: hide_secrets(&diff(&source.text, &edited.text, &settings.path)),
        reader: Some(reader(node)),
    })
}

fn source(settings: &DesktopSettings) -> Result<&FileText, String> {
    let path = &settings.path;
    let source = settings
        .source
        .as_ref()
        .ok_or_else(|| format!("{path} is too long, or what it says is not recorded"))?;
    super::trusted(source, path)?;
    Ok(source)
}

/// settings.json, before 4.35, begins its keys with a small letter.
fn spelled(key: &str, path: &str) -> String {
    if !path.ends_with("/settings.json") {
        return key.to_owned();
    }
    let mut letters = key.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

fn reader(node: Node<'_>) -> Reader {
    let kind = ProviderKind::DockerDesktop;
    let control = match &node.wishes.control {
        Some(control) => control.clone(),
        None => docker::control(node, kind),
    };
    Reader {
        name: docker::name(Some(kind)).to_owned(),
        endpoint: docker::endpoint(node),
        control,
        when: RestartWhen::Around,
        validate: None,
    }
}
