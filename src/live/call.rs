//! Tool calls: commands that OpenClaw runs in a standing sandbox (`docker exec`).

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use super::event::Moment;
use super::note::About;

/// What a process that was killed ends with: 128 and the signal, 9, by the kernel for memory or by
/// anybody else.
pub const KILLED: i64 = 137;

/// A call, running or ended. Stamps are the engine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub exec: String,
    pub command: Option<String>,
    /// None: it ran already when the watching began.
    pub started: Option<Moment>,
    pub oom: Suspicion,
    pub end: Option<CallEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallEnd {
    pub at: Moment,
    /// None: its container died, or the engine did not say.
    pub exit_code: Option<i64>,
    /// The kernel killed something of it for memory.
    pub oom: bool,
}

/// Whether the kernel has killed something for memory in the container while the call ran. The
/// engine tells of the container only, and a shell may go on and end with 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Suspicion {
    #[default]
    None,
    /// Other calls ran as well: the exit code has to tell.
    Shared,
    /// Nothing else ran.
    Alone,
}

/// A call that has ended, with whose it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCall {
    pub about: About,
    pub call: Call,
}

impl Call {
    pub fn begun(exec: &str, command: Option<String>, started: Option<Moment>) -> Self {
        Self {
            exec: exec.to_owned(),
            command,
            started,
            oom: Suspicion::None,
            end: None,
        }
    }

    /// Ends it. 137 alone is not evidence: `sandbox recreate` kills with the same signal.
    pub fn finish(&mut self, at: Moment, exit_code: Option<i64>) -> CallEnd {
        let oom = match self.oom {
            Suspicion::None => false,
            Suspicion::Shared => exit_code != Some(0),
            Suspicion::Alone => true,
        };
        let end = CallEnd { at, exit_code, oom };
        self.end = Some(end);
        end
    }

    pub fn duration(&self) -> Option<Duration> {
        Some(self.end?.at.since(self.started?))
    }

    /// Ended otherwise than with 0, or was killed.
    pub fn failed(&self) -> bool {
        self.end
            .is_some_and(|end| end.oom || end.exit_code != Some(0))
    }
}

/// Ended calls in one sandbox or of one agent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub made: u64,
    pub failed: u64,
    /// A creation was not seen: there may have been more.
    pub cut: bool,
}

impl Ended {
    pub fn made(self) -> Seen {
        Seen {
            count: self.made,
            whole: !self.cut,
        }
    }

    /// Of them, those that failed.
    pub fn failed(self) -> Seen {
        Seen {
            count: self.failed,
            whole: !self.cut,
        }
    }
}

impl AddAssign for Ended {
    fn add_assign(&mut self, other: Self) {
        self.made = self.made.saturating_add(other.made);
        self.failed = self.failed.saturating_add(other.failed);
        self.cut = self.cut || other.cut;
    }
}

/// So many were seen: all that there were, or those since the picture begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    pub whole: bool,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.count, self.whole) {
            (0, false) => f.write_str("?"),
            (count, false) => write!(f, "{count}+"),
            (count, true) => write!(f, "{count}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_from_its_beginning_is_never_none() {
        let told = |count, whole| Seen { count, whole }.to_string();
        assert_eq!(told(0, true), "0");
        assert_eq!(told(0, false), "?");
        assert_eq!(told(3, false), "3+");
        assert_eq!(told(3, true), "3");
    }

    #[test]
    fn a_sum_with_one_that_is_cut_is_cut() {
        let one = |made, failed, cut| Ended { made, failed, cut };
        let mut sum = Ended::default();
        sum += one(2, 1, false);
        assert_eq!(sum.made().to_string(), "2");
        sum += one(0, 0, true);
        sum += one(1, 0, false);
        assert_eq!(
            (sum.made().to_string(), sum.failed().to_string()),
            ("3+".to_owned(), "1+".to_owned())
        );
    }
}
