//! When each section of a recorded node is told, as it was when it was asked: as many at once as
//! their order allows. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::facts::Section;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    // The first: what needs it begins at the same instant.
    Ends(Section),
    Starts(Section),
}

/// The turns of these sections in their order, each with the time since the beginning.
pub fn timetable(
    sections: &BTreeSet<Section>,
    spent: &BTreeMap<Section, u64>,
) -> Vec<(Duration, Turn)> {
    let mut turns: Vec<(Duration, Turn)> = sections
        .iter()
        .flat_map(|section| {
            let start = start(*section, sections, spent);
            let end = start + took(*section, spent);
            [(start, Turn::Starts(*section)), (end, Turn::Ends(*section))]
        })
        .collect();
    turns.sort();
    turns
}

/// What it needs and is not among them stands already.
fn start(
    section: Section,
    sections: &BTreeSet<Section>,
    spent: &BTreeMap<Section, u64>,
) -> Duration {
    let needs = section.needs().iter().copied();
    let ends = needs
        .filter(|need| sections.contains(need))
        .map(|need| start(need, sections, spent) + took(need, spent));
    ends.max().unwrap_or_default()
}

fn took(section: Section, spent: &BTreeMap<Section, u64>) -> Duration {
    // At least an instant, so that nothing ends before it has begun.
    let milliseconds = spent.get(&section).copied().unwrap_or_default().max(1);
    Duration::from_millis(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_begins_when_what_it_needs_has_ended() {
        let spent = Section::ALL.iter().zip(1..);
        let spent = spent.map(|(section, n)| (*section, n * 10)).collect();
        let sections = Section::ALL.into();
        let turns = timetable(&sections, &spent);
        assert_eq!(turns.len(), 2 * Section::ALL.len());
        assert!(turns.is_sorted());
        let at = |turn| {
            let at = turns.iter().position(|(_, one)| *one == turn);
            at.expect("every turn comes")
        };
        for section in Section::ALL {
            assert!(at(Turn::Starts(section)) < at(Turn::Ends(section)));
            for need in section.needs() {
                assert!(at(Turn::Ends(*need)) < at(Turn::Starts(section)));
            }
        }
    }

    #[test]
    fn a_part_begins_at_once_where_what_it_needs_stands() {
        let spent = BTreeMap::from([(Section::Images, 40)]);
        let turns = timetable(&[Section::Images].into(), &spent);
        let expected = [
            (Duration::ZERO, Turn::Starts(Section::Images)),
            (Duration::from_millis(40), Turn::Ends(Section::Images)),
        ];
        assert_eq!(turns, expected);
    }
}
