//! Which rounds are made, in which order, and how many sandboxes stand at once in each: never more
//! than the node has room for.

use super::Way;

/// What is asked for, and what the node allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Measurements of each round, at least.
    pub runs: u32,
    /// Most sandboxes at once.
    pub concurrency: u32,
    /// How many more sandboxes fit on the node.
    pub headroom: u64,
    /// Whether the image can be put out of the page cache.
    pub cold: bool,
}

/// Some measurements of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    pub way: Way,
    /// How many are made, or called, at the same time.
    pub at_once: u32,
    /// How often that is done.
    pub waves: u32,
}

impl Round {
    pub fn runs(&self) -> u32 {
        self.at_once.saturating_mul(self.waves)
    }

    /// `cached, 2 at once`
    pub fn words(&self) -> String {
        match self.at_once {
            1 => self.way.words().to_owned(),
            many => format!("{}, {many} at once", self.way.words()),
        }
    }
}

/// All rounds: one at a time first, cold before cached, then more and more at once. None where
/// nothing fits.
pub fn rounds(wanted: &Wanted) -> Vec<Round> {
    let most = u32::try_from(wanted.headroom).unwrap_or(u32::MAX);
    let levels = levels(wanted.concurrency.min(most));
    let mut rounds = Vec::new();
    if wanted.cold && !levels.is_empty() {
        rounds.push(Round {
            way: Way::Cold,
            at_once: 1,
            waves: wanted.runs,
        });
    }
    for at_once in levels {
        // Only whole waves, so that each measurement had as many beside it.
        let waves = wanted.runs.div_ceil(at_once);
        rounds.extend([Way::Cached, Way::KeptAlive].map(|way| Round {
            way,
            at_once,
            waves,
        }));
    }
    rounds
}

/// 1, 2, 4, … and the most itself.
fn levels(most: u32) -> Vec<u32> {
    let mut levels: Vec<u32> = (0..u32::BITS)
        .map(|power| 1 << power)
        .take_while(|level| *level < most)
        .collect();
    if most > 0 {
        levels.push(most);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wanted(runs: u32, concurrency: u32, headroom: u64) -> Wanted {
        Wanted {
            runs,
            concurrency,
            headroom,
            cold: true,
        }
    }

    #[test]
    fn it_goes_from_one_to_the_most_in_doubles_and_takes_the_most_too() {
        let all = rounds(&wanted(10, 6, 20));
        let made: Vec<(Way, u32, u32)> = all.iter().map(|r| (r.way, r.at_once, r.runs())).collect();
        let expected = [
            (Way::Cold, 1, 10),
            (Way::Cached, 1, 10),
            (Way::KeptAlive, 1, 10),
            (Way::Cached, 2, 10),
            (Way::KeptAlive, 2, 10),
            (Way::Cached, 4, 12),
            (Way::KeptAlive, 4, 12),
            (Way::Cached, 6, 12),
            (Way::KeptAlive, 6, 12),
        ];
        assert_eq!(made, expected);
    }

    #[test]
    fn without_room_there_is_nothing_to_do() {
        assert_eq!(rounds(&wanted(10, 4, 0)), []);
    }

    #[test]
    fn what_cannot_be_arranged_is_not_planned() {
        let warm = Wanted {
            cold: false,
            ..wanted(3, 1, 1)
        };
        assert!(rounds(&warm).iter().all(|round| round.way != Way::Cold));
        assert_eq!(rounds(&warm).len(), 2);
    }

    proptest! {
        #[test]
        fn never_more_at_once_than_fit_or_were_asked_for(
            runs in 1u32..1000, concurrency in 1u32..200, headroom in 0u64..300, cold: bool,
        ) {
            let plan = rounds(&Wanted { runs, concurrency, headroom, cold });
            prop_assert_eq!(plan.is_empty(), headroom == 0);
            for round in &plan {
                prop_assert!(u64::from(round.at_once) <= headroom);
                prop_assert!(round.at_once <= concurrency && round.at_once >= 1);
                prop_assert!(round.runs() >= runs && round.runs() < runs + round.at_once);
            }
        }
    }
}
