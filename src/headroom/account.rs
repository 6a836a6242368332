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
        let lately = in_brackets(load.recent_count, "lately");
        let assumed = in_brackets(load.busy_assumed_count, "assumed");
        let busy = format!(
            "- {} busy{lately}, each for its cap{assumed}",
            load.busy_count
        );
        let assumed = in_brackets(load.idle_assumed_count, "assumed");
        let idle = format!("- {} idle{assumed}, for what they use", load.idle_count);
        let left = memory
            .available
            .saturating_sub(memory.keep)
            .saturating_sub(load.busy)
            .saturating_sub(load.idle);
        let assumed = if !self.cap_assumed {
            "the configured cap"
        } else if load.observed_peak == Some(self.cap) {
            "no cap, peak assumed"
        } else {
            "no cap is configured, assumed"
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
        let assumed = if self.layer_assumed { " (assumed)" } else { "" };
        let space = format!("by disk space at {} each{assumed}", Size(self.layer));
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
            line(Weight::Plain, &space, disk),
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

    /// What of the numbers is assumed, and why.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        let load = &self.load;
        if load.idle_assumed_count > 0 {
            doubts.push(format!(
                "{} counted as idle, for nothing runs there now. Whether a call ran less than a minute ago is not known: the engine does not remember as far.",
                sandboxes(load.idle_assumed_count)
            ));
        }
        if load.uncapped_count > 0 {
            let seen = match load.observed_peak {
                Some(peak) => format!(
                    "The most that was seen is {}, file cache counted.",
                    Size(peak)
                ),
                None => "How much was used at most is not known.".to_owned(),
            };
            doubts.push(format!(
                "{} counted without a memory cap, for the usual one or what was used at most if that is more. {seen}",
                sandboxes(load.uncapped_count)
            ));
        }
        doubts
    }

    /// What all caps together are, and that it is no harm.
    pub fn commitment_in_words(&self) -> String {
        format!(
            "All caps together are {:.0} % of what is there for sandboxes; above 100 % is no harm while most are idle.",
            self.commitment * 100.0
        )
    }
}

/// ` (2 lately)`, or nothing where there are none.
fn in_brackets(count: u64, word: &str) -> String {
    if count == 0 {
        String::new()
    } else {
        format!(" ({count} {word})")
    }
}

fn sandboxes(count: u64) -> String {
    if count == 1 {
        "1 sandbox is".to_owned()
    } else {
        format!("{count} sandboxes are")
    }
}
