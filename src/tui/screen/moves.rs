//! What commands do to the checklist: where the cursor goes, what is opened, what is filtered.

use super::checklist::{Checklist, Cursor, Filter, Fold, Pane, Row, Show};
use crate::checklist::check::Step;
use crate::tui::keys::Command;

impl Checklist {
    /// Does what concerns the list. What it does not know is for the app.
    pub fn command(&mut self, command: Command) {
        match command {
            Command::Up => self.go_to_row(|at| at.saturating_sub(1)),
            Command::Down => self.go_to_row(|at| at + 1),
            Command::Top => self.go_to_row(|_| 0),
            Command::Bottom => self.go_to_row(|_| usize::MAX),
            Command::NextProblem => self.go_to_problem(1),
            Command::PreviousProblem => self.go_to_problem(-1),
            Command::Open => match self.sight.cursor {
                Cursor::Step(step) => self.toggle(step),
                Cursor::Check(_) => self.sight.focus = Pane::Detail,
            },
            Command::Expand => match self.sight.cursor {
                Cursor::Step(step) if !self.is_whole(step) => {
                    self.sight.folds.insert(step, Fold::Open);
                }
                Cursor::Step(_) => self.go_to_row(|at| at + 1),
                Cursor::Check(_) => self.sight.focus = Pane::Detail,
            },
            Command::Collapse => self.collapse(),
            Command::NextPane => {
                self.sight.focus = match self.sight.focus {
                    Pane::List => Pane::Detail,
                    Pane::Detail => Pane::List,
                }
            }
            Command::ShowAll => {
                self.sight.folds.clear();
                self.sight.show = match self.sight.show {
                    Show::Attention => Show::All,
                    Show::All => Show::Attention,
                }
            }
            Command::Filter => {
                let text = self.sight.filter.take().map_or(String::new(), |f| f.text);
                self.sight.filter = Some(Filter { text, typing: true });
                self.sight.focus = Pane::List;
            }
            Command::Accept => {
                self.sight.filter = self
                    .sight
                    .filter
                    .take()
                    .filter(|filter| !filter.text.is_empty())
                    .map(|filter| Filter {
                        typing: false,
                        ..filter
                    });
            }
            Command::Erase => {
                if let Some(filter) = &mut self.sight.filter {
                    filter.text.pop();
                }
                self.go_to_match();
            }
            Command::PageUp
            | Command::PageDown
            | Command::ScrollUp
            | Command::ScrollDown
            | Command::ScrollPageUp
            | Command::ScrollPageDown
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

    /// A character typed into the filter.
    pub fn typed(&mut self, c: char) {
        if let Some(filter) = &mut self.sight.filter
            && filter.text.chars().count() < 40
        {
            filter.text.push(c);
        }
        self.go_to_match();
    }

    /// Selects what stands in this row of the list's window.
    pub fn press(&mut self, row: usize) {
        let rows = self.rows();
        if let Some(row) = rows.get(self.sight.top + row) {
            self.sight.led = true;
            if self.sight.cursor != row.cursor() {
                self.sight.cursor = row.cursor();
                self.sight.scroll = 0;
            }
        }
    }

    pub(super) fn go_to_row(&mut self, to: impl Fn(usize) -> usize) {
        let rows = self.rows();
        let next = to(self.position(&rows)).min(rows.len().saturating_sub(1));
        if let Some(row) = rows.get(next) {
            self.sight.cursor = row.cursor();
        }
    }

    /// The first check that the filter lets through.
    fn go_to_match(&mut self) {
        let rows = self.rows();
        let checks = |row: &&Row| matches!(row, Row::Check(_));
        let first = rows.iter().find(checks).or(rows.first());
        if let Some(row) = first {
            self.sight.cursor = row.cursor();
        }
    }

    /// The next problem in this direction, around the end.
    fn go_to_problem(&mut self, direction: isize) {
        let problems: Vec<usize> = self
            .visible()
            .filter(|index| self.items[*index].is_problem() && self.matches(*index))
            .collect();
        // A step stands before its own checks.
        let here = match self.sight.cursor {
            Cursor::Check(index) => (index, true),
            Cursor::Step(step) => (self.members(step).next().unwrap_or(0), false),
        };
        let next = if direction > 0 {
            let after = |index: &&usize| (**index, true) > here;
            problems.iter().find(after).or(problems.first())
        } else {
            let before = |index: &&usize| **index < here.0;
            problems.iter().rev().find(before).or(problems.last())
        };
        if let Some(&index) = next {
            let step = self.check(index).spec.step;
            if self.sight.folds.get(&step) == Some(&Fold::Closed) {
                self.sight.folds.remove(&step);
            }
            self.sight.cursor = Cursor::Check(index);
        }
    }

    fn is_whole(&self, step: Step) -> bool {
        self.members(step).all(|index| self.shows(step, index))
    }

    fn toggle(&mut self, step: Step) {
        let fold = if self.is_whole(step) {
            Fold::Closed
        } else {
            Fold::Open
        };
        self.sight.folds.insert(step, fold);
    }

    fn collapse(&mut self) {
        if self.sight.focus == Pane::Detail {
            self.sight.focus = Pane::List;
            return;
        }
        match self.sight.cursor {
            Cursor::Step(step) => {
                self.sight.folds.insert(step, Fold::Closed);
            }
            Cursor::Check(index) => {
                self.sight.cursor = Cursor::Step(self.check(index).spec.step);
            }
        }
    }
}
