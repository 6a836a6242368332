//! What commands do to the dashboard: where the cursor goes, what is sorted, filtered, folded.

use super::{Cursor, Entry, List, Live, Pane, Row, id};
use crate::live::event::Moment;
use crate::live::note::Note;
use crate::tui::keys::{Act, Command};
use crate::tui::screen::checklist::Filter;

impl Live {
    /// Does what concerns the dashboard. `page` is how many lines the pane with the keys shows,
    /// `ours` what our clock shows.
    pub fn command(&mut self, command: Command, page: usize, ours: Moment) {
        let page = page.max(1);
        match command {
            Command::Up
            | Command::Down
            | Command::PageUp
            | Command::PageDown
            | Command::Top
            | Command::Bottom => self.go(command, page),
            Command::ScrollUp => self.scroll(|at| at.saturating_sub(1)),
            Command::ScrollDown => self.scroll(|at| at.saturating_add(1)),
            Command::ScrollPageUp => self.scroll(|at| at.saturating_sub(page)),
            Command::ScrollPageDown => self.scroll(|at| at.saturating_add(page)),
            Command::NextProblem => self.go_to_trouble(Towards::Older),
            Command::PreviousProblem => self.go_to_trouble(Towards::Newer),
            Command::Open => self.open(ours),
            Command::Expand => self.expand(ours),
            Command::Collapse => self.collapse(ours),
            Command::NextPane => {
                self.sight.focus = match (self.sight.focus, self.sight.detail) {
                    (Pane::Table, true) => Pane::Detail,
                    (Pane::Table, false) | (Pane::Detail, _) => Pane::Timeline,
                    (Pane::Timeline, _) => Pane::Table,
                }
            }
            Command::Filter => {
                let text = self.sight.filter.take().map_or(String::new(), |f| f.text);
                self.sight.filter = Some(Filter { text, typing: true });
                self.sight.focus = Pane::Table;
            }
            Command::Accept => {
                let filter = self.sight.filter.take().filter(|f| !f.text.is_empty());
                self.sight.filter = filter.map(|filter| Filter {
                    typing: false,
                    ..filter
                });
                self.rearrange(ours);
            }
            Command::Erase => {
                if let Some(filter) = &mut self.sight.filter {
                    filter.text.pop();
                }
                self.rearrange(ours);
            }
            Command::Live(act) => self.act(act, ours),
            Command::ShowAll
            | Command::Recheck
            | Command::RecheckAll
            | Command::Fix
            | Command::FixSafe
            | Command::Mark
            | Command::Undo
            | Command::Explain
            | Command::Yes
            | Command::Play(_)
            | Command::No
            | Command::Over(_)
            | Command::Resume
            | Command::RollBack
            | Command::Go(_)
            | Command::Help
            | Command::Back
            | Command::Interrupt
            | Command::Redraw => {}
        }
    }

    fn act(&mut self, act: Act, ours: Moment) {
        match act {
            Act::SortNext => self.sort(self.sight.sort.next(&self.columns), ours),
            Act::SortPrevious => self.sort(self.sight.sort.previous(&self.columns), ours),
            Act::Ascending | Act::Descending => {
                self.sight.descending = act == Act::Descending;
                self.arrange(ours);
            }
            Act::Group => {
                self.sight.grouped = !self.sight.grouped;
                self.rearrange(ours);
            }
            Act::Gone => {
                self.sight.focus = Pane::Table;
                self.sight.scroll = 0;
                self.sight.list = match self.sight.list {
                    List::Standing => List::Gone,
                    List::Gone => List::Standing,
                };
            }
            Act::Clock => self.sight.clock = !self.sight.clock,
            Act::Dismiss => {
                let newest = self
                    .model
                    .alerts
                    .raised
                    .iter()
                    .map(|raised| raised.last)
                    .max();
                self.sight.dismissed = newest.or(self.sight.dismissed);
                self.sight.unrecorded |= self.unrecorded().is_some();
            }
            Act::Measure => self.sight.measure = self.sight.measure.wrapping_add(1),
            // Dialogs are the app's.
            Act::Room | Act::Alerts | Act::Want(_) | Act::Logs | Act::Evidence => {}
        }
    }

    fn sort(&mut self, column: super::Column, ours: Moment) {
        self.sight.sort = column;
        self.sight.descending = column.starts_descending();
        self.arrange(ours);
    }

    /// A character typed into the filter.
    pub fn typed(&mut self, c: char, ours: Moment) {
        if let Some(filter) = &mut self.sight.filter
            && filter.text.chars().count() < 40
        {
            filter.text.push(c);
        }
        self.rearrange(ours);
    }

    pub(super) fn refilter(&mut self, filter: Option<Filter>) {
        self.sight.filter = filter;
        self.rearrange(self.ours(self.pulse.drawn));
    }

    /// Other rows than before: the table gets the room that these want.
    fn rearrange(&mut self, ours: Moment) {
        self.most.0 = 0;
        self.arrange(ours);
        self.arrange_gone();
    }

