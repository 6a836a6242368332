//! OpenClaw and the Node.js that it runs on, installed by npm into a folder of the user's own: no
//! rights of anybody else are needed, and nothing of the system's is replaced.

use std::path::Path;

use super::bring_up::{APT_SECONDS, INSTALL, apt_get, download, fetch, with};
use super::{Answer, Findings, Need, Node, Risk, by_hand, repair};
use crate::checklist::report::Finding;
use crate::facts::host::{OsKind, Software};
use crate::facts::openclaw::Placement;
use crate::fix::repair::{Repair, Restart};
use crate::fix::step::{Command, Proof, RunProgram, Step};
use crate::units::VersionRange;

/// What OpenClaw runs on since 2026.9.3, for where its own package does not say it yet
/// (<https://docs.openclaw.ai/install/node-compatibility>).
const RANGE: &str = ">=24.16.0 <25 || >=26.1.0";
/// The npm package that brings a Node.js program, and a release of it that is in the range.
const NODE: &str = "node@24";
const NODE_RELEASE: &str = "24.21.0";
/// Whose signature Node.js's own package for macOS bears.
const NODE_SIGNER: &str = "1. Developer ID Installer: Node.js Foundation (HX7739G8FX)";
const NPM_SECONDS: u64 = 1200;
const MODULES: &str = "/lib/node_modules/openclaw";

pub fn openclaw(node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    let gateway = node.facts.openclaw.gateway.get();
    if gateway.is_ok_and(|gateway| matches!(gateway.placement, Placement::Container { .. })) {
        let why = "the gateway's image has them: update the image, and make its container anew";
        return by_hand(id, findings, why);
    }
    if !node.wishes.network_allowed {
        return by_hand(id, findings, "without the network nothing can be installed");
    }
    let mut answer = Answer::default();
    for finding in findings {
        let planned = match finding.error_code.as_str() {
            "openclaw-not-found" => install(node, id, finding),
            "openclaw-too-old" => update(node, id, finding),
            "node-not-found" | "node-unsupported" => runtime(node, id, finding),
            _ => Err("only a person can do this".to_owned()),
        };
        answer.extend(match planned {
            Ok(change) => Answer::repair(change),
            Err(why) => by_hand(id, &[*finding], &why),
        });
    }
    answer
}

/// npm, and the folder that it installs into.
struct Npm<'a> {
    node: Node<'a>,
    program: String,
    prefix: String,
}

impl Npm<'_> {
    fn bin(&self, name: &str) -> String {
        format!("{}/bin/{name}", self.prefix)
    }

    fn is_on_path(&self) -> bool {
        let folder = format!("{}/bin", self.prefix);
        let mut path = self.node.operator.path();
        path.any(|one| one == Path::new(&folder))
    }

    /// With the folder's own programs first on the PATH: packages run their scripts with the
    /// Node.js that is there.
    fn command(&self, argv: &[&str]) -> Command {
        let path = self.node.operator.var("PATH").unwrap_or("/usr/bin:/bin");
        let own = format!("{}/bin", self.prefix);
        let mut head = Vec::new();
        if path.split(':').next() != Some(&own) {
            head = vec!["/usr/bin/env".to_owned(), format!("PATH={own}:{path}")];
        }
        Command {
            argv: head
                .into_iter()
                .chain(argv.iter().map(|&word| word.to_owned()))
                .collect(),
            as_root: false,
        }
    }

    fn npm(&self, verb: &str, package: &str) -> Command {
        self.command(&[
            &self.program,
            verb,
            "--global",
            "--prefix",
            &self.prefix,
            "--no-audit",
            "--no-fund",
            package,
        ])
    }

    /// What takes a package away that was not there before. npm leaves the folders that it made for
    /// it; `find` takes those that are empty, and says nothing of the others.
    fn removal(&self, package: &str) -> Vec<Command> {
        let mut commands = vec![self.npm("uninstall", package)];
        if self.prefix == own_prefix(self.node) {
            commands.push(Command::new([
                "/usr/bin/find",
                &self.prefix,
                "-type",
                "d",
                "-empty",
                "-delete",
            ]));
        }
        commands
    }

    /// Node.js, where the one that OpenClaw would find is none that it runs on.
    fn node_step(&self, range: &str, before: Option<&str>) -> Step {
        let undo = match before {
            Some(version) => vec![self.npm("install", &format!("node@{version}"))],
            None => self.removal("node"),
        };
        Step::RunProgram(RunProgram {
            words: format!("install Node.js ({NODE}) into {}", self.prefix),
            commands: vec![self.npm("install", NODE)],
            proof: Proof::Version {
                argv: vec![self.bin("node"), "--version".to_owned()],
                range: range.to_owned(),
            },
            undo,
            seconds: NPM_SECONDS,
        })
    }

    fn openclaw_step(&self, range: &str, before: Option<&str>) -> Step {
        let undo = match before {
            Some(version) => vec![self.npm("install", &format!("openclaw@{version}"))],
            None => self.removal("openclaw"),
        };
        Step::RunProgram(RunProgram {
            words: format!("install OpenClaw into {}", self.prefix),
            commands: vec![self.npm("install", "openclaw@latest")],
            proof: Proof::Version {
                argv: self.command(&[&self.bin("openclaw"), "--version"]).argv,
                range: range.to_owned(),
            },
            undo,
            seconds: NPM_SECONDS,
        })
    }
}

