//! The signs of harm: what a drill must not go on through. Pure.
//!
//! Each bound says where it comes from. What is merely slow by design is none: a load that spins
//! at its cap is throttled all the time, and that is how a cap works.

use serde::Serialize;

use crate::facts::host::PressureLevel;
use crate::live::event::{Answered, Moment};
use crate::live::stall::{Change, Stall};
use crate::units::Size;

/// A start that takes so many times the first one's time is late …
pub const LATE_TIMES: u64 = 5;
/// … unless it is quicker than this, in milliseconds: five times the slowest cold start that
/// OpenClaw's guide has (400 ms).
pub const LATE_LEAST: u64 = 2_000;
/// And late in any case from here on, in milliseconds: what the checks wait for a sandbox too.
pub const LATE: u64 = 10_000;
/// A load fills its memory within a second or two where nothing is short of it; on a machine that
/// swaps it takes minutes. Milliseconds.
pub const SLOW_TO_FILL: u64 = 30_000;
/// Where sandboxes get less than this of the cores that their caps promise, in hundredths, each
/// call takes more than twice as long as the cap makes it.
pub const STARVED: f64 = 50.0;

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Sign {
    /// One more runs, so long after it was asked for.
    Started { milliseconds: u64 },
    /// And has taken up its memory, so long after it ran.
    Filled { milliseconds: u64 },
    /// Of the host.
    Pressure(PressureLevel),
    /// What the engine's memory has left, in bytes.
    Left(u64),
    /// The kernel killed a process for want of memory.
    Oom { container: String, ours: bool },
    /// One of ours ended that was to run on.
    Ended {
        sandbox: u64,
        exit_code: Option<i64>,
    },
    /// The engine answered, or has not yet.
    Answered { at: Moment, answered: Answered },
    /// Cores that all of ours used, and that their caps promise.
    Cores { used: f64, promised: f64 },
}

/// Why it must not go on.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(
    tag = "sign",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Harm {
    LateStart {
        milliseconds: u64,
        first_milliseconds: u64,
    },
    SlowToFill {
        milliseconds: u64,
    },
    Pressure {
        level: PressureLevel,
    },
    LittleMemory {
        left: u64,
        reserve: u64,
    },
    Oom {
        container: String,
        /// It is one of the drill's.
        ours: bool,
    },
    Ended {
        sandbox: u64,
        exit_code: Option<i64>,
    },
    Stalled {
        milliseconds: u64,
    },
    Starved {
        /// Hundredths of the cores that the caps promise.
        share: f64,
    },
}

/// Hears the signs in their order.
#[derive(Clone, Debug)]
pub struct Judge {
    reserve: u64,
    /// How long the first start took, in milliseconds.
    first: Option<u64>,
    stall: Stall,
}

impl Judge {
    /// `reserve`: bytes that must stay free in the engine's memory.
    pub fn new(reserve: u64) -> Self {
        Self {
            reserve,
            first: None,
            stall: Stall::default(),
        }
    }

    pub fn hear(&mut self, sign: Sign) -> Option<Harm> {
        match sign {
            Sign::Started { milliseconds } => {
                let first = *self.first.get_or_insert(milliseconds);
                let late = first.saturating_mul(LATE_TIMES).clamp(LATE_LEAST, LATE);
                (milliseconds > late).then_some(Harm::LateStart {
                    milliseconds,
                    first_milliseconds: first,
                })
            }
            Sign::Filled { milliseconds } => {
                (milliseconds > SLOW_TO_FILL).then_some(Harm::SlowToFill { milliseconds })
            }
            Sign::Pressure(PressureLevel::Normal) => None,
            Sign::Pressure(level) => Some(Harm::Pressure { level }),
            Sign::Left(left) => {
                let reserve = self.reserve;
                (left < reserve).then_some(Harm::LittleMemory { left, reserve })
            }
            Sign::Oom { container, ours } => Some(Harm::Oom { container, ours }),
            Sign::Ended { sandbox, exit_code } => Some(Harm::Ended { sandbox, exit_code }),
            Sign::Answered { at, answered } => match self.stall.hear(at, answered) {
                Some(Change::Began) => Some(Harm::Stalled {
                    milliseconds: answered.milliseconds,
                }),
                Some(Change::Over(_)) | None => None,
            },
            Sign::Cores { used, promised } => {
                let share = used / promised * 100.0;
                (promised > 0.0 && share < STARVED).then_some(Harm::Starved { share })
            }
        }
    }
}

