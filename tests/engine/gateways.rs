//! A gateway in a container, on real engines: what `clawdoctor check` finds of containers that are
//! made as OpenClaw's own, and as its users make them.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use super::support::gate::Gate;
use super::support::place::{OWNER, Place, User};
use super::{BUSYBOX, Bench, LABEL, Outcome, Test, support, sure, within};

pub const TESTS: [(&str, Test); 11] = [
    ("a_gateway_that_has_all_is_well", whole),
    ("a_gateway_without_a_docker_command_is_told", no_command),
    ("a_gateway_without_the_socket_is_told", no_socket),
    ("a_gateway_without_the_sockets_group_is_told", no_group),
    ("a_gateway_with_a_volume_as_its_state_is_told", volume),
    ("an_older_gateway_with_other_paths_is_told", paths),
    (
        "a_gateway_that_may_not_write_its_state_is_told",
        not_its_own,
    ),
    ("a_gateway_that_restarts_for_its_state_is_told", restarts),
    ("a_gateway_without_a_shell_is_a_doubt", no_shell),
    ("a_gateway_of_another_engine_is_told", another_engine),
    ("what_shares_a_gateways_network_is_known", sharing),
];

const GOOD: &str = "clawdoctor-test/good:1";
const BOUND: Duration = Duration::from_mins(1);
const STATE: &str = "/home/node/.openclaw";

/// A place with OpenClaw's config, and beside it what a gateway's container mounts.
struct Gateway<'a> {
    at: &'a Bench,
    place: Place,
    name: String,
    /// Of the engine's socket.
    group: String,
}

impl<'a> Gateway<'a> {
    fn new(at: &'a Bench, what: &str) -> Result<Self, String> {
        let mut place = Place::new();
        place.install_openclaw("2026.9.6");
        let config = json!({
            "meta": {"lastTouchedVersion": "2026.9.6"},
            // Nobody listens there.
            "gateway": {"mode": "local", "port": 9, "bind": "loopback"},
            "agents": {"defaults": {"sandbox": {
                "mode": "all", "backend": "docker", "scope": "session",
                "docker": {"image": GOOD, "network": "none"},
            }}},
        });
        place.file(".openclaw/openclaw.json", &config.to_string());
        let command = place.file("mounted/docker", "#!/bin/sh\nexit 0\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(command, mode).map_err(|error| error.to_string())?;
        place.file("mounted/state/openclaw.json", "{}");
        for version in ["2026.9.6", "2026.8.2"] {
            let package = json!({"name": "openclaw", "version": version});
            let text = serde_json::to_string_pretty(&package).map_err(|error| error.to_string())?;
            place.file(&format!("mounted/{version}.json"), &text);
        }
        place.env.insert("DOCKER_HOST".to_owned(), at.real.url());
        let name = format!("h1-gw-{what}-{}", at.real.name);
        let socket = std::fs::metadata(&at.real.socket).map_err(|error| error.to_string())?;
        Ok(Self {
            at,
            place,
            name,
            group: socket.gid().to_string(),
        })
    }

    fn mounted(&self, inner: &str) -> PathBuf {
        self.place.home().join("mounted").join(inner)
    }

    fn bind(&self, inner: &str, target: &str) -> String {
        format!("{}:{target}", self.mounted(inner).display())
    }

    fn command(&self) -> String {
        self.bind("docker", "/usr/local/bin/docker:ro")
    }

    fn state(&self) -> String {
        self.bind("state", STATE)
    }

    fn release(&self, version: &str) -> String {
        self.bind(&format!("{version}.json"), "/app/package.json:ro")
    }

    /// Who may use the socket.
    fn member(&self) -> [&str; 2] {
        ["--group-add", &self.group]
    }

    fn socket(&self) -> String {
        format!("{}:/var/run/docker.sock", self.at.real.socket.display())
    }

    /// Starts it with these mounts and as told.
    fn start(&self, mounts: &[String], more: &[&str], image: &[&str]) -> Result<String, String> {
        let label = format!("{LABEL}=1");
        let owner = OWNER.to_string();
        let mut words = vec!["run", "-d", "--name", &self.name, "--label", &label];
        words.extend([
            "--network",
            "none",
            "--user",
            &owner,
            "-e",
            "HOME=/home/node",
        ]);
        for mount in mounts {
            words.extend(["-v", mount]);
        }
        words.extend(more);
        words.extend(image);
        self.at.real.docker(&words)
    }

    /// The report of these checks, of the container by its name.
    fn report(&self, checks: &str) -> Result<Value, String> {
        self.asked(checks, &["--in", &self.name], None)
    }

    fn asked(&self, checks: &str, more: &[&str], user: Option<User>) -> Result<Value, String> {
        let mut words = vec![
            "check",
            "--only",
            checks,
            "--json",
            "--offline",
            "--passive",
        ];
        words.extend(more);
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        let ran = self.place.run(user, &words, BOUND);
        let told = String::from_utf8_lossy(&ran.output.stderr).into_owned();
        serde_json::from_slice(&ran.output.stdout).map_err(|error| format!("{error}: {told}"))
    }

    /// That OpenClaw's own checks find this of the container, and no more.
    fn finds(&self, expected: &[&str]) -> Outcome {
        let report = self.report("openclaw/docker-cli")?;
        sure(codes(&report) == expected, format!("{report:#}"))
    }
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array();
    let mut codes: Vec<&str> = findings
        .into_iter()
        .flatten()
        .filter_map(|one| one["errorCode"].as_str())
        .collect();
    codes.sort_unstable();
    codes
}

fn message(report: &Value, code: &str) -> String {
    let findings = report["findings"].as_array();
    let found = findings
        .into_iter()
        .flatten()
        .find(|one| one["errorCode"] == code);
    found.map_or_else(String::new, |one| one["message"].to_string())
}

fn status<'a>(report: &'a Value, id: &str) -> &'a str {
    let checks = report["checks"].as_array();
    let found = checks.into_iter().flatten().find(|one| {
        one["checkId"]
            .as_str()
            .is_some_and(|own| own == id || own.ends_with(&format!("/{id}")))
    });
    found.map_or("", |one| one["status"].as_str().unwrap_or_default())
}

