//! Asks Linux about the machine: files of the kernel and one of the distribution. No program is
//! started. Reading what they say is in `probe::parse`.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where files of the kernel are read"
)]

use std::fs::File;
use std::path::Path;

use nix::errno::Errno;
use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};

use super::{blocking, kind_of};
use crate::deadline::Deadline;
use crate::facts::host::{Host, Login, OsKind, Platform, Power, Pressure, Selinux};
use crate::facts::{Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::parse::{linux, versions};
use crate::text::wash;

const MEMINFO: &str = "/proc/meminfo";
/// Absent where the kernel has no SELinux.
const ENFORCE: &str = "/sys/fs/selinux/enforce";
const STALLS: &str = "/proc/pressure/memory";

/// Where firmware or device tree say what machine this is.
const MODELS: [&str; 2] = ["/sys/class/dmi/id/product_name", "/proc/device-tree/model"];

pub(super) async fn machine(d: Deadline) -> Host {
    blocking("the kernel's files", d, || Ok(ask()))
        .await
        .unwrap_or_else(|why| unknown(&why))
}

/// macOS's settings for nodes without a person have no single counterpart here, and the engine is
/// a service that needs nobody's session.
#[expect(
    clippy::unused_async,
    reason = "the counterpart on macOS starts programs"
)]
pub(super) async fn node_settings(
    _world: &World,
    _d: Deadline,
) -> (Reading<Power>, Reading<Login>) {
    (
        Reading::not_applicable("power settings are looked at on macOS only"),
        Reading::not_applicable("login sessions are looked at on macOS only"),
    )
}

/// Puts what a file holds out of the page cache, as far as nobody uses it.
pub(super) fn forget(file: &File) -> Result<(), Errno> {
    // 0 = to the end.
    posix_fadvise(file, 0, 0, PosixFadviseAdvice::POSIX_FADV_DONTNEED)
}

fn ask() -> Host {
    let meminfo = read(MEMINFO).and_then(|text| linux::meminfo(&text));
    Host {
        platform: Reading::from_result(platform(), "uname"),
        os: reading("/etc/os-release", versions::os_release),
        model: model(),
        memory: Reading::from_result(meminfo.clone().map(|memory| memory.total), MEMINFO),
        pressure: pressure(meminfo),
        cpu: reading("/proc/cpuinfo", linux::cpu),
        load: reading("/proc/loadavg", linux::load),
        uptime: reading("/proc/uptime", linux::uptime),
        selinux: selinux(),
        ..Host::default()
    }
}

fn platform() -> Result<Platform, Why> {
    let name = nix::sys::utsname::uname()
        .map_err(|errno| Why::new(WhyKind::Failed, format!("uname: {errno}")))?;
    Ok(Platform {
        os: OsKind::Linux,
        arch: wash(&name.machine().to_string_lossy(), 20),
        translated: false,
    })
}

fn selinux() -> Reading<Selinux> {
    let answer = match read(ENFORCE) {
        Ok(text) => linux::selinux(&text),
        Err(why) if why.kind == WhyKind::Absent => Ok(Selinux::Absent),
        Err(why) => Err(why),
    };
    Reading::from_result(answer, ENFORCE)
}

fn pressure(meminfo: Result<linux::Meminfo, Why>) -> Reading<Pressure> {
    // Kernels without an account of stalls (psi=0, before 4.20) have no such file, or refuse it.
    let stalls = read(STALLS).and_then(|text| linux::stalls(&text)).ok();
    let from = if stalls.is_some() { STALLS } else { MEMINFO };
    let answer = meminfo.and_then(|memory| linux::pressure(&memory, stalls.as_ref()));
    Reading::from_result(answer, from)
}

fn model() -> Reading<String> {
    let answer = MODELS
        .into_iter()
        .map(|path| read(path).map(|text| (text, path)))
        .reduce(Result::or)
        .expect("there is a place to look at");
    match answer {
        // Device tree strings end with a NUL.
        Ok((text, path)) => Reading::known(wash(text.trim_end_matches(['\0', '\n']), 80), path),
        Err(why) => Reading::Unknown(why),
    }
}

fn reading<T>(path: &'static str, parse: fn(&str) -> Result<T, Why>) -> Reading<T> {
    Reading::from_result(read(path).and_then(|text| parse(&text)), path)
}

fn read(path: &str) -> Result<String, Why> {
    std::fs::read(Path::new(path))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .map_err(|error| Why::new(kind_of(error.kind()), format!("{path}: {error}")))
}

fn unknown(why: &Why) -> Host {
    Host {
        platform: Reading::Unknown(why.clone()),
        os: Reading::Unknown(why.clone()),
        model: Reading::Unknown(why.clone()),
        memory: Reading::Unknown(why.clone()),
        pressure: Reading::Unknown(why.clone()),
        cpu: Reading::Unknown(why.clone()),
        load: Reading::Unknown(why.clone()),
        uptime: Reading::Unknown(why.clone()),
        selinux: Reading::Unknown(why.clone()),
        ..Host::default()
    }
}
