//! Reads what macOS's `sysctl` prints, one `name: value` a line. Names that a machine does not
//! have are missing from the output (an Intel Mac has no performance levels).

use std::collections::BTreeMap;

use super::odd;
use crate::facts::Why;
use crate::facts::host::{Cpu, Load, PressureLevel};
use crate::text::wash;

/// The values by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sysctl<'a>(BTreeMap<&'a str, &'a str>);

pub fn sysctl(text: &str) -> Sysctl<'_> {
    Sysctl(
        text.lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.trim(), value.trim()))
            .collect(),
    )
}

impl<'a> Sysctl<'a> {
    fn text(&self, name: &str) -> Result<&'a str, Why> {
        self.0
            .get(name)
            .copied()
            .filter(|value| !value.is_empty())
            .ok_or_else(|| odd(&format!("sysctl gives no {name}"), ""))
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, Why> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|_| odd(&format!("sysctl {name}"), text))
    }

    /// Bytes of installed memory.
    pub fn memory(&self) -> Result<u64, Why> {
        self.number("hw.memsize")
    }

    pub fn model(&self) -> Result<String, Why> {
        Ok(wash(self.text("hw.model")?, 80))
    }

    /// The processor is Apple's. Said by the machine, also to a translated program.
    pub fn is_apple_silicon(&self) -> bool {
        self.text("hw.optional.arm64") == Ok("1")
    }

    pub fn cpu(&self) -> Result<Cpu, Why> {
        Ok(Cpu {
            logical: self.number("hw.logicalcpu")?,
            performance: self.number("hw.perflevel0.logicalcpu").ok(),
            efficiency: self.number("hw.perflevel1.logicalcpu").ok(),
            brand: self
                .text("machdep.cpu.brand_string")
                .ok()
                .map(|brand| wash(brand, 80)),
        })
    }

    /// `kern.memorystatus_vm_pressure_level` is one of the `NOTE_MEMORYSTATUS_PRESSURE_*` of
    /// <https://github.com/apple-oss-distributions/xnu/blob/main/bsd/sys/event_private.h>.
    pub fn pressure(&self) -> Result<PressureLevel, Why> {
        match self.text("kern.memorystatus_vm_pressure_level")? {
            "1" => Ok(PressureLevel::Normal),
            "2" => Ok(PressureLevel::Warning),
            "4" => Ok(PressureLevel::Critical),
            other => Err(odd("sysctl kern.memorystatus_vm_pressure_level", other)),
        }
    }

    /// Bytes of swap in use: `total = 2048.00M  used = 1021.25M  free = 1026.75M  (encrypted)`.
    pub fn swap_used(&self) -> Result<u64, Why> {
        let text = self.text("vm.swapusage")?;
        text.split_once("used = ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .and_then(mebibytes)
            .ok_or_else(|| odd("sysctl vm.swapusage", text))
    }

    /// `{ 1.52 1.61 1.70 }`
    pub fn load(&self) -> Result<Load, Why> {
        let text = self.text("vm.loadavg")?;
        three(text.trim_matches(['{', '}', ' '])).ok_or_else(|| odd("sysctl vm.loadavg", text))
    }

    /// Seconds since 1970 at boot: `{ sec = 1757000000, usec = 123456 } Thu Sep  4 …`.
    pub fn booted_at(&self) -> Result<u64, Why> {
        let text = self.text("kern.boottime")?;
        text.split_once("sec = ")
            .and_then(|(_, rest)| rest.split(',').next()?.trim().parse().ok())
            .ok_or_else(|| odd("sysctl kern.boottime", text))
    }
}

/// `1021.25M` in bytes; the tool prints no other unit.
fn mebibytes(text: &str) -> Option<u64> {
    let (whole, part) = text.strip_suffix('M')?.split_once('.')?;
    let hundredths: u64 = match part.len() {
        2 => part.parse().ok()?,
        _ => return None,
    };
    let whole: u64 = whole.parse().ok()?;
    whole
        .checked_mul(1 << 20)?
        .checked_add(hundredths * (1 << 20) / 100)
}

/// The three averages of the load, of 1, 5 and 15 minutes.
pub(super) fn three(text: &str) -> Option<Load> {
    let mut numbers = text
        .split_whitespace()
        .map(|number| number.parse().ok().filter(|n: &f64| n.is_finite()));
    let mut next = || numbers.next().flatten();
    Some(Load {
        one: next()?,
        five: next()?,
        fifteen: next()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const M4: &str = include_str!("../../../tests/recorded/macos-sysctl-m4.txt");
    const INTEL: &str = include_str!("../../../tests/recorded/macos-sysctl-intel.txt");

    #[test]
    fn a_mac_mini_is_read() {
        let mini = sysctl(M4);
        assert_eq!(mini.memory(), Ok(17_179_869_184));
        assert_eq!(mini.model(), Ok("Mac16,10".to_owned()));
        assert!(mini.is_apple_silicon());
        assert_eq!(
            mini.cpu(),
            Ok(Cpu {
                logical: 10,
                performance: Some(4),
                efficiency: Some(6),
                brand: Some("Apple M4".to_owned()),
            })
        );
        assert_eq!(mini.pressure(), Ok(PressureLevel::Normal));
        assert_eq!(mini.swap_used(), Ok(1_070_858_240));
        assert_eq!(mini.booted_at(), Ok(1_757_000_000));
        let load = mini.load().expect("recorded");
        assert!((load.five - 1.61).abs() < 1e-9);
    }

    #[test]
    fn an_intel_mac_has_no_kinds_of_cores() {
        let intel = sysctl(INTEL);
        assert!(!intel.is_apple_silicon());
        let cpu = intel.cpu().expect("recorded");
        assert_eq!((cpu.logical, cpu.performance), (12, None));
        assert_eq!(intel.pressure(), Ok(PressureLevel::Warning));
        assert_eq!(intel.swap_used(), Ok(0));
    }

    #[test]
    fn each_value_is_unknown_by_itself() {
        let odd = sysctl(
            "hw.memsize: lots\nhw.logicalcpu:\nkern.memorystatus_vm_pressure_level: 3\n\
             vm.swapusage: total = 1G used = 2G\nvm.loadavg: { 1,52 1,61 1,70 }\n\
             kern.boottime: yesterday\nnonsense",
        );
        assert!(odd.memory().is_err());
        assert!(odd.cpu().is_err());
        assert!(odd.pressure().is_err());
        assert!(odd.swap_used().is_err());
        assert!(odd.load().is_err());
        assert!(odd.booted_at().is_err());
        assert!(odd.model().is_err());
        assert!(sysctl("").memory().is_err());
        assert!(
            sysctl("vm.swapusage: used = 99999999999999999999.00M")
                .swap_used()
                .is_err()
        );
    }
}