fn install(node: Node<'_>, id: &str, finding: &Finding) -> Result<Repair, String> {
    let (first, npm, fits) = npm(node)?;
    let mut change = repair(id, &[finding], "install OpenClaw", Risk::Behaviour)
        .undo("what was installed is uninstalled again; what OpenClaw wrote since then stays")
        .needs(Need::Network);
    if first.iter().any(needs_root) {
        change = change.needs_root(node);
    }
    change = change.cost("nothing of it runs before its gateway is started");
    if !npm.is_on_path() {
        change = change.cost(format!(
            "nothing of it runs before its gateway is started; {}/bin is not on your PATH: add it there to have `openclaw` at hand",
            npm.prefix
        ));
    }
    change.steps.extend(first);
    if !fits {
        change = change.step(npm.node_step(RANGE, None));
    }
    Ok(change.step(npm.openclaw_step(range_in(finding, "openclaw")?, None)))
}

fn needs_root(step: &Step) -> bool {
    matches!(step, Step::RunProgram(step) if step.commands.iter().any(|one| one.as_root))
}

/// `>=2026.1.0` of the requirement `openclaw>=2026.1.0`.
fn range_in<'a>(finding: &'a Finding, what: &str) -> Result<&'a str, String> {
    let requirement = finding.requirement.as_deref();
    requirement
        .and_then(|text| text.strip_prefix(what))
        .map(str::trim)
        .filter(|range| range.parse::<VersionRange>().is_ok())
        .ok_or_else(|| "it is not known which version is wanted".to_owned())
}

/// npm with what has to be done to have it, and whether OpenClaw runs on the Node.js that is there
/// then.
fn npm(node: Node<'_>) -> Result<(Vec<Step>, Npm<'_>, bool), String> {
    let software = node.facts.host.software.get();
    let software = software.map_err(|_| "it is not known what could install it here".to_owned())?;
    let place = |program: &str, prefix: String| Npm {
        node,
        program: program.to_owned(),
        prefix,
    };
    if let Some(npm) = &software.npm {
        let fits = runs_openclaw(node);
        let prefix = prefix(node, software, fits);
        return Ok((Vec::new(), place(&npm.path, prefix), fits));
    }
    let os = node.facts.host.platform.get().map(|platform| platform.os);
    match (os, &software.apt, &software.brew) {
        (Ok(OsKind::Macos), _, Some(brew)) => {
            let folder = brew.strip_suffix("/bin/brew").unwrap_or("/opt/homebrew");
            let npm = format!("{folder}/bin/npm");
            let step = of_homebrew(brew, &npm);
            Ok((vec![step], place(&npm, folder.to_owned()), true))
        }
        (Ok(OsKind::Macos), _, None) => {
            let npm = place("/usr/local/bin/npm", own_prefix(node));
            Ok((of_nodejs_org(node), npm, true))
        }
        (Ok(OsKind::Linux), Some(apt), _) => {
            let step = of_debian(&apt.installed);
            // Debian's own Node.js is older than what OpenClaw runs on.
            Ok((vec![step], place("/usr/bin/npm", own_prefix(node)), false))
        }
        (Ok(OsKind::Linux), None, _) | (Err(_), _, _) => Err(
            "there is no npm, and how this system installs it is not known: see docs.openclaw.ai/install".to_owned(),
        ),
    }
}