    fn go(&mut self, command: Command, page: usize) {
        let to = |at: usize| match command {
            Command::Up => at.saturating_sub(1),
            Command::Down => at.saturating_add(1),
            Command::PageUp => at.saturating_sub(page),
            Command::PageDown => at.saturating_add(page),
            Command::Top => 0,
            _ => usize::MAX,
        };
        match (self.sight.focus, self.sight.list) {
            (Pane::Detail, _) => self.scroll(to),
            (Pane::Table, List::Standing) => self.go_to_row(to),
            (Pane::Table, List::Gone) => {
                let last = self.gone.len().saturating_sub(1);
                self.go_to_gone(to(self.gone_at).min(last));
            }
            (Pane::Timeline, _) => {
                let last = self.timeline.entries.len().saturating_sub(1);
                let at = to(self.entry_position().unwrap_or(last)).min(last);
                let entry = self.timeline.entries.get(at);
                self.sight.entry = entry.filter(|_| at < last).map(|entry| entry.number);
            }
        }
    }

    pub(super) fn go_to_row(&mut self, to: impl Fn(usize) -> usize) {
        let last = self.rows.len().saturating_sub(1);
        self.at = to(self.at).min(last);
        self.sight.led = true;
        self.sight.scroll = 0;
        self.sight.cursor = self.cursor_at(self.at);
    }

    fn cursor_at(&self, row: usize) -> Option<Cursor> {
        Some(match self.rows.get(row)? {
            Row::Group(index) => Cursor::Group(self.groups[*index].name.clone()),
            Row::Sandbox(id) => Cursor::Sandbox(id.clone()),
        })
    }

    /// Keeps the cursor on its sandbox when rows move, and on its place when the sandbox goes.
    pub(super) fn hold_cursor(&mut self) {
        let own = self.sight.cursor.as_ref().and_then(|cursor| {
            self.rows.iter().position(|row| match (row, cursor) {
                (Row::Group(index), Cursor::Group(name)) => self.groups[*index].name == *name,
                (Row::Sandbox(one), Cursor::Sandbox(id)) => one == id,
                (Row::Group(_), Cursor::Sandbox(_)) | (Row::Sandbox(_), Cursor::Group(_)) => false,
            })
        });
        self.at = match own {
            _ if !self.sight.led => 0,
            Some(at) => at,
            None => self.at.min(self.rows.len().saturating_sub(1)),
        };
        self.sight.cursor = self.cursor_at(self.at);
    }

    pub(super) fn hold_gone_cursor(&mut self) {
        let own = self.sight.gone_cursor.as_ref().and_then(|cursor| {
            let mut rows = self.gone.iter();
            rows.position(|index| self.model.gone[*index].about.id == *cursor)
        });
        let last = self.gone.len().saturating_sub(1);
        self.gone_at = own.unwrap_or(self.gone_at.min(last));
    }

    /// Selects what stands in this row of the pane that has the keys.
    pub fn press(&mut self, row: usize) {
        match (self.sight.focus, self.sight.list) {
            (Pane::Table, List::Standing) => {
                let at = self.sight.top + row;
                if at < self.rows.len() {
                    self.go_to_row(|_| at);
                }
            }
            (Pane::Table, List::Gone) => {
                let at = self.sight.gone_top + row;
                if at < self.gone.len() {
                    self.go_to_gone(at);
                }
            }
            (Pane::Timeline, _) => {
                let pressed = self.visible_entries().nth(row).map(|entry| entry.number);
                let newest = self.timeline.entries.back().map(|entry| entry.number);
                self.sight.entry = pressed.filter(|_| pressed != newest);
            }
            (Pane::Detail, _) => {}
        }
    }

    fn go_to_gone(&mut self, at: usize) {
        self.gone_at = at;
        self.sight.gone_cursor = self.gone_row(at).map(|one| one.about.id.clone());
        self.sight.scroll = 0;
    }

    fn scroll(&mut self, to: impl Fn(usize) -> usize) {
        if self.sight.detail {
            self.sight.scroll = to(self.sight.scroll);
        }
    }

    fn open(&mut self, ours: Moment) {
        match (self.sight.focus, &self.sight.cursor) {
            (Pane::Timeline, _) => self.follow_entry(),
            (Pane::Detail, _) => self.close(),
            (Pane::Table, Some(Cursor::Group(name))) if self.sight.list == List::Standing => {
                let name = name.clone();
                if !self.sight.folded.remove(&name) {
                    self.sight.folded.insert(name);
                }
                self.arrange(ours);
            }
            (Pane::Table, _) => self.read(),
        }
    }

    fn read(&mut self) {
        self.sight.led = true;
        self.sight.detail = true;
        self.sight.focus = Pane::Detail;
        if self.sight.list == List::Gone {
            self.sight.gone_cursor = self.gone_row(self.gone_at).map(|one| one.about.id.clone());
        }
    }

