//! The timeline as it is shown: notes in the order in which they came, equal ones of a burst as
//! one line, and what a later note makes needless taken away.

use std::collections::VecDeque;
use std::time::Duration;

use crate::live::alert::Cause;
use crate::live::event::Moment;
use crate::live::note::{News, Note, Seen};

/// Equal failures within this time are one burst; what went well must follow quicker for that.
const BURST: Duration = Duration::from_secs(10);
const FLOW: Duration = Duration::from_secs(2);
/// How far back a burst is looked for: as many lines may stand between its members.
const NEAR: usize = 60;
const MOST: usize = 2000;

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Counts up, and is never used again: what the cursor holds on to.
    pub number: u64,
    /// The newest of a burst.
    pub note: Note,
    /// When the first of a burst happened, by the clock of the note.
    pub first: Moment,
    pub times: u32,
    /// All of it in one container.
    pub alone: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    pub entries: VecDeque<Entry>,
    next: u64,
}

impl Timeline {
    /// Takes a note in, and says whether something is other than before.
    pub fn add(&mut self, note: Note) -> bool {
        self.mend(&note);
        if is_told_elsewhere(&note) || self.is_foregone(&note) {
            return false;
        }
        self.drop_beginning(&note);
        let mut entry = Entry {
            number: self.next,
            first: note.stamp,
            note,
            times: 1,
            alone: true,
        };
        self.next += 1;
        if let Some(at) = self.burst(&entry.note)
            && let Some(old) = self.entries.remove(at)
        {
            entry.times = old.times.saturating_add(1);
            entry.first = old.first.min(entry.first);
            entry.alone = old.alone && id(&old.note) == id(&entry.note);
        }
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        true
    }

    /// An end that was told before the kill that was its cause. In a burst the others stay as told.
    fn mend(&mut self, note: &Note) {
        if let (
            Some(id),
            News::Oom {
                victim: Some(victim),
                ..
            },
        ) = (id(note), &note.what)
        {
            let mut single = self
                .entries
                .iter_mut()
                .rev()
                .filter(|entry| entry.times == 1);
            single.any(|entry| entry.note.mend(id, victim));
        }
    }

    /// What is known by now of the limits of a container that was killed for memory; whether a line
    /// tells more now.
    pub fn complete(&mut self, id: &str, (cap, engine): (Option<u64>, Option<u64>)) -> bool {
        let mut is_more = false;
        for entry in &mut self.entries {
            is_more |= entry.note.complete(id, cap, engine);
        }
        is_more
    }

    /// Where the entry of this number is, or the next later one.
    pub fn position(&self, number: u64) -> Option<usize> {
        let at = self.entries.partition_point(|entry| entry.number < number);
        (at < self.entries.len()).then_some(at)
    }

    fn recent(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().rev().take(NEAR)
    }

    /// The burst that the note belongs to.
    fn burst(&self, note: &Note) -> Option<usize> {
        let window = if note.what.is_trouble() { BURST } else { FLOW };
        self.recent()
            .find(|(_, entry)| {
                is_equal(&entry.note, note) && note.stamp.since(entry.note.stamp) <= window
            })
            .map(|(index, _)| index)
    }

    /// A container that died is removed as a rule: one line for both.
    fn is_foregone(&self, note: &Note) -> bool {
        let needs = match &note.what {
            News::Destroyed | News::Stopped => |what: &News| matches!(what, News::Died { .. }),
            _ => return false,
        };
        self.recent().any(|(_, entry)| {
            needs(&entry.note.what)
                && (id(&entry.note) == id(note) || !entry.alone)
                && note.stamp.since(entry.note.stamp) <= BURST
        })
    }

    /// Its end tells more than its beginning: `started in 450 ms`, `call ended after 2 s`.
    fn drop_beginning(&mut self, note: &Note) {
        let begun = self.recent().find(|(_, entry)| {
            entry.times == 1
                && id(&entry.note) == id(note)
                && match (&entry.note.what, &note.what) {
                    (News::Created, News::Started { .. }) => true,
                    (
                        News::CallStarted { exec: begun, .. },
                        News::CallEnded { exec: ended, .. },
                    ) => begun == ended,
                    _ => false,
                }
        });
        if let Some((index, _)) = begun {
            self.entries.remove(index);
        }
    }
}

