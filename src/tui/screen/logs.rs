//! The logs of one container: what is kept of them, and which part is looked at. Bounded: the
//! oldest lines go first.

mod reading;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::live::event::Moment;
use crate::tui::deeds::Target;
use crate::tui::logs::{Line, News, Stream};
use crate::tui::widget::text::chunks;

pub use reading::{command, told, typed};

const MOST_LINES: usize = 10_000;
const MOST_BYTES: usize = 4 << 20;

/// A place in what is shown: a line, counted since the beginning, and a row of it when it is
/// wrapped.
pub type At = (u64, usize);

#[derive(Clone, Debug, PartialEq)]
pub struct Logs {
    pub target: Target,
    pub lines: VecDeque<Line>,
    bytes: usize,
    /// The number of the first line that is kept.
    pub first: u64,
    /// None: it is being read.
    pub end: Option<End>,
    /// The first row on the screen, unless it follows.
    at: At,
    /// The newest line stays on the screen.
    pub follows: bool,
    pub times: bool,
    pub wraps: bool,
    pub typing: Option<Typing>,
    pub search: String,
    /// The line that was found last.
    pub hit: Option<u64>,
    /// What came of saving.
    pub word: Option<Result<String, String>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Ended,
    Failed(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typing {
    Search(String),
    Path(String),
}

/// What the runtime is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// By id.
    Read(String),
    Close,
    Save {
        path: String,
        text: String,
    },
}

#[derive(Clone, Debug)]
pub enum Msg {
    News(News),
    Saved(Result<String, String>),
}

/// RFC 3339, to the millisecond.
fn instant(at: Moment) -> String {
    jiff::Timestamp::from_millisecond(at.0.div_euclid(1_000_000))
        .map(|stamp| format!("{stamp:.3}"))
        .unwrap_or_default()
}

impl Logs {
    pub fn of(target: Target) -> Self {
        Self {
            target,
            lines: VecDeque::new(),
            bytes: 0,
            first: 0,
            end: None,
            at: (0, 0),
            follows: true,
            times: false,
            wraps: false,
            typing: None,
            search: String::new(),
            hit: None,
            word: None,
        }
    }

    pub fn add(&mut self, line: Line) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.lines.len() > MOST_LINES || self.bytes > MOST_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                break;
            };
            self.bytes -= oldest.text.len();
            self.first += 1;
        }
    }

    /// Behind the last line.
    fn past(&self) -> u64 {
        self.first + u64::try_from(self.lines.len()).unwrap_or(u64::MAX)
    }

    pub fn line(&self, number: u64) -> Option<&Line> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.lines.get(index)
    }

    /// How many rows a line takes in so many columns.
    fn rows(&self, number: u64, width: usize) -> usize {
        match self.line(number) {
            Some(line) if self.wraps => chunks(&line.text, width).len(),
            Some(_) => 1,
            None => 0,
        }
    }

    fn back(&self, from: At, count: usize, width: usize) -> At {
        let (mut line, mut row) = from;
        for _ in 0..count {
            if row > 0 {
                row -= 1;
            } else if line > self.first {
                line -= 1;
                row = self.rows(line, width).saturating_sub(1);
            } else {
                break;
            }
        }
        (line, row)
    }

    fn forth(&self, from: At, count: usize, width: usize) -> At {
        let (mut line, mut row) = from;
        for _ in 0..count {
            if row + 1 < self.rows(line, width) {
                row += 1;
            } else if line < self.past() {
                line += 1;
                row = 0;
            }
        }
        (line, row)
    }

    /// The last place from which a screen is full.
    fn bottom(&self, width: usize, height: usize) -> At {
        self.back((self.past(), 0), height, width)
    }

    /// The first row on a screen of this size.
    pub fn start(&self, width: usize, height: usize) -> At {
        let bottom = self.bottom(width, height);
        if self.follows {
            return bottom;
        }
        self.at.max((self.first, 0)).min(bottom)
    }

    /// Whether this line has what is searched for, and where: bytes.
    pub fn found(&self, text: &str) -> Option<std::ops::Range<usize>> {
        if self.search.is_empty() {
            return None;
        }
        let needle = self.search.to_ascii_lowercase();
        let at = text.to_ascii_lowercase().find(&needle)?;
        Some(at..at + needle.len())
    }

    /// All that is kept, as it is saved.
    fn text(&self) -> String {
        let mut text = String::with_capacity(self.bytes + 32 * self.lines.len());
        for line in &self.lines {
            let at = line.at.map_or("-".to_owned(), instant);
            let stream = match line.stream {
                Stream::Out => "out",
                Stream::Err => "err",
            };
            for part in [&at, " ", stream, " ", &line.text, "\n"] {
                text.push_str(part);
            }
        }
        text
    }
}
