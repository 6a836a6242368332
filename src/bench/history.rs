//! What former runs measured on this node: one line of JSON each, the newest last, a bounded number
//! of them. A line that cannot be read is skipped and counted; one of a later version is kept as it
//! is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Way;
use super::quantile::median;
use super::tally::{Row, Spread};

/// Goes up when an old reader would misunderstand a line.
pub const VERSION: u32 = 1;
/// Most runs that are kept.
pub const MOST: usize = 200;
/// Longest line that can be one of ours.
const LONGEST: usize = 64 << 10;

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub version: u32,
    /// An instant as RFC 3339 writes it.
    pub at: String,
    /// What tells configurations apart: only equal ones are compared.
    pub subject: String,
    pub rows: Vec<Kept>,
}

/// The time until a sandbox could be used, of one round. Seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    pub way: Way,
    pub at_once: u32,
    pub runs: u32,
    pub total: Spread,
}

/// How it was before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Before {
    /// How many former runs of clawdoctor bench there are to compare with.
    pub benches: usize,
    /// The median of their medians. Seconds.
    pub p50: f64,
    /// What this run's median is to that: 0.1 is a tenth more.
    pub change: f64,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// As they stand, those of later versions among them.
    lines: Vec<String>,
    entries: Vec<Entry>,
    /// Lines that are nothing we know.
    pub unreadable: usize,
}

impl Entry {
    pub fn new(at: String, subject: String, rows: &[Row]) -> Self {
        let kept = rows.iter().map(|row| Kept {
            way: row.way,
            at_once: row.at_once,
            runs: row.runs,
            total: row.total,
        });
        Self {
            version: VERSION,
            at,
            subject,
            rows: kept.collect(),
        }
    }

    fn is_sound(&self) -> bool {
        let sound = |seconds: f64| seconds.is_finite() && seconds >= 0.0;
        self.rows.iter().all(|row| {
            let Spread { p50, p95, max } = row.total;
            sound(p50) && sound(p95) && sound(max)
        })
    }
}

impl History {
    pub fn read(text: &str) -> Self {
        let mut history = Self::default();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            match Line::read(line) {
                Line::Ours(entry) => history.entries.push(entry),
                Line::Later => {}
                Line::Garbage => {
                    history.unreadable += 1;
                    continue;
                }
            }
            history.lines.push(line.to_owned());
        }
        history
    }

    /// What former runs of this configuration had for this round.
    pub fn before(&self, subject: &str, row: &Row) -> Option<Before> {
        let same = |kept: &&Kept| kept.way == row.way && kept.at_once == row.at_once;
        let former: Vec<f64> = self
            .entries
            .iter()
            .filter(|entry| entry.subject == subject)
            .filter_map(|entry| entry.rows.iter().find(same))
            .map(|kept| kept.total.p50)
            .collect();
        let benches = former.len();
        let p50 = median(former).filter(|p50| *p50 > 0.0)?;
        Some(Before {
            benches,
            p50,
            change: row.total.p50 / p50 - 1.0,
        })
    }

    /// The file's text with one more run, and without the oldest when there are too many.
    pub fn with(&self, entry: &Entry) -> String {
        let line = serde_json::to_string(entry).expect("an entry is plain data");
        let drop = (self.lines.len() + 1).saturating_sub(MOST);
        let kept = self.lines.iter().skip(drop).chain(std::iter::once(&line));
        kept.flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

enum Line {
    Ours(Entry),
    Later,
    Garbage,
}

impl Line {
    fn read(line: &str) -> Self {
        if line.len() > LONGEST {
            return Self::Garbage;
        }
        let Ok(value) = serde_json::from_str::<Value>(line) else {
            return Self::Garbage;
        };
        match value["version"].as_u64() {
            Some(version) if version > u64::from(VERSION) => Self::Later,
            _ => match serde_json::from_value::<Entry>(value) {
                Ok(entry) if entry.is_sound() => Self::Ours(entry),
                Ok(_) | Err(_) => Self::Garbage,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn row(p50: f64) -> Row {
        let spread = Spread {
            p50,
            p95: p50,
            max: p50,
        };
        Row {
            way: Way::Cached,
            at_once: 2,
            runs: 10,
            complete: true,
            total: spread,
            create: spread,
            start: spread,
            ready: spread,
            remove: None,
        }
    }

    fn entry(subject: &str, p50: f64) -> Entry {
        Entry::new(
            "2026-01-01T00:00:00Z".to_owned(),
            subject.to_owned(),
            &[row(p50)],
        )
    }

    fn after(entries: &[Entry]) -> String {
        entries.iter().fold(String::new(), |text, entry| {
            History::read(&text).with(entry)
        })
    }

    #[test]
    fn the_median_of_former_runs_of_the_same_kind_is_compared_with() {
        let text = after(&[
            entry("a", 0.1),
            entry("b", 9.0),
            entry("a", 0.3),
            entry("a", 0.2),
        ]);
        let history = History::read(&text);
        let before = history.before("a", &row(0.25)).expect("three runs");
        assert_eq!((before.benches, before.p50), (3, 0.2));
        assert!((before.change - 0.25).abs() < 1e-9);
        assert_eq!(history.before("c", &row(0.25)), None);
        let other = Row {
            at_once: 4,
            ..row(0.25)
        };
        assert_eq!(history.before("a", &other), None);
    }

    #[test]
    fn garbage_is_counted_and_goes_and_a_later_version_stays_as_it_is() {
        let later = r#"{"version":2,"new":true}"#;
        let good = after(&[entry("a", 0.1)]);
        let text = format!(
            "{good}{{half\n{later}\n\u{0}\u{1b}[2J\n{{\"version\":1}}\n[1]\n{}",
            good.replace("0.1", "-5")
        );
        let history = History::read(&text);
        assert_eq!(history.unreadable, 5);
        assert_eq!(history.before("a", &row(0.1)).expect("one").benches, 1);
        let next = history.with(&entry("a", 0.2));
        assert_eq!(next.lines().count(), 3);
        assert!(next.contains(later));
        assert_eq!(History::read(&next).unreadable, 0);
    }

    #[test]
    fn the_file_never_holds_more_than_so_many_runs() {
        let entries: Vec<Entry> = (0..MOST + 7)
            .map(|number| entry(&number.to_string(), 0.1))
            .collect();
        let text = after(&entries);
        assert_eq!(text.lines().count(), MOST);
        let last = History::read(&text);
        assert!(last.before(&(MOST + 6).to_string(), &row(0.1)).is_some());
        assert!(last.before("6", &row(0.1)).is_none());
    }

    proptest! {
        #[test]
        fn whatever_the_file_holds_it_can_be_read_and_gone_on_with(text in "(?s).{0,400}") {
            let history = History::read(&text);
            let next = history.with(&entry("a", 0.1));
            let again = History::read(&next);
            prop_assert_eq!(again.unreadable, 0);
            prop_assert!(again.before("a", &row(0.1)).is_some());
            prop_assert!(next.lines().count() <= MOST);
        }
    }
}
