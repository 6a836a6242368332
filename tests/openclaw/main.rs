//! The real OpenClaw under the doctor's hands: each file of `tests/openclaw/` plants a common
//! problem on the gateway that `tests/run` started, `clawdoctor check` must find it and nothing
//! else, and after the repair or the advised commands the next real tool call, a whole turn through
//! the gateway, must succeed. Then all is as it was before.
//!
//! The gateway and the doctor run as an ordinary user who may use the engine's socket. What is said
//! of this machine itself (its network and its size) is left out, and what is said of the sandboxes
//! that other suites have in the engine meanwhile.
//!
//! Where the common problems of OpenClaw's users are shown (R: real OpenClaw and engine,
//! E: real engine, N: recorded node):
//!
//! | problem | where |
//! |---|---|
//! | image missing | R `image-missing` here, `repairs/bare-node`, E `faults/image-missing`; per agent: R `per-agent` here |
//! | image without python3 or shell | E `faults/image-without-python`, `…-shell` |
//! | no docker command for the gateway | R `gateway-without-docker` here, E `repairs/docker-cli` |
//! | the same under launchd alone | N `plans/docker-cli-link` |
//! | the same in the gateway's container | E `engine/gateways`, N `nodes/dood-without-docker-cli` |
//! | no right to the socket | E `faults/socket-forbidden`, N `nodes/linux-not-in-docker-group` |
//! | engine not running, or another one | R `engine-stopped` here, E `faults/no-socket`, `nobody-listens`, `engine-hung` |
//! | folders not the sandbox user's | E `faults/workspace-of-another-user`, `repairs/bind-of-another` |
//! | sandboxes without names, or without their network | R `dns`, `network-missing` here, `repairs/sandbox-dns`, E `faults/bridge-with-broken-dns` |
//! | /workspace not writable | R `workspace-of-another` here, E `faults/volume-owned-by-root`, R `folder-of-root` here, `repairs/volume-of-root` |
//! | gateway in a container without the socket or its group | E `engine/gateways`, N `nodes/cases/openclaw`, `plans/gateway-in-a-container*` |
//! | its state is not its user's (EACCES, 8) | E `engine/gateways` (asked inside; one that restarts), N `nodes/cases/openclaw` |
//! | /workspace empty: other paths inside, before 2026.9 (10) | E `engine/gateways`, N `nodes/cases/openclaw` |
//! | its state a named volume, or no mount (11) | E `engine/gateways`, N `nodes/cases/openclaw` |
//! | a container of another engine (11) | E `engine/gateways`, N `nodes/cases/openclaw` |
//! | a stray `/.dockerenv` (11) | R `stray-dockerenv` here, N `nodes/cases/openclaw` |
//! | EAI_AGAIN in openclaw-cli on Docker Desktop (13) | N `nodes/cases/openclaw`; what shares the network: E `engine/gateways` |
//! | settings without effect on a standing sandbox | R `stale-settings`, `stale-image`, `stale-mounts` here, `repairs/sandbox-stale` |
//! | no network, `setupCommand` | R `setup-command` here |
//! | a bind that is refused only later | R `bind-blocked`, `bind-reserved` here, E `faults/bind-outside` |
//! | a lifted guard (`dangerously…`) | R `dangerous-switches` here |
//! | `memory: 512` is bytes | R `memory-in-bytes` here |
//! | a sandbox of a former release | R `orphan` here |
//! | a tool call outside of a sandbox | R `call-outside` here |
//! | a container that its registry does not know | R `unregistered` here |
//! | config put back from a backup | R `config-restored` here |
//! | folders of sandboxes left on disk | R `left-folder` here, E `repairs/orphan-workspaces` |
//! | what OpenClaw's own doctor passes over | R `beside-their-doctor` here |
//! | image with an entrypoint | E `faults/image-entrypoint` |
//! | no init process, too many processes | N `nodes/cases/sandbox` |
//! | tools run on the host, and without limits | R `mode-and-limits` here, `repairs/mode-off`, `limits-in-bytes` |
//! | killed for want of memory | R `oom`, `calls` here, E `engine/calls` |

#![expect(
    clippy::disallowed_methods,
    reason = "sets up and looks at the world that is tested"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

const SUPPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support");
/// What every act finds: the commands of this suite.
const PRELUDE: &str = include_str!("prelude.sh");

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Scenario {
    about: String,
    /// Shown elsewhere as well: only with `CLAWDOCTOR_TEST_WHOLE=1`.
    #[serde(default)]
    whole: bool,
    acts: Vec<Act>,
    /// Root's shell commands that take away what is left, whatever happened.
    #[serde(default)]
    clear: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Act {
    shell: String,
    /// Standard output as a whole, white space at its ends apart.
    #[serde(default)]
    gives: Option<String>,
    /// Each somewhere in what is printed.
    #[serde(default)]
    says: Vec<String>,
    /// At most so many seconds.
    #[serde(default = "two_minutes")]
    within: u64,
}

fn two_minutes() -> u64 {
    120
}

fn main() {
    let args = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openclaw");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("tests/openclaw")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    files.sort();
    let missing = missing();
    let whole = std::env::var("CLAWDOCTOR_TEST_WHOLE").is_ok_and(|word| word == "1");
    let trials = files.into_iter().map(|path| {
        let name = path.file_stem().expect("a name").to_string_lossy();
        let text = std::fs::read_to_string(&path).expect("a scenario");
        let scenario: Scenario =
            toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if let Some(why) = &missing {
            return Trial::test(format!("{name} ({why})"), || Ok(())).with_ignored_flag(true);
        }
        let left_out = scenario.whole && !whole;
        Trial::test(name, move || play(&scenario)).with_ignored_flag(left_out)
    });
    let trials = trials.collect();
    // One after another: there is one gateway.
    let args = Arguments {
        test_threads: Some(1),
        ..args
    };
    libtest_mimic::run(&args, trials).exit();
}

/// Why there is no gateway here.
fn missing() -> Option<String> {
    let engine = std::env::var("CLAWDOCTOR_TEST_CLASSIC").unwrap_or_default();
    if engine.is_empty() {
        return Some("no engine: use tests/run".to_owned());
    }
    let script = format!("{SUPPORT}/openclaw.sh");
    let status = Command::new(script).arg("status").output();
    let up =
        status.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("gateway: up"));
    (!up).then(|| "OpenClaw's gateway is not up: it could not be installed or started".to_owned())
}

fn play(scenario: &Scenario) -> Result<(), Failed> {
    let place = tempfile::tempdir()?;
    // The sandboxes of earlier suites know other settings.
    let before = shell(place.path(), "anew; state", 60)?;
    let done = acts(scenario, place.path());
    let cleared = shell(place.path(), &format!("{}\nput_back", scenario.clear), 120);
    done.map_err(|error| format!("{}\n{error}", scenario.about))?;
    cleared?;
    let after = shell(place.path(), "state", 60)?;
    if before == after {
        return Ok(());
    }
    Err(format!("not as before:\n{before}\nand now:\n{after}").into())
}

fn acts(scenario: &Scenario, place: &Path) -> Result<(), String> {
    for (number, act) in scenario.acts.iter().enumerate() {
        let printed = shell(place, &act.shell, act.within)
            .map_err(|error| format!("act {}: {error}", number + 1))?;
        let wrong = |what: &str| format!("act {}: {what}\nit printed:\n{printed}", number + 1);
        if let Some(gives) = &act.gives
            && gives.trim() != printed.trim()
        {
            return Err(wrong(&format!("does not give:\n{}", gives.trim())));
        }
        for text in &act.says {
            if !printed.contains(text) {
                return Err(wrong(&format!("does not say: {text}")));
            }
        }
    }
    Ok(())
}

/// Runs a script with the commands of the prelude; what it printed, or how it failed.
fn shell(place: &Path, script: &str, seconds: u64) -> Result<String, String> {
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", &seconds.to_string()]);
    command.args(["bash", "-euo", "pipefail", "-c"]);
    command.arg(format!("{PRELUDE}\n{script}"));
    command.env("SUPPORT", SUPPORT).env("PLACE", place);
    command.env("CLAWDOCTOR", env!("CARGO_BIN_EXE_clawdoctor"));
    command.stdin(Stdio::null());
    let begun = std::time::Instant::now();
    let output = command.output().map_err(|error| error.to_string())?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let took: Duration = begun.elapsed();
    Err(format!(
        "{} after {took:?}\n{script}\nstdout: {stdout}\nstderr: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    ))
}
