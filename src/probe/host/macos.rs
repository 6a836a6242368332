//! Asks macOS about the machine through its own tools, each by its full path, so that nothing in
//! a PATH stands in for it. Reading what they say is in `probe::parse`.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where the owner of the console and the time since boot are asked for"
)]

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::errno::Errno;
use nix::unistd::{Uid, User};
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use super::{blocking, kind_of};
use crate::deadline::Deadline;
use crate::facts::host::{Host, Login, OsKind, Platform, Power, Pressure};
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::ask::{Output, program};
use crate::probe::parse::sysctl::{Sysctl, sysctl};
use crate::probe::parse::{login, power, versions};
use crate::text::wash;

/// With another locale `sysctl` prints decimal commas.
const PLAIN: [(&str, &str); 1] = [("LC_ALL", "C")];

const SYSCTL: &str = "sysctl";

pub(super) async fn machine(d: Deadline) -> Host {
    let (values, names, available) = tokio::join!(
        // One process for all values; those that this Mac does not have are left out.
        tool(
            &[
                "/usr/sbin/sysctl",
                "hw.memsize",
                "hw.model",
                "hw.logicalcpu",
                "hw.optional.arm64",
                "hw.perflevel0.logicalcpu",
                "hw.perflevel1.logicalcpu",
                "machdep.cpu.brand_string",
                "kern.boottime",
                "kern.memorystatus_vm_pressure_level",
                "vm.loadavg",
                "vm.swapusage",
            ],
            d,
        ),
        tool(&["/usr/bin/sw_vers"], d),
        blocking("the memory in use", d, available_memory),
    );
    let os = names
        .and_then(|output| worked("sw_vers", output))
        .and_then(|text| versions::sw_vers(&text));
    let mut host = match values {
        Ok(output) if !output.stdout.is_empty() => from_sysctl(&sysctl(&output.stdout), available),
        Ok(output) => unknown(&failed(SYSCTL, &output)),
        Err(why) => unknown(&why),
    };
    host.os = Reading::from_result(os, "sw_vers");
    host
}

/// The images are in the engine's VM, out of this machine's reach.
pub(super) fn forget(_file: &File) -> Result<(), Errno> {
    Err(Errno::ENOTSUP)
}

pub(super) async fn node_settings(world: &World, d: Deadline) -> (Reading<Power>, Reading<Login>) {
    let (power, login) = tokio::join!(power_settings(d), session(world, d));
    (
        Reading::from_result(power, "pmset -g custom"),
        Reading::from_result(login, "/dev/console, fdesetup, loginwindow"),
    )
}

fn from_sysctl(values: &Sysctl<'_>, available: Result<u64, Why>) -> Host {
    let pressure = values.pressure().map(|level| Pressure {
        level,
        available: available.ok(),
        swap_used: values.swap_used().ok(),
    });
    Host {
        platform: Reading::known(platform(values), SYSCTL),
        model: Reading::from_result(values.model(), SYSCTL),
        memory: Reading::from_result(values.memory(), SYSCTL),
        pressure: Reading::from_result(pressure, SYSCTL),
        cpu: Reading::from_result(values.cpu(), SYSCTL),
        load: Reading::from_result(values.load(), SYSCTL),
        uptime: Reading::from_result(values.booted_at().and_then(since), SYSCTL),
        selinux: Reading::not_applicable("only on Linux"),
        ..Host::default()
    }
}

/// A program made for Intel runs on Apple silicon too, and is told that the machine is an Intel.
fn platform(values: &Sysctl<'_>) -> Platform {
    let built_for = std::env::consts::ARCH;
    let apple = values.is_apple_silicon();
    Platform {
        os: OsKind::Macos,
        arch: if apple { "aarch64" } else { built_for }.to_owned(),
        translated: apple && built_for != "aarch64",
    }
}

fn since(boot: u64) -> Result<u64, Why> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| {
        Why::new(
            WhyKind::Failed,
            "the clock of this machine is before the year 1970",
        )
    })?;
    now.as_secs().checked_sub(boot).ok_or_else(|| {
        Why::new(
            WhyKind::Unparsable,
            "the machine says that it was started in the future",
        )
    })
}

