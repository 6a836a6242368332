//! The isolation screen: what is known of each agent, and which one is looked at.

use crate::checklist::isolation::{Picture, Subject, Who};
use crate::checklist::verdict::Status;
use crate::facts::Section;
use crate::tui::gathering::{Gathering, Live};
use crate::tui::keys::{Command, Place};
use crate::tui::screen::checklist::Pane;

/// What the picture is made of.
const READS: [Section; 4] = [
    Section::Openclaw,
    Section::Gateway,
    Section::Standing,
    Section::Inside,
];

#[derive(Default)]
pub struct Isolation {
    pub picture: Option<Picture>,
    /// The picture is the last word of a gathering, and not of its midst.
    pub settled: bool,
    pub sight: Sight,
}

/// What the user looks at: changes here are changes of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sight {
    /// None: the first one.
    pub cursor: Option<Who>,
    /// The user has moved the cursor, so that it is not moved for them any more.
    pub led: bool,
    pub focus: Pane,
    /// The first row of the list that is on the screen.
    pub top: usize,
    /// The first line of the text that is on the screen.
    pub scroll: usize,
}

impl Default for Sight {
    fn default() -> Self {
        Self {
            cursor: None,
            led: false,
            focus: Pane::List,
            top: 0,
            scroll: 0,
        }
    }
}

impl Isolation {
    /// Takes over a picture when all that it is made of is there. Before the first of those, any
    /// is better than none.
    pub fn tell(&mut self, picture: Picture, gathering: &Gathering) {
        let settled = gathering.live(&[], &READS) == Live::Settled;
        if !settled && self.settled {
            return;
        }
        self.picture = Some(picture);
        self.settled |= settled;
        if settled {
            self.lead();
        }
    }

    /// Leads the eye to the worst, unless the user has taken the cursor.
    fn lead(&mut self) {
        if self.sight.led {
            return;
        }
        let weight = |subject: &Subject| (subject.dangers() > 0, subject.status());
        let mut worst: Option<&Subject> = None;
        for subject in self.subjects() {
            if worst.is_none_or(|worst| weight(subject) > weight(worst)) {
                worst = Some(subject);
            }
        }
        self.sight.cursor = worst.map(|subject| subject.who.clone());
    }

    pub fn subjects(&self) -> &[Subject] {
        self.picture
            .as_ref()
            .map_or(&[], |picture| picture.subjects.as_slice())
    }

    /// Where the cursor is; one whose agent has gone is on the first.
    pub fn position(&self) -> usize {
        let here = |subject: &Subject| Some(&subject.who) == self.sight.cursor.as_ref();
        self.subjects().iter().position(here).unwrap_or(0)
    }

    pub fn selected(&self) -> Option<&Subject> {
        self.subjects().get(self.position())
    }

    pub fn place(&self) -> Place {
        match self.sight.focus {
            Pane::List => Place::Agents,
            Pane::Detail => Place::Picture,
        }
    }

    /// Does what concerns the list. What it does not know is for the app.
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Up => self.go(|at, _| at.saturating_sub(1)),
            Command::Down => self.go(|at, _| at + 1),
            Command::Top => self.go(|_, _| 0),
            Command::Bottom => self.go(|_, _| usize::MAX),
            Command::NextProblem => self.go(|at, bad| {
                let next = bad.iter().find(|one| **one > at).or(bad.first());
                next.copied().unwrap_or(at)
            }),
            Command::PreviousProblem => self.go(|at, bad| {
                let next = bad.iter().rev().find(|one| **one < at).or(bad.last());
                next.copied().unwrap_or(at)
            }),
            Command::Open => self.sight.focus = Pane::Detail,
            Command::Collapse => self.sight.focus = Pane::List,
            Command::NextPane => {
                self.sight.focus = match self.sight.focus {
                    Pane::List => Pane::Detail,
                    Pane::Detail => Pane::List,
                }
            }
            Command::PageUp
            | Command::PageDown
            | Command::ScrollUp
            | Command::ScrollDown
            | Command::ScrollPageUp
            | Command::ScrollPageDown
            | Command::Expand
            | Command::ShowAll
            | Command::Filter
            | Command::Accept
            | Command::Erase
            | Command::Go(_)
            | Command::Recheck
            | Command::RecheckAll
            | Command::Fix
            | Command::FixSafe
            | Command::Mark
            | Command::Undo
            | Command::Explain
            | Command::Yes
            | Command::No
            | Command::Resume
            | Command::RollBack
            | Command::Help
            | Command::Back
            | Command::Interrupt
            | Command::Redraw
            | Command::Live(_)
            | Command::Play(_)
            | Command::Over(_) => {}
        }
    }

    /// Selects whoever stands in this row of the list's window.
    pub fn press(&mut self, row: usize) {
        let row = self.sight.top + row;
        if row < self.subjects().len() {
            self.go(|_, _| row);
        }
    }

    /// To where `to` leads from here; it is told which subjects have a problem.
    fn go(&mut self, to: impl Fn(usize, &[usize]) -> usize) {
        let subjects = self.subjects();
        let at = self.position();
        let bad: Vec<usize> = (0..subjects.len())
            .filter(|index| {
                matches!(
                    subjects[*index].status(),
                    Status::Fail | Status::Warn | Status::Error
                )
            })
            .collect();
        let next = to(at, &bad).min(subjects.len().saturating_sub(1));
        let Some(subject) = subjects.get(next) else {
            return;
        };
        self.sight.cursor = Some(subject.who.clone());
        if next != at {
            self.sight.led = true;
            self.sight.scroll = 0;
        }
    }
}