fn runs_openclaw(node: Node<'_>) -> bool {
    let range: VersionRange = RANGE.parse().expect("a range of ours");
    let runtime = node.facts.openclaw.node.get();
    runtime.is_ok_and(|runtime| {
        let version = runtime.version.trim().trim_start_matches('v');
        semver::Version::parse(version).is_ok_and(|version| range.holds(&version))
    })
}

/// The user's own folder for it: one of those in which OpenClaw is looked for without a PATH.
fn own_prefix(node: Node<'_>) -> String {
    let folder = node.operator.home.join(".npm-global");
    folder.to_string_lossy().into_owned()
}

/// npm's own place where this user may write to it and finds what lies there.
fn prefix(node: Node<'_>, software: &Software, fits: bool) -> String {
    let usable = software.npm.as_ref().filter(|npm| {
        let bin = format!("{}/bin", npm.prefix);
        let on_path = node
            .operator
            .path()
            .any(|folder| folder.to_str() == Some(&bin));
        // A Node.js that stands there by itself is not npm's to replace.
        let runtime = node.facts.openclaw.node.get();
        let is_taken = runtime.is_ok_and(|runtime| runtime.path == format!("{bin}/node"));
        npm.writable && on_path && (fits || !is_taken)
    });
    usable.map_or_else(|| own_prefix(node), |npm| npm.prefix.clone())
}

fn of_debian(installed: &[String]) -> Step {
    let missing: Vec<&str> = ["npm"]
        .into_iter()
        .filter(|name| !installed.iter().any(|known| known == name))
        .collect();
    let remove: Vec<&str> = ["remove", "-y"].into_iter().chain(missing).collect();
    Step::RunProgram(RunProgram {
        words: "install the package npm".to_owned(),
        commands: vec![apt_get(&["update"]), apt_get(&with(&INSTALL, &["npm"]))],
        proof: Proof::Packages {
            names: vec!["npm".to_owned()],
        },
        undo: vec![apt_get(&remove)],
        seconds: APT_SECONDS,
    })
}

fn of_homebrew(brew: &str, npm: &str) -> Step {
    Step::RunProgram(RunProgram {
        words: "install Node.js with Homebrew".to_owned(),
        commands: vec![Command::new([brew, "install", "node"])],
        proof: Proof::Program {
            paths: vec![npm.to_owned()],
        },
        undo: vec![Command::new([brew, "uninstall", "node"])],
        seconds: NPM_SECONDS,
    })
}

/// Node.js's own package. Who signed it is looked at before anything of it runs as root: that says
/// more than a checksum from the same server, and needs no shell. No uninstaller comes with it.
fn of_nodejs_org(node: Node<'_>) -> Vec<Step> {
    let file = download(node, &format!("node-v{NODE_RELEASE}.pkg"));
    let url = format!("https://nodejs.org/dist/v{NODE_RELEASE}/node-v{NODE_RELEASE}.pkg");
    let signature = ["/usr/sbin/pkgutil", "--check-signature", &file].map(str::to_owned);
    let fetched = RunProgram {
        words: format!("fetch Node.js {NODE_RELEASE} from nodejs.org"),
        commands: vec![fetch(&url, &file)],
        proof: Proof::Prints {
            argv: signature.to_vec(),
            words: NODE_SIGNER.to_owned(),
        },
        undo: vec![Command::new(["/bin/rm", "-f", &file])],
        seconds: NPM_SECONDS,
    };
    let installed = RunProgram {
        words: format!("install Node.js {NODE_RELEASE}"),
        commands: vec![Command::as_root([
            "/usr/sbin/installer",
            "-pkg",
            &file,
            "-target",
            "/",
        ])],
        proof: Proof::Program {
            paths: vec!["/usr/local/bin/npm".to_owned()],
        },
        undo: Vec::new(),
        seconds: NPM_SECONDS,
    };
    vec![Step::RunProgram(fetched), Step::RunProgram(installed)]
}

