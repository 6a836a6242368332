//! Reads what the Linux kernel says of the machine in `/proc` (proc(5)).

use super::odd;
use crate::facts::Why;
use crate::facts::host::{Cpu, Load, Pressure, PressureLevel, Selinux};
use crate::text::wash;

/// The numbers of `/proc/meminfo` that matter, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meminfo {
    /// What the kernel manages: the installed memory less its own image and the firmware's part.
    pub total: u64,
    /// Since Linux 3.14.
    pub available: Option<u64>,
    pub swap_used: Option<u64>,
}

pub fn meminfo(text: &str) -> Result<Meminfo, Why> {
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .and_then(|rest| rest.trim().strip_suffix("kB")?.trim_end().parse().ok())
            .and_then(|kibibytes: u64| kibibytes.checked_mul(1024))
    };
    let total = field("MemTotal").ok_or_else(|| odd("/proc/meminfo has no MemTotal", text))?;
    let swap_used = match (field("SwapTotal"), field("SwapFree")) {
        (Some(total), Some(free)) => Some(total.saturating_sub(free)),
        _ => None,
    };
    Ok(Meminfo {
        total,
        available: field("MemAvailable"),
        swap_used,
    })
}

/// Shares of the last minute, in percent, in which tasks waited for memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stalls {
    /// At least one task waited.
    pub some: f64,
    /// All tasks waited at once.
    pub full: f64,
}

/// `/proc/pressure/memory` (<https://docs.kernel.org/accounting/psi.html>).
pub fn stalls(text: &str) -> Result<Stalls, Why> {
    let share = |kind: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(kind)?.strip_prefix(' '))
            .and_then(|rest| {
                rest.split(' ')
                    .find_map(|part| part.strip_prefix("avg60="))?
                    .parse()
                    .ok()
            })
            .filter(|share: &f64| share.is_finite())
    };
    match (share("some"), share("full")) {
        (Some(some), Some(full)) => Ok(Stalls { some, full }),
        _ => Err(odd("/proc/pressure/memory", text)),
    }
}

/// A tenth of the time in which somebody waits for memory can be felt in every call; a fifth in
/// which nobody gets on is where systemd-oomd begins to think of killing (oomd.conf(5)).
const FELT: f64 = 10.0;
const STUCK: f64 = 20.0;

/// The level as Linux shows it: by stalls, or by what is left where the kernel keeps no account of
/// stalls.
pub fn pressure(memory: &Meminfo, stalls: Option<&Stalls>) -> Result<Pressure, Why> {
    let level = match (stalls, memory.available) {
        (Some(stalls), _) if stalls.full >= STUCK => PressureLevel::Critical,
        (Some(stalls), _) if stalls.some >= FELT => PressureLevel::Warning,
        (None, Some(available)) if available < memory.total / 50 => PressureLevel::Critical,
        (None, Some(available)) if available < memory.total / 20 => PressureLevel::Warning,
        (Some(_), _) | (None, Some(_)) => PressureLevel::Normal,
        (None, None) => {
            return Err(odd(
                "the kernel tells neither memory stalls nor what is available",
                "",
            ));
        }
    };
    Ok(Pressure {
        level,
        available: memory.available,
        swap_used: memory.swap_used,
    })
}

/// `/proc/loadavg`
pub fn load(text: &str) -> Result<Load, Why> {
    super::sysctl::three(text).ok_or_else(|| odd("/proc/loadavg", text))
}

/// Whole seconds since boot, from `/proc/uptime`.
pub fn uptime(text: &str) -> Result<u64, Why> {
    text.split(['.', ' '])
        .next()
        .and_then(|seconds| seconds.parse().ok())
        .ok_or_else(|| odd("/proc/uptime", text))
}

/// `/sys/fs/selinux/enforce` of a kernel that has SELinux.
pub fn selinux(text: &str) -> Result<Selinux, Why> {
    match text.trim() {
        "1" => Ok(Selinux::Enforcing),
        "0" => Ok(Selinux::Permissive),
        _ => Err(odd("/sys/fs/selinux/enforce", text)),
    }
}

