//! The measurements of all rounds, and what they come to.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::plan::Round;
use super::quantile::{quantile, sorted};
use super::{Taken, Way};

/// Half, nineteen of twenty, and the longest. Seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spread {
    pub p50: f64,
    pub p95: f64,
    pub max: f64,
}

impl Spread {
    /// None of nothing.
    pub fn of(spans: impl IntoIterator<Item = Duration>) -> Option<Self> {
        let sample = sorted(spans.into_iter().map(|span| span.as_secs_f64()));
        Some(Self {
            p50: quantile(&sample, 0.5)?,
            p95: quantile(&sample, 0.95)?,
            max: *sample.last()?,
        })
    }
}

/// What a round came to.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    pub way: Way,
    /// How many were made, or called, at the same time.
    pub at_once: u32,
    /// How many were measured.
    pub runs: u32,
    /// Whether all that were planned were.
    pub complete: bool,
    /// From the create call until the sandbox can be used, or until the command in it has ended.
    pub total: Spread,
    pub create: Spread,
    pub start: Spread,
    /// The first output that proves it runs, from the start call on.
    pub ready: Spread,
    /// A command removes nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove: Option<Spread>,
}

/// What was measured so far, round by round.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    rounds: Vec<(Round, Vec<Taken>)>,
}

impl Tally {
    pub fn new(plan: &[Round]) -> Self {
        Self {
            rounds: plan.iter().map(|round| (*round, Vec::new())).collect(),
        }
    }

    /// One more of a round of the plan.
    pub fn add(&mut self, round: usize, taken: Taken) {
        if let Some((_, all)) = self.rounds.get_mut(round) {
            all.push(taken);
        }
    }

    pub fn done(&self) -> usize {
        self.rounds.iter().map(|(_, all)| all.len()).sum()
    }

    /// Of the rounds of which anything was measured.
    pub fn rows(&self) -> Vec<Row> {
        self.rounds
            .iter()
            .filter_map(|(round, all)| row(round, all))
            .collect()
    }
}

fn row(round: &Round, all: &[Taken]) -> Option<Row> {
    let runs = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let spread = |stage: fn(&Taken) -> Duration| Spread::of(all.iter().map(stage));
    Some(Row {
        way: round.way,
        at_once: round.at_once,
        runs,
        complete: runs >= round.runs(),
        total: spread(|taken| taken.total)?,
        create: spread(|taken| taken.create)?,
        start: spread(|taken| taken.start)?,
        ready: spread(|taken| taken.ready)?,
        remove: Spread::of(all.iter().filter_map(|taken| taken.remove)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(milliseconds: u64, remove: Option<u64>) -> Taken {
        let span = Duration::from_millis(milliseconds);
        Taken {
            create: span,
            start: span * 2,
            ready: span * 3,
            remove: remove.map(Duration::from_millis),
            total: span * 4,
        }
    }

    #[test]
    fn only_what_was_measured_is_told_and_what_is_cut_short_says_so() {
        let round = |way, waves| Round {
            way,
            at_once: 1,
            waves,
        };
        let plan = [
            round(Way::Cold, 2),
            round(Way::Cached, 3),
            round(Way::KeptAlive, 2),
        ];
        let mut tally = Tally::new(&plan);
        assert_eq!(tally.rows(), []);
        for milliseconds in [10, 20, 40] {
            tally.add(1, taken(milliseconds, Some(5)));
        }
        tally.add(2, taken(1, None));
        tally.add(9, taken(1, None));
        let rows = tally.rows();
        assert_eq!((rows.len(), tally.done()), (2, 4));
        let cached = &rows[0];
        assert_eq!(
            (cached.way, cached.runs, cached.complete),
            (Way::Cached, 3, true)
        );
        assert!((cached.create.p50 - 0.020).abs() < 1e-9);
        assert!((cached.create.p95 - 0.038).abs() < 1e-9);
        assert!((cached.total.max - 0.160).abs() < 1e-9);
        assert!(
            cached
                .remove
                .is_some_and(|spread| (spread.max - 0.005).abs() < 1e-9)
        );
        assert_eq!(
            (rows[1].runs, rows[1].complete, rows[1].remove),
            (1, false, None)
        );
    }
}