/// Bytes that could be handed out without swapping.
fn available_memory() -> Result<u64, Why> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    System::new_with_specifics(memory)
        .map(|system| system.available_memory())
        .ok()
        // A kernel that does not tell leaves it at nothing.
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| {
            Why::new(
                WhyKind::Failed,
                "the kernel does not tell what is available",
            )
        })
}

async fn power_settings(d: Deadline) -> Result<Power, Why> {
    let output = tool(&["/usr/bin/pmset", "-g", "custom"], d).await?;
    power::pmset(&worked("pmset", output)?)
}

async fn session(world: &World, d: Deadline) -> Result<Login, Why> {
    let operator = &world.operator;
    let ssh = operator.var("SSH_CONNECTION").is_some() || operator.var("SSH_TTY").is_some();
    let (console, encryption, automatic, keychain) = tokio::join!(
        blocking("the owner of the console", d, console_user),
        tool(&["/usr/bin/fdesetup", "status"], d),
        tool(
            &[
                "/usr/bin/defaults",
                "read",
                "/Library/Preferences/com.apple.loginwindow",
                "autoLoginUser",
            ],
            d,
        ),
        keychain_locked(ssh, world, d),
    );
    let automatic = automatic?;
    Ok(Login {
        user: operator.user.clone(),
        console_user: console?,
        ssh,
        // Not known is a value here: the judge says so, and still sees the rest.
        filevault: encryption
            .and_then(|output| worked("fdesetup", output))
            .and_then(|text| login::filevault(&text))
            .ok(),
        auto_login_user: login::automatic_user(
            automatic.status,
            &automatic.stdout,
            &automatic.stderr,
        )?,
        keychain_locked: keychain,
    })
}

/// Asked over SSH only: with a screen this question would open a dialog on it.
async fn keychain_locked(ssh: bool, world: &World, d: Deadline) -> Option<bool> {
    if !ssh {
        return None;
    }
    let keychain = world
        .operator
        .home
        .join("Library/Keychains/login.keychain-db");
    let output = tool(
        &[
            "/usr/bin/security",
            "show-keychain-info",
            keychain.to_str()?,
        ],
        d,
    )
    .await
    .ok()?;
    login::keychain_locked(output.status, &output.stderr)
}

/// The console belongs to who is logged in at the screen, and to root at the login window.
fn console_user() -> Result<Option<String>, Why> {
    let owner = std::fs::metadata("/dev/console")
        .map_err(|error| Why::new(kind_of(error.kind()), format!("/dev/console: {error}")))?
        .uid();
    if owner == 0 {
        return Ok(None);
    }
    match User::from_uid(Uid::from_raw(owner)) {
        Ok(Some(user)) => Ok(Some(wash(&user.name, 80))),
        Ok(None) => Ok(Some(format!("uid {owner}"))),
        Err(errno) => Err(Why::new(
            WhyKind::Failed,
            format!("the name of uid {owner}: {}", errno.desc()),
        )),
    }
}

/// Boxed: the buffers of each answer would else lie in the futures of all that wait for it.
async fn tool(argv: &[&str], d: Deadline) -> Result<Output, Why> {
    Box::pin(program(argv, &PLAIN, d)).await
}

/// What a tool printed, when it worked.
fn worked(name: &str, output: Output) -> Result<String, Why> {
    if output.status == Some(0) {
        Ok(output.stdout)
    } else {
        Err(failed(name, &output))
    }
}

fn failed(name: &str, output: &Output) -> Why {
    Why::new(
        WhyKind::Failed,
        format!("{name} failed: {}", wash(&output.stderr, 160)),
    )
}

fn unknown(why: &Why) -> Host {
    Host {
        // The program itself was built for it.
        platform: Reading::known(platform(&Sysctl::default()), "this program"),
        model: Reading::Unknown(why.clone()),
        memory: Reading::Unknown(why.clone()),
        pressure: Reading::Unknown(why.clone()),
        cpu: Reading::Unknown(why.clone()),
        load: Reading::Unknown(why.clone()),
        uptime: Reading::Unknown(why.clone()),
        selinux: Reading::not_applicable("only on Linux"),
        ..Host::default()
    }
}
