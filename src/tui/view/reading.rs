//! A dialog that is a text to read: the help, the headroom, the alerts.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::help::scrolls;
use super::put;
use crate::tui::app::App;
use crate::tui::layout;

/// What a dialog of this kind is like.
pub struct Reading {
    pub title: &'static str,
    /// Columns of its text where there is room for them.
    pub widest: u16,
}

impl Reading {
    /// Columns inside it.
    pub fn width(&self, size: Size) -> u16 {
        self.widest.min(size.width.saturating_sub(4)).max(1)
    }

    /// Where it is, with so many lines.
    pub fn frame(&self, size: Size, lines: usize) -> Rect {
        let height = u16::try_from(lines).unwrap_or(u16::MAX);
        layout::dialog(size, self.width(size), height)
    }

    /// From this line on, as much as there is room for.
    pub fn draw(
        &self,
        app: &App,
        lines: Vec<Line<'static>>,
        scroll: usize,
        size: Size,
        buffer: &mut Buffer,
    ) {
        let frame = self.frame(size, lines.len()).intersection(buffer.area);
        let inside = layout::inside(frame);
        let goes_on = lines.len() > usize::from(inside.height);
        Clear.render(frame, buffer);
        Block::bordered()
            .border_type(BorderType::Plain)
            .title(self.title)
            .title_bottom(scrolls(app, goes_on))
            .render(frame, buffer);
        for (y, line) in (0..inside.height).zip(lines.into_iter().skip(scroll)) {
            put(buffer, inside, y, line);
        }
    }
}
