//! A text that is read from the top: headings, paragraphs, fields with names. Grows line by line
//! in a fixed width.

use ratatui::text::Line;

use super::line::Pieces;
use super::text::{chunks, fit, wrap};
use crate::tui::theme::{Role, Theme};

/// Columns of the name of a field.
const NAME: usize = 9;

pub struct Page {
    pub theme: Theme,
    pub width: usize,
    pub lines: Vec<Line<'static>>,
}

impl Page {
    pub fn new(theme: Theme, width: usize) -> Self {
        Self {
            theme,
            width,
            lines: Vec::new(),
        }
    }

    pub fn pieces(&self) -> Pieces {
        Pieces::new(self.theme, self.width)
    }

    pub fn push(&mut self, pieces: Pieces) {
        self.lines.push(pieces.line());
    }

    pub fn gap(&mut self) {
        self.lines.push(Line::default());
    }

    pub fn text(&mut self, role: Role, indent: usize, text: &str) {
        let head = " ".repeat(indent);
        for line in wrap(&format!("{head}{text}"), self.width, indent) {
            self.push(self.pieces().add(role, &line));
        }
    }

    pub fn heading(&mut self, text: &str) {
        self.gap();
        self.push(self.pieces().add(Role::Strong, text));
    }

    /// `name   value`, the value broken beside its name.
    pub fn field(&mut self, role: Role, name: &str, value: &str) {
        let room = self.width.saturating_sub(NAME + 2);
        self.beside(role, name, &wrap(value, room, 0));
    }

    /// As [`Self::field`], its blanks as they are.
    pub fn verbatim(&mut self, role: Role, name: &str, value: &str) {
        let room = self.width.saturating_sub(NAME + 2);
        self.beside(role, name, &chunks(value, room));
    }

    fn beside(&mut self, role: Role, name: &str, lines: &[String]) {
        for (index, line) in lines.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let pieces = self
                .pieces()
                .gap(2)
                .add(Role::Muted, &fit(name, NAME, ""))
                .add(role, line);
            self.push(pieces);
        }
    }
}