const WAITS: [&str; 3] = [GOOD, "sleep", "600"];

fn whole(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "whole")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    let mounts = [
        gateway.command(),
        gateway.state(),
        gateway.release("2026.9.6"),
        gateway.socket(),
    ];
    gateway.start(&mounts, &gateway.member(), &WAITS)?;
    let report = gateway.report("openclaw/docker-cli,openclaw/gateway")?;
    // Nobody listens on its port: nothing else is said of it.
    sure(
        codes(&report) == ["gateway-not-answering"]
            && status(&report, "openclaw/docker-cli") == "pass",
        format!("{report:#}"),
    )
}

fn no_command(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "command")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    gateway.start(
        &[gateway.state(), gateway.socket()],
        &gateway.member(),
        &WAITS,
    )?;
    gateway.finds(&["docker-cli-missing-in-container"])
}

fn no_socket(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "socket")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    gateway.start(&[gateway.command(), gateway.state()], &[], &WAITS)?;
    gateway.finds(&["gateway-socket-not-mounted"])
}

fn no_group(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "group")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    let mounts = [gateway.command(), gateway.state(), gateway.socket()];
    // Another one than the socket's.
    gateway.start(&mounts, &["--group-add", "4242"], &WAITS)?;
    let report = gateway.report("openclaw/docker-cli")?;
    let told = message(&report, "gateway-socket-denied");
    sure(
        codes(&report) == ["gateway-socket-denied"]
            && told.contains("(uid 1000)")
            && told.contains("added groups [4242]"),
        format!("{report:#}"),
    )
}

fn volume(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "volume")?;
    let volume = gateway.name.clone();
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name], &["volume", "rm", &volume]]);
    let label = format!("{LABEL}=1");
    at.real
        .docker(&["volume", "create", "--label", &label, &volume])?;
    let mounts = [
        gateway.command(),
        gateway.socket(),
        gateway.release("2026.9.6"),
        format!("{volume}:/home/node"),
    ];
    gateway.start(&mounts, &gateway.member(), &WAITS)?;
    let report = gateway.report("openclaw/docker-cli")?;
    let told = message(&report, "gateway-state-not-bound");
    sure(
        codes(&report) == ["gateway-state-not-bound"]
            && told.contains(&format!("in the volume {volume}"))
            && told.contains(STATE),
        format!("{report:#}"),
    )
}

fn paths(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "paths")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    let mounts = [
        gateway.command(),
        gateway.state(),
        gateway.release("2026.8.2"),
        gateway.socket(),
    ];
    gateway.start(&mounts, &gateway.member(), &WAITS)?;
    let report = gateway.report("openclaw/docker-cli")?;
    let told = message(&report, "gateway-paths-differ");
    sure(
        codes(&report) == ["gateway-paths-differ"] && told.contains("OpenClaw 2026.8.2"),
        format!("{report:#}"),
    )?;
    // The remedy that it names: the same path on both sides.
    at.real.docker(&["rm", "-f", &gateway.name])?;
    let same = gateway.mounted("state").display().to_string();
    let mounts = [
        gateway.command(),
        gateway.bind("state", &same),
        gateway.release("2026.8.2"),
        gateway.socket(),
    ];
    let variable = format!("OPENCLAW_STATE_DIR={same}");
    let more = [&gateway.member()[..], &["-e", &variable]].concat();
    gateway.start(&mounts, &more, &WAITS)?;
    gateway.finds(&[])
}