impl Harm {
    /// A sentence.
    pub fn words(&self) -> String {
        match self {
            Self::LateStart {
                milliseconds,
                first_milliseconds,
            } => format!(
                "The start of the last one took {milliseconds} ms, of the first one \
                 {first_milliseconds} ms."
            ),
            Self::SlowToFill { milliseconds } => format!(
                "The last one had not taken up its memory after {} s.",
                milliseconds / 1000
            ),
            Self::Pressure { level } => format!(
                "The host is short of memory: its pressure is at {}.",
                level_word(*level)
            ),
            Self::LittleMemory { left, reserve } => format!(
                "The engine has {} of memory left, and its own system is to keep {}.",
                Size(*left),
                Size(*reserve)
            ),
            Self::Oom { container, ours } => {
                let whose = if *ours {
                    "a sandbox of the drill"
                } else {
                    "no sandbox of the drill"
                };
                format!("The kernel killed a process of {container} ({whose}) for want of memory.")
            }
            Self::Ended { sandbox, exit_code } => match exit_code {
                Some(137) => format!("Sandbox {sandbox} of the drill was killed (137)."),
                Some(code) => {
                    format!("Sandbox {sandbox} of the drill ended by itself with {code}.")
                }
                None => format!("Sandbox {sandbox} of the drill ended by itself."),
            },
            Self::Stalled { milliseconds } => format!(
                "The engine is slow to answer: {milliseconds} ms for the list of its containers."
            ),
            Self::Starved { share } => format!(
                "The sandboxes got {share:.0} % of the cores that their caps promise: calls take \
                 more than twice as long."
            ),
        }
    }
}