/// Where OpenClaw lies by npm in a folder that this user may write to, and npm itself.
fn standing(node: Node<'_>) -> Result<Npm<'_>, String> {
    let install = node.facts.openclaw.install.get();
    let install = install.map_err(|_| "it is not known where OpenClaw lies".to_owned())?;
    let prefix = install
        .path
        .strip_suffix(MODULES)
        .ok_or("OpenClaw was installed in another way than by npm: update it in that way")?;
    let software = node.facts.host.software.get().ok();
    let npm = software
        .and_then(|software| software.npm.as_ref())
        .ok_or("there is no npm to do it with")?;
    let is_own = Path::new(prefix).starts_with(&node.operator.home)
        || (npm.prefix == prefix && npm.writable);
    if !is_own {
        return Err(format!(
            "OpenClaw lies in {prefix}, which is not this user's: sudo npm install --global --prefix {prefix} openclaw@latest {NODE}"
        ));
    }
    Ok(Npm {
        node,
        program: npm.path.clone(),
        prefix: prefix.to_owned(),
    })
}

fn update(node: Node<'_>, id: &str, finding: &Finding) -> Result<Repair, String> {
    let npm = standing(node)?;
    let before = former(finding.target.as_deref());
    let mut change = repair(id, &[finding], "update OpenClaw", Risk::Restart)
        .cost("a gateway that runs loses its files under it and has to be started anew, which ends turns that are running")
        .needs(Need::Network)
        .needs(Need::GatewayRestart)
        .restart(Restart::Gateway);
    if let Some(before) = before {
        change = change.undo(format!("OpenClaw {before} is installed again"));
    }
    if !runs_openclaw(node) {
        change = change.step(node_for(&npm, RANGE)?);
    }
    let range = range_in(finding, "openclaw")?;
    Ok(change.step(npm.openclaw_step(range, before)))
}

/// A version that npm can install again.
fn former(version: Option<&str>) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    version.filter(|version| {
        version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(plain)
    })
}

fn runtime(node: Node<'_>, id: &str, finding: &Finding) -> Result<Repair, String> {
    let npm = standing(node)?;
    let range = range_in(finding, "node")?;
    let title = format!("install a Node.js that OpenClaw runs on ({NODE})");
    let change = repair(id, &[finding], title, Risk::Restart)
        .cost("the gateway's service keeps its old one until it is installed anew (openclaw gateway install --force), which ends turns that are running")
        .undo("the Node.js that was there before is in force again")
        .needs(Need::Network)
        .needs(Need::GatewayRestart)
        .restart(Restart::Gateway);
    Ok(change.step(node_for(&npm, range)?))
}

/// Node.js beside OpenClaw, where it is looked for first.
fn node_for(npm: &Npm<'_>, range: &str) -> Result<Step, String> {
    let release = semver::Version::parse(NODE_RELEASE).expect("a version of ours");
    let wanted: VersionRange = range.parse()?;
    if !wanted.holds(&release) {
        return Err(format!(
            "OpenClaw wants Node.js {range}, which {NODE} is not"
        ));
    }
    let runtime = npm.node.facts.openclaw.node.get().ok();
    let beside = runtime.filter(|runtime| runtime.path == npm.bin("node"));
    if beside.is_some() && npm.prefix != own_prefix(npm.node) {
        return Err(format!(
            "the Node.js in {} was not put there by npm: update it as it was installed (brew upgrade node)",
            npm.prefix
        ));
    }
    let before = beside.and_then(|runtime| former(Some(runtime.version.trim_start_matches('v'))));
    Ok(npm.node_step(range, before))
}