fn not_its_own(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "owner")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    let state = gateway.mounted("state");
    std::os::unix::fs::lchown(&state, Some(0), Some(0))?;
    let mounts = [gateway.command(), gateway.state(), gateway.socket()];
    gateway.start(&mounts, &gateway.member(), &WAITS)?;
    let report = gateway.report("openclaw/gateway")?;
    let told = message(&report, "gateway-state-not-writable");
    sure(
        told.contains("(uid 1000)") && told.contains("owned by 0:0"),
        format!("{report:#}"),
    )?;
    // What the hint says mends it.
    std::os::unix::fs::lchown(&state, Some(OWNER), Some(OWNER))?;
    let report = gateway.report("openclaw/gateway")?;
    sure(
        codes(&report) == ["gateway-not-answering"],
        format!("{report:#}"),
    )
}

fn restarts(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "restarts")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    std::os::unix::fs::lchown(gateway.mounted("state"), Some(0), Some(0))?;
    let mkdir = format!("mkdir {STATE}/agents");
    gateway.start(
        &[gateway.command(), gateway.state()],
        &["--restart", "always"],
        &[GOOD, "sh", "-c", &mkdir],
    )?;
    at.until("it restarts", |at| {
        let count = ["inspect", "-f", "{{.RestartCount}}", &gateway.name];
        let said = at.real.docker(&count).unwrap_or_default();
        said.parse::<u32>().is_ok_and(|count| count > 0)
    })?;
    let report = gateway.report("openclaw/gateway")?;
    let told = message(&report, "gateway-state-not-writable");
    sure(told.contains("owned by 0:0"), format!("{report:#}"))
}

fn no_shell(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "shell")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    gateway.start(
        &[gateway.socket()],
        &gateway.member(),
        &["clawdoctor-test/no-shell:1"],
    )?;
    let report = gateway.report("openclaw/docker-cli")?;
    sure(
        codes(&report).is_empty() && status(&report, "openclaw/docker-cli") == "error",
        format!("{report:#}"),
    )
}

/// Found by its process, and one at a time: whoever looks finds the first of its own user's.
static FOUND: Mutex<()> = Mutex::new(());

fn another_engine(at: &Bench) -> Outcome {
    let _turn = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    let mut gateway = Gateway::new(at, "elsewhere")?;
    let _end = at.at_the_end(&[&["rm", "-f", &gateway.name]]);
    let mounts = [
        gateway.command(),
        gateway.state(),
        gateway.release("2026.9.6"),
        gateway.socket(),
    ];
    let title = "cp /bin/sleep /tmp/openclaw-gateway && exec /tmp/openclaw-gateway 600";
    let id = gateway.start(&mounts, &gateway.member(), &[GOOD, "sh", "-c", title])?;
    // This host has a docker command, which the gateway has nothing of.
    gateway.place.file("bin/docker", "#!/bin/sh\nexit 0\n");
    let user = Some(User {
        uid: OWNER,
        alone: false,
    });
    let report = |gateway: &mut Gateway<'_>, engine: &support::Engine| {
        let socket = gateway.place.root().join(format!("{}.sock", engine.name));
        let mut gate = Gate::new(&socket, &engine.socket);
        gate.open().map_err(|error| error.to_string())?;
        // The user is in no group of the engine's.
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        std::fs::set_permissions(&socket, mode).map_err(|error| error.to_string())?;
        let url = format!("unix://{}", socket.display());
        gateway.place.env.insert("DOCKER_HOST".to_owned(), url);
        gateway.asked("openclaw/docker-cli", &[], user)
    };
    at.until("its title", |at| {
        let title = ["exec", &gateway.name, "cat", "/proc/1/comm"];
        at.real
            .docker(&title)
            .is_ok_and(|said| said == "openclaw-gatewa")
    })?;
    let own = report(&mut gateway, &at.real)?;
    sure(
        codes(&own).is_empty() && status(&own, "openclaw/docker-cli") == "pass",
        format!("{own:#}"),
    )?;
    let engines = support::Engine::all();
    let Some(other) = engines.iter().find(|one| one.name != at.real.name) else {
        return Ok(());
    };
    let found = report(&mut gateway, other)?;
    let told = message(&found, "gateway-in-another-engine");
    sure(
        codes(&found) == ["gateway-in-another-engine"]
            && told.contains(id.get(..12).unwrap_or(&id)),
        format!("{found:#}"),
    )
}

fn sharing(at: &Bench) -> Outcome {
    let gateway = Gateway::new(at, "shared")?;
    let beside = format!("{}-cli", gateway.name);
    let _end = at.at_the_end(&[&["rm", "-f", &beside], &["rm", "-f", &gateway.name]]);
    let id = gateway.start(&[], &[], &WAITS)?;
    let (label, network) = (format!("{LABEL}=1"), format!("container:{}", gateway.name));
    let words = ["create", "--name", &beside, "--label", &label];
    let shares = [
        "--network",
        &network,
        "--cap-drop",
        "NET_RAW",
        BUSYBOX,
        "true",
    ];
    at.real.docker(&[&words[..], &shares].concat())?;
    let found = at.run(at.engine.in_network_of(&id, within(20)))?;
    sure(
        found.len() == 1 && found[0].name == beside && found[0].cap_drop.len() == 1,
        &found,
    )?;
    sure(found[0].cap_drop[0].ends_with("NET_RAW"), &found)
}