pub fn level_word(level: PressureLevel) -> &'static str {
    match level {
        PressureLevel::Normal => "normal",
        PressureLevel::Warning => "warning",
        PressureLevel::Critical => "critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::event::Question;

    const MIB: u64 = 1 << 20;

    fn judge() -> Judge {
        Judge::new(1024 * MIB)
    }

    fn listed(at: i64, milliseconds: u64) -> Sign {
        Sign::Answered {
            at: Moment(at),
            answered: Answered {
                question: Question::List,
                milliseconds,
                waits: false,
            },
        }
    }

    /// A drill of six on a mini as it should go: starts from 180 ms to 610 ms, throttled at their
    /// caps.
    #[test]
    fn a_drill_that_goes_well_is_not_stopped() {
        let mut judge = judge();
        let starts = [180, 210, 240, 330, 420, 610];
        for (n, milliseconds) in (1_u32..).zip(starts) {
            let signs = [
                Sign::Started { milliseconds },
                Sign::Filled { milliseconds: 900 },
                Sign::Pressure(PressureLevel::Normal),
                Sign::Left(7000 * MIB - u64::from(n) * 435 * MIB),
                listed(i64::from(n) * 2, 12),
                listed(i64::from(n) * 2 + 1, 340),
                Sign::Cores {
                    used: 0.46 * f64::from(n),
                    promised: 0.5 * f64::from(n),
                },
            ];
            for sign in signs {
                assert_eq!(judge.hear(sign.clone()), None, "{n}: {sign:?}");
            }
        }
    }

    #[test]
    fn each_sign_of_harm_stops_it() {
        let stops = |signs: &[Sign]| {
            let mut judge = judge();
            signs.iter().find_map(|sign| judge.hear(sign.clone()))
        };
        let started = |milliseconds| Sign::Started { milliseconds };
        assert!(matches!(
            stops(&[started(500), started(2501)]),
            Some(Harm::LateStart {
                milliseconds: 2501,
                first_milliseconds: 500
            })
        ));
        assert!(stops(&[started(10_001)]).is_some(), "the first one too");
        assert!(stops(&[started(4_000), started(10_001)]).is_some());
        assert!(
            stops(&[Sign::Filled {
                milliseconds: 30_001
            }])
            .is_some()
        );
        for level in [PressureLevel::Warning, PressureLevel::Critical] {
            assert_eq!(
                stops(&[Sign::Pressure(level)]),
                Some(Harm::Pressure { level })
            );
        }
        assert!(stops(&[Sign::Left(1024 * MIB - 1)]).is_some());
        for ours in [true, false] {
            let container = "x".to_owned();
            assert!(stops(&[Sign::Oom { container, ours }]).is_some());
        }
        let ended = Sign::Ended {
            sandbox: 3,
            exit_code: Some(137),
        };
        assert!(stops(&[ended]).is_some());
        assert!(stops(&[listed(1, 1200), listed(2, 1100)]).is_some());
        assert!(stops(&[listed(1, 3000)]).is_some());
        let (used, promised) = (1.4, 3.0);
        assert!(stops(&[Sign::Cores { used, promised }]).is_some());
    }

    #[test]
    fn what_lies_on_the_good_side_of_a_bound_stops_nothing() {
        let mut judge = judge();
        let signs = [
            Sign::Started { milliseconds: 100 },
            // Twenty times the first, and still quick.
            Sign::Started { milliseconds: 2000 },
            Sign::Filled {
                milliseconds: 30_000,
            },
            Sign::Left(1024 * MIB),
            // A hiccup.
            listed(1, 1500),
            listed(2, 20),
            Sign::Cores {
                used: 0.5,
                promised: 1.0,
            },
            // No cap promises anything.
            Sign::Cores {
                used: 0.1,
                promised: 0.0,
            },
        ];
        for sign in signs {
            assert_eq!(judge.hear(sign.clone()), None, "{sign:?}");
        }
    }

    #[test]
    fn every_harm_is_told_in_a_sentence() {
        let all = [
            Harm::LateStart {
                milliseconds: 3000,
                first_milliseconds: 200,
            },
            Harm::SlowToFill {
                milliseconds: 31_000,
            },
            Harm::Pressure {
                level: PressureLevel::Warning,
            },
            Harm::LittleMemory {
                left: 900 * MIB,
                reserve: 1024 * MIB,
            },
            Harm::Oom {
                container: "db".to_owned(),
                ours: false,
            },
            Harm::Ended {
                sandbox: 2,
                exit_code: Some(137),
            },
            Harm::Stalled { milliseconds: 3000 },
            Harm::Starved { share: 41.7 },
        ];
        let told: Vec<String> = all.iter().map(Harm::words).collect();
        insta::assert_snapshot!(told.join("\n"));
    }

    proptest::proptest! {
        /// Memory below the reserve, pressure and kills stop it whatever came before.
        #[test]
        fn nothing_before_makes_harm_harmless(
            starts in proptest::collection::vec(0_u64..20_000, 0..10), left in 0_u64..(1024 * MIB),
        ) {
            let mut judge = judge();
            for milliseconds in starts {
                let harm = judge.hear(Sign::Started { milliseconds });
                proptest::prop_assert_eq!(harm.is_some() , milliseconds > LATE || harm.is_some());
                if milliseconds <= LATE_LEAST {
                    proptest::prop_assert!(harm.is_none());
                }
            }
            proptest::prop_assert!(judge.hear(Sign::Left(left)).is_some());
            proptest::prop_assert!(judge.hear(Sign::Pressure(PressureLevel::Warning)).is_some());
        }
    }
}