    fn close(&mut self) {
        self.sight.detail = false;
        self.sight.focus = Pane::Table;
    }

    fn expand(&mut self, ours: Moment) {
        match &self.sight.cursor {
            Some(Cursor::Group(name)) if self.sight.list == List::Standing => {
                let name = name.clone();
                if self.sight.folded.remove(&name) {
                    self.arrange(ours);
                } else {
                    self.go_to_row(|at| at + 1);
                }
            }
            Some(_) | None => self.read(),
        }
    }

    fn collapse(&mut self, ours: Moment) {
        if self.sight.focus == Pane::Detail {
            self.close();
            return;
        }
        // The cursor is of the table, which is not on the screen.
        if self.sight.list == List::Gone {
            return;
        }
        let group = match &self.sight.cursor {
            Some(Cursor::Group(name)) => Some(name.clone()),
            Some(Cursor::Sandbox(id)) => {
                let one = self.model.sandboxes.get(id);
                one.map(|one| one.owner().group().to_owned())
            }
            None => None,
        };
        if let Some(name) = group.filter(|_| self.sight.grouped) {
            self.sight.led = true;
            self.sight.folded.insert(name.clone());
            self.sight.cursor = Some(Cursor::Group(name));
            self.arrange(ours);
        }
    }

    /// The trouble before the selected entry, or all.
    pub fn troubles_before(&self) -> impl Iterator<Item = &Note> {
        let here = self.entry_position().unwrap_or(self.timeline.entries.len());
        let notes = self.timeline.entries.range(..here).map(|entry| &entry.note);
        notes.rev().filter(|note| note.what.is_trouble())
    }

    /// To the trouble next to the selected entry, with its sandbox selected as well.
    fn go_to_trouble(&mut self, towards: Towards) {
        let here = self.entry_position().unwrap_or(self.timeline.entries.len());
        let is_trouble = |at: &usize| self.timeline.entries[*at].note.what.is_trouble();
        let next = match towards {
            Towards::Older => (0..here).rev().find(is_trouble),
            Towards::Newer => (here + 1..self.timeline.entries.len()).find(is_trouble),
        };
        if let Some(at) = next {
            // Where the timeline is not on the screen, it has to come there.
            if self.sight.focus == Pane::Table && self.window.timeline == 0 {
                self.sight.focus = Pane::Timeline;
            }
            let entry = &self.timeline.entries[at];
            self.sight.entry = Some(entry.number);
            let id = id(&entry.note).map(str::to_owned);
            if let Some(id) = id {
                self.select(&id);
            }
        }
    }

    /// What the selected entry of the timeline is about, where that is in one of the lists.
    pub fn entry_leads_to(&self) -> Option<&str> {
        let last = self.timeline.entries.len().saturating_sub(1);
        let at = self.entry_position().unwrap_or(last);
        let about = id(&self.timeline.entries.get(at)?.note)?;
        let mut rows = self.rows.iter();
        let mut gone = self.gone.iter();
        let is_there = rows.any(|row| matches!(row, Row::Sandbox(one) if one == about))
            || gone.any(|index| self.model.gone[*index].about.id == about);
        is_there.then_some(about)
    }

    /// From an entry of the timeline to what it is about.
    fn follow_entry(&mut self) {
        if let Some(id) = self.entry_leads_to().map(str::to_owned)
            && self.select(&id)
        {
            self.read();
        }
    }

    /// Selects a container, among those that are there or those that have gone.
    fn select(&mut self, id: &str) -> bool {
        let row = |row: &Row| matches!(row, Row::Sandbox(one) if one == id);
        if let Some(at) = self.rows.iter().position(row) {
            self.sight.list = List::Standing;
            self.go_to_row(|_| at);
            return true;
        }
        let gone = self
            .gone
            .iter()
            .position(|index| self.model.gone[*index].about.id == *id);
        if let Some(at) = gone {
            self.sight.list = List::Gone;
            self.go_to_gone(at);
        }
        gone.is_some()
    }

    /// The entries of the timeline that are on the screen, the newest last.
    pub fn visible_entries(&self) -> impl Iterator<Item = &Entry> {
        let all = self.timeline.entries.len();
        let height = self.window.timeline;
        let end = match self.entry_position() {
            Some(at) => (at + height / 2 + 1).clamp(height.min(all), all),
            None => all,
        };
        let from = end.saturating_sub(height);
        self.timeline.entries.range(from..end)
    }

    /// Keeps what the cursor is on within the window.
    pub fn settle(&mut self) {
        let height = self.window.table;
        if height == 0 {
            return;
        }
        let within = |top: usize, at: usize, count: usize| {
            let top = top.min(count.saturating_sub(height)).min(at);
            top.max((at + 1).saturating_sub(height))
        };
        self.sight.top = within(self.sight.top, self.at, self.rows.len());
        self.sight.gone_top = within(self.sight.gone_top, self.gone_at, self.gone.len());
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Towards {
    Older,
    Newer,
}
