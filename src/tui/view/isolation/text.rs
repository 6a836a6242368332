//! What is so for the selected agent: the dangerous sandboxes first, then the mode, then each
//! aspect, every sentence with what it rests on.

use ratatui::layout::Rect;
use ratatui::text::Line;

use super::super::detail::told_value;
use super::{is_awaited, state, told};
use crate::checklist::isolation::{Aspect, Column, Force, Point, Subject, Who};
use crate::checklist::verdict::Status;
use crate::tui::app::App;
use crate::tui::theme::Role;
use crate::tui::widget::line::Pieces;
use crate::tui::widget::text::wrap;

/// Which lines of how many are on the screen; empty when all are.
pub fn position(app: &App, area: Rect) -> String {
    let all = lines(app, area.width).len();
    let height = usize::from(area.height);
    if all <= height {
        return String::new();
    }
    let from = app.isolation.sight.scroll;
    format!("{}-{} of {all}", from + 1, (from + height).min(all))
}

/// The whole text in lines of this width.
pub fn lines(app: &App, width: u16) -> Vec<Line<'static>> {
    let mut page = Page {
        app,
        width: usize::from(width),
        lines: Vec::new(),
    };
    page.doubts();
    if let Some(subject) = app.isolation.selected() {
        page.subject(subject);
    }
    page.lines
}

struct Page<'a> {
    app: &'a App,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Page<'_> {
    fn pieces(&self) -> Pieces {
        Pieces::new(self.app.theme, self.width)
    }

    fn text(&mut self, role: Role, indent: usize, text: &str) {
        let head = " ".repeat(indent);
        for line in wrap(&format!("{head}{text}"), self.width, indent) {
            let line = self.pieces().add(role, &line);
            self.lines.push(line.line());
        }
    }

    fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let line = self.pieces().add(Role::Strong, text);
        self.lines.push(line.line());
    }

    /// What is not known of the whole node.
    fn doubts(&mut self) {
        let Some(picture) = &self.app.isolation.picture else {
            return;
        };
        let doubts = [&picture.agents_unknown, &picture.sandboxes_unknown];
        for point in doubts.into_iter().flatten() {
            self.point(point);
        }
    }

    fn subject(&mut self, subject: &Subject) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
        let (state, mark, word) = state(self.app, subject);
        let theme = self.app.theme;
        let title = self
            .pieces()
            .add(state, mark)
            .gap(1)
            .add(state, word)
            .gap(2)
            .add(Role::Strong, subject.who.words());
        self.lines.push(title.line());
        let about = match &subject.who {
            Who::Agent(_) => format!("agent{}{}", theme.separator(), subject.policy),
            Who::Nobody => "sandboxes that OpenClaw will not use".to_owned(),
        };
        self.text(Role::Muted, 0, &about);
        self.named(subject);
        self.heading("Mode");
        for point in &subject.mode {
            self.point(point);
        }
        for (index, aspect) in Aspect::ALL.into_iter().enumerate() {
            let in_force = |column: &&Column| column.force != Force::Nobody;
            let columns: Vec<&Column> = subject.columns.iter().filter(in_force).collect();
            if columns.is_empty() {
                continue;
            }
            self.heading(aspect.words());
            for column in columns {
                self.cell(column, index);
            }
        }
    }

    fn named(&mut self, subject: &Subject) {
        for (heading, status) in [
            ("Dangerous sandboxes", Status::Fail),
            ("Weak sandboxes", Status::Warn),
        ] {
            let points = subject.named.iter().filter(|p| p.status == status);
            let mut points = points.peekable();
            if points.peek().is_some() {
                self.heading(heading);
            }
            while let Some(point) = points.next() {
                // The same advice stands once, with the last whom it is for.
                let again = points.peek().is_some_and(|next| next.hint == point.hint);
                self.said(point);
                if !again {
                    self.hint(point);
                }
                self.evidence(point);
            }
        }
    }

    /// One aspect of a mode; where two are in force, whose it is.
    fn cell(&mut self, column: &Column, aspect: usize) {
        match column.force {
            Force::MainSession | Force::OtherSessions => {
                let text = format!("{}, {}", column.force.words(), column.ground.words());
                self.text(Role::Muted, 2, &text);
            }
            Force::Everybody | Force::Nobody => {}
        }
        for point in &column.cells[aspect].points {
            self.point(point);
        }
    }

    fn point(&mut self, point: &Point) {
        self.said(point);
        self.hint(point);
        self.evidence(point);
    }

    fn said(&mut self, point: &Point) {
        let (role, mark, text) = told(self.app, point);
        let room = self.width.saturating_sub(4);
        for (index, line) in wrap(&text, room, 0).iter().enumerate() {
            let mark = if index == 0 { mark } else { " " };
            let pieces = self.pieces().gap(2).add(role, mark).gap(1);
            let line = pieces.add(role, line);
            self.lines.push(line.line());
        }
    }

    fn hint(&mut self, point: &Point) {
        if let Some(hint) = &point.hint {
            self.text(Role::Code, 6, hint);
        }
    }

    fn evidence(&mut self, point: &Point) {
        if is_awaited(self.app, point) {
            return;
        }
        for evidence in &point.evidence {
            let value = match told_value(&evidence.value, None) {
                empty if empty.is_empty() => "\"\"".to_owned(),
                value => value,
            };
            self.text(Role::Muted, 6, &format!("{} = {value}", evidence.pointer));
        }
    }
}