/// `/proc/cpuinfo`: one `processor` line for each core that is online. Arm kernels name no model.
pub fn cpu(text: &str) -> Result<Cpu, Why> {
    let fields = |name: &'static str| {
        text.lines().filter_map(move |line| {
            let (key, value) = line.split_once(':')?;
            (key.trim_end() == name).then(|| value.trim())
        })
    };
    let logical = fields("processor")
        .filter(|value| value.parse::<u32>().is_ok())
        .count();
    match u32::try_from(logical) {
        Ok(logical @ 1..) => Ok(Cpu {
            logical,
            performance: None,
            efficiency: None,
            brand: fields("model name").next().map(|brand| wash(brand, 80)),
        }),
        _ => Err(odd("/proc/cpuinfo names no processor", text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::WhyKind;

    const MEMINFO: &str = include_str!("../../../tests/recorded/linux-meminfo.txt");
    const PRESSURE: &str = include_str!("../../../tests/recorded/linux-pressure-memory.txt");
    const PRESSED: &str = include_str!("../../../tests/recorded/linux-pressure-memory-pressed.txt");

    #[test]
    fn the_memory_of_a_machine_is_read_in_bytes() {
        assert_eq!(
            meminfo(MEMINFO).expect("recorded"),
            Meminfo {
                total: 24_683_656 * 1024,
                available: Some(24_118_692 * 1024),
                swap_used: Some(0),
            }
        );
    }

    #[test]
    fn text_that_is_none_of_the_kernels_is_refused() {
        for bad in [
            "",
            "MemTotal:",
            "MemTotal: x kB",
            "MemTotal: 12 MB",
            "MemTotal: -1 kB",
            "MemTotal: 99999999999999999999 kB",
            "MemTotal: 18446744073709551615 kB",
            "XMemTotal: 12 kB",
        ] {
            assert_eq!(
                meminfo(bad).expect_err(bad).kind,
                WhyKind::Unparsable,
                "{bad}"
            );
        }
        assert!(stalls("").is_err());
        assert!(stalls("some avg10=0.00 avg60=0.00").is_err());
        assert!(stalls("some avg60=NaN\nfull avg60=0.00").is_err());
        assert!(load("").is_err());
        assert!(load("0.1 0.2").is_err());
        assert!(load("inf inf inf").is_err());
        assert!(uptime("").is_err());
        assert!(uptime("-3.1 4").is_err());
        assert!(cpu("").is_err());
        assert!(cpu("processor\t: x").is_err());
    }

    #[test]
    fn stalls_decide_over_what_seems_to_be_available() {
        let memory = meminfo(MEMINFO).expect("recorded");
        let level = |stalls: &Stalls| {
            pressure(&memory, Some(stalls))
                .expect("enough is known")
                .level
        };
        assert_eq!(
            level(&stalls(PRESSURE).expect("recorded")),
            PressureLevel::Normal
        );
        assert_eq!(
            level(&stalls(PRESSED).expect("composed")),
            PressureLevel::Critical
        );
        assert_eq!(
            level(&Stalls {
                some: 12.5,
                full: 3.0
            }),
            PressureLevel::Warning
        );
    }

    #[test]
    fn without_an_account_of_stalls_what_is_left_decides() {
        let level = |available| {
            let memory = Meminfo {
                total: 1000,
                available,
                swap_used: None,
            };
            pressure(&memory, None).map(|pressure| pressure.level)
        };
        assert_eq!(level(Some(500)), Ok(PressureLevel::Normal));
        assert_eq!(level(Some(49)), Ok(PressureLevel::Warning));
        assert_eq!(level(Some(19)), Ok(PressureLevel::Critical));
        assert!(level(None).is_err());
    }

    #[test]
    fn whether_selinux_is_enforced_is_one_digit() {
        assert_eq!(selinux("1"), Ok(Selinux::Enforcing));
        assert_eq!(selinux("0\n"), Ok(Selinux::Permissive));
        for odd in ["", "2", "enforcing"] {
            assert_eq!(selinux(odd).expect_err(odd).kind, WhyKind::Unparsable);
        }
    }

    #[test]
    fn load_uptime_and_cores_are_read() {
        let load =
            load(include_str!("../../../tests/recorded/linux-loadavg.txt")).expect("recorded");
        assert!((load.one - 0.34).abs() < 1e-9 && (load.fifteen - 1.37).abs() < 1e-9);
        assert_eq!(
            uptime(include_str!("../../../tests/recorded/linux-uptime.txt")),
            Ok(3915)
        );
        let cpu = cpu(include_str!("../../../tests/recorded/linux-cpuinfo.txt")).expect("recorded");
        assert_eq!(cpu.logical, 2);
        assert_eq!(cpu.brand.as_deref(), Some("Intel(R) Xeon(R) Processor"));
        let arm = super::cpu(include_str!(
            "../../../tests/recorded/linux-cpuinfo-arm.txt"
        ))
        .expect("composed");
        assert_eq!((arm.logical, arm.brand), (4, None));
    }
}
