//! A line put together from pieces with roles.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{columns, cut};
use crate::tui::theme::{Role, Theme};

/// Grows from left to right and never beyond its width.
pub struct Pieces {
    theme: Theme,
    spans: Vec<Span<'static>>,
    used: usize,
    width: usize,
}

impl Pieces {
    pub fn new(theme: Theme, width: usize) -> Self {
        Self {
            theme,
            spans: Vec::new(),
            used: 0,
            width,
        }
    }

    pub fn room(&self) -> usize {
        self.width - self.used
    }

    #[must_use]
    pub fn add(mut self, role: Role, text: &str) -> Self {
        let text = cut(text, self.room(), self.theme.ellipsis());
        self.used += columns(&text);
        self.spans.push(Span::styled(text, self.theme.look(role)));
        self
    }

    #[must_use]
    pub fn gap(self, columns: usize) -> Self {
        let blanks = " ".repeat(columns.min(self.room()));
        self.add(Role::Plain, &blanks)
    }

    /// The line in at most this width.
    #[must_use]
    pub fn cut(self, width: usize) -> Self {
        let whole = self.width;
        let mut short = Self::new(self.theme, width).join(self);
        short.width = whole;
        short
    }

    /// The other line right behind this one, as far as it fits.
    #[must_use]
    pub fn join(mut self, other: Self) -> Self {
        for span in other.spans {
            let text = cut(&span.content, self.room(), self.theme.ellipsis());
            self.used += columns(&text);
            self.spans.push(Span::styled(text, span.style));
        }
        self
    }

    /// The other line at the right end, when there is room for all of it and a gap.
    #[must_use]
    pub fn right(mut self, other: Self) -> Self {
        if other.used > 0 && other.used <= self.room() {
            let gap = self.room() - other.used;
            self = self.gap(gap);
            self.used += other.used;
            self.spans.extend(other.spans);
        }
        self
    }

    pub fn used(&self) -> usize {
        self.used
    }

    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }

    /// The line in its whole width, with one look laid over all of it.
    pub fn bar(self, look: Style) -> Line<'static> {
        let gap = self.room();
        let mut line = self.gap(gap).line();
        for span in &mut line.spans {
            span.style = span.style.patch(look);
        }
        line
    }
}