pub fn id(note: &Note) -> Option<&str> {
    note.about.as_ref().map(|about| about.id.as_str())
}

/// What an alert says stands there already as what it is about.
fn is_told_elsewhere(note: &Note) -> bool {
    match &note.what {
        News::Alert(alert) => match alert.cause {
            Cause::Oom
            | Cause::Failures
            | Cause::EngineLost
            | Cause::EngineHung
            | Cause::EngineStall => true,
            Cause::NearCap | Cause::NearPids | Cause::NoHeadroom => false,
        },
        _ => false,
    }
}

/// Whether two notes tell the same of the same agent.
fn is_equal(one: &Note, other: &Note) -> bool {
    let group = |note: &Note| {
        note.about
            .as_ref()
            .map(|about| about.owner.group().to_owned())
    };
    let same = match (&one.what, &other.what) {
        (
            News::Died {
                exit_code: a,
                oom: b,
                seen: Seen::Told,
                ..
            },
            News::Died {
                exit_code: c,
                oom: d,
                seen: Seen::Told,
                ..
            },
        )
        | (
            News::Died {
                exit_code: a,
                oom: b,
                seen: Seen::Afterwards,
                ..
            },
            News::Died {
                exit_code: c,
                oom: d,
                seen: Seen::Afterwards,
                ..
            },
        )
        | (
            News::CallEnded {
                exit_code: a,
                oom: b,
                ..
            },
            News::CallEnded {
                exit_code: c,
                oom: d,
                ..
            },
        ) => a == c && b == d,
        (News::Started { .. }, News::Started { .. })
        | (News::Destroyed, News::Destroyed)
        | (News::Vanished { ended: false, .. }, News::Vanished { ended: false, .. })
        | (News::Vanished { ended: true, .. }, News::Vanished { ended: true, .. }) => true,
        (News::Oom { .. }, News::Oom { .. }) => id(one) == id(other),
        (News::Killed { signal: a }, News::Killed { signal: b }) => a == b,
        _ => false,
    };
    same && group(one) == group(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::note::{About, Victim};
    use crate::live::scope::Owner;

    fn note(id: &str, agent: &str, milliseconds: i64, what: News) -> Note {
        let stamp = Moment(milliseconds * 1_000_000);
        let owner = Owner {
            agent: Some(agent.to_owned()),
            ..Owner::default()
        };
        Note {
            stamp,
            at: stamp,
            about: Some(About {
                id: id.to_owned(),
                name: format!("sbx-{id}"),
                owner,
            }),
            shown: true,
            what,
        }
    }

    fn died(exit_code: i64, oom: bool) -> News {
        News::Died {
            exit_code: Some(exit_code),
            lifetime: None,
            oom,
            seen: Seen::Told,
        }
    }

    fn ended(exec: &str, exit_code: i64) -> News {
        News::CallEnded {
            exec: exec.to_owned(),
            exit_code: Some(exit_code),
            duration: None,
            oom: false,
        }
    }

    fn begun(exec: &str) -> News {
        News::CallStarted {
            exec: exec.to_owned(),
            command: None,
        }
    }

    fn started() -> News {
        News::Started { latency: None }
    }

    #[test]
    fn equal_failures_of_one_agent_are_one_line_that_counts() {
        let mut timeline = Timeline::default();
        for second in 0..12 {
            let id = second.to_string();
            timeline.add(note(&id, "main", second * 700, News::Created));
            timeline.add(note(&id, "main", second * 700 + 100, died(1, false)));
        }
        timeline.add(note("x", "ops", 8000, died(1, false)));
        timeline.add(note("y", "main", 8100, died(137, true)));
        let bursts: Vec<(u32, bool)> = timeline
            .entries
            .iter()
            .filter(|entry| entry.note.what.is_trouble())
            .map(|entry| (entry.times, entry.alone))
            .collect();
        assert_eq!(bursts, [(12, false), (1, true), (1, true)]);
        let burst = timeline.entries.iter().find(|entry| entry.times == 12);
        assert_eq!(burst.map(|entry| entry.first), Some(Moment(100_000_000)));
    }

    #[test]
    fn a_pause_ends_a_burst_and_137_is_not_oom() {
        let mut timeline = Timeline::default();
        timeline.add(note("a", "main", 0, died(1, false)));
        timeline.add(note("b", "main", 10_500, died(1, false)));
        timeline.add(note("c", "main", 10_600, died(137, false)));
        timeline.add(note("d", "main", 10_700, died(137, true)));
        assert_eq!(timeline.entries.len(), 4);
    }

    #[test]
    fn a_kill_that_is_told_late_mends_the_line_of_what_it_ended_and_no_burst() {
        let kill = |victim| News::Oom {
            cap: None,
            peak: None,
            engine_memory: None,
            victim: Some(victim),
        };
        let of_memory = |timeline: &Timeline| {
            let ends = timeline.entries.iter().map(|entry| &entry.note.what);
            let ends = ends.filter(|what| {
                matches!(
                    what,
                    News::CallEnded { oom: true, .. } | News::Died { oom: true, .. }
                )
            });
            ends.count()
        };
        let mut timeline = Timeline::default();
        timeline.add(note("a", "main", 0, ended("1", 137)));
        timeline.add(note("b", "ops", 10, died(137, false)));
        timeline.add(note("c", "coder", 20, died(137, false)));
        timeline.add(note("d", "coder", 30, died(137, false)));
        let exec = "1".to_owned();
        timeline.add(note("a", "main", 40, kill(Victim::Call { exec })));
        assert_eq!(of_memory(&timeline), 1);
        timeline.add(note("b", "ops", 50, kill(Victim::Container)));
        assert_eq!(of_memory(&timeline), 2);
        timeline.add(note("d", "coder", 60, kill(Victim::Container)));
        assert_eq!(of_memory(&timeline), 2, "of two that were killed one was");
    }

    #[test]
    fn an_end_takes_the_place_of_its_beginning() {
        let mut timeline = Timeline::default();
        timeline.add(note("a", "main", 0, News::Created));
        timeline.add(note("a", "main", 400, started()));
        timeline.add(note("a", "main", 500, begun("1")));
        timeline.add(note("b", "main", 500, begun("2")));
        timeline.add(note("a", "main", 900, ended("1", 0)));
        timeline.add(note("a", "main", 5000, died(0, false)));
        assert!(!timeline.add(note("a", "main", 5100, News::Destroyed)));
        let words: Vec<&str> = timeline
            .entries
            .iter()
            .map(|entry| match entry.note.what {
                News::Started { .. } => "started",
                News::CallStarted { .. } => "call",
                News::CallEnded { .. } => "ended",
                News::Died { .. } => "died",
                _ => "other",
            })
            .collect();
        assert_eq!(words, ["started", "call", "ended", "died"]);
    }

    #[test]
    fn numbers_only_grow_and_a_cursor_finds_what_came_after_its_entry() {
        let mut timeline = Timeline::default();
        timeline.add(note("a", "main", 0, ended("1", 1)));
        timeline.add(note("b", "ops", 0, started()));
        timeline.add(note("a", "main", 100, ended("2", 1)));
        let numbers: Vec<u64> = timeline.entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [1, 2]);
        assert_eq!(timeline.position(0), Some(0));
        assert_eq!(timeline.position(2), Some(1));
        assert_eq!(timeline.position(3), None);
    }

    #[test]
    fn it_is_bounded() {
        let mut timeline = Timeline::default();
        for second in 0..5000 {
            timeline.add(note("a", "main", second * 20_000, started()));
        }
        assert_eq!(timeline.entries.len(), MOST);
    }
}
