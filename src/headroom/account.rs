//! The arithmetic line by line, as an account: for the screen, and for the report.

use super::Arithmetic;
use crate::facts::host::PressureLevel;
use crate::units::Size;

/// What a line of the account is to the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Plain,
    /// The sum of those above it.
    Sum,
    /// Said for comparison; it does not count.
    Aside,
}

/// A line of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub label: String,
    /// With its unit.
    pub figure: String,
    pub weight: Weight,
}

impl Arithmetic {
    /// From the engine's memory to what is left for sandboxes.
    pub fn memory_account(&self) -> Vec<Entry> {
        let Self { memory, load, .. } = self;
        let line = |weight, label: &str, bytes: u64| Entry {
            label: label.to_owned(),
            figure: Size(bytes).to_string(),
            weight,
        };
        let plain = |label: &str, bytes| line(Weight::Plain, label, bytes);
        let mut account = vec![
            plain("memory that the engine can use", memory.vm),
            plain("- its own system", memory.system),
        ];
        if memory.gateway > 0 {
            account.push(plain("- the gateway", memory.gateway));
        }
        let busy = format!("- {} busy, each for its cap", load.busy_count);
        let idle = format!("- {} idle, for what they use", load.idle_count);
        let left = memory
            .available
            .saturating_sub(memory.keep)
            .saturating_sub(load.busy)
            .saturating_sub(load.idle);
        let assumed = if self.cap_assumed {
            "no cap is configured, assumed"
        } else {
            "the configured cap"
        };
        account.extend([
            plain("- containers that are no sandboxes", memory.others),
            line(Weight::Sum, "= for sandboxes", memory.available),
            plain("- kept free for bursts", memory.keep),
            plain(&busy, load.busy),
            plain(&idle, load.idle),
            line(Weight::Sum, "= left", left),
            plain(&format!("each further one takes ({assumed})"), self.cap),
        ]);
        account
    }

    /// How many fit by each of what they need.
    pub fn limits_account(&self) -> Vec<Entry> {
        let line = |weight, label: &str, figure: String| Entry {
            label: label.to_owned(),
            figure,
            weight,
        };
        let assumed = if self.cpu_cap_assumed {
            " (assumed)"
        } else {
            ""
        };
        let cores = format!("by {} cores at {} each{assumed}", self.cpus, self.cpu_cap);
        let disk = self
            .by_disk
            .map_or("not known".to_owned(), |count| count.to_string());
        let pressure = match self.pressure {
            Some(PressureLevel::Normal) => "normal",
            Some(PressureLevel::Warning) => "halves it",
            Some(PressureLevel::Critical) => "makes it 0",
            None => "not known",
        };
        vec![
            line(
                Weight::Plain,
                "so many fit by memory",
                self.safe.to_string(),
            ),
            line(
                Weight::Aside,
                "  with nothing kept free",
                self.hard.to_string(),
            ),
            line(Weight::Plain, &cores, self.by_cpu.to_string()),
            line(Weight::Plain, "by disk space", disk),
            line(
                Weight::Plain,
                "memory pressure on the host",
                pressure.to_owned(),
            ),
        ]
    }

    /// `6 more can be busy at the same time, limited by memory.`
    pub fn verdict(&self) -> String {
        let (headroom, limit) = (self.headroom, self.limit.word());
        format!("{headroom} more can be busy at the same time, limited by {limit}.")
    }

    /// What all caps together are, and that it is no harm.
    pub fn commitment_in_words(&self) -> String {
        format!(
            "All caps together are {:.0} % of what is there for sandboxes; above 100 % is no harm while most are idle.",
            self.commitment * 100.0
        )
    }
}
