//! Writes rows of cells straight into the buffer. One scratch text serves all cells of a frame, so
//! that a table costs no memory for each of them.

use std::fmt::{Arguments, Write as _};

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::text::{columns, head, tail};
use crate::tui::theme::{Role, Theme};

/// Columns below which both ends of a text would tell nothing.
const ENDS: usize = 8;

pub struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    scratch: String,
    row: Rect,
    x: u16,
}

impl<'a> Pen<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: Theme) -> Self {
        Self {
            buffer,
            theme,
            scratch: String::with_capacity(256),
            row: Rect::default(),
            x: 0,
        }
    }

    /// Goes to the beginning of a row of the area; what is outside of it is not drawn.
    pub fn row(&mut self, area: Rect, row: u16) -> &mut Self {
        let height = u16::from(row < area.height);
        let at = Rect::new(area.x, area.y.saturating_add(row), area.width, height);
        self.row = at.intersection(self.buffer.area);
        self.x = self.row.x;
        self
    }

    /// Columns that are left of the row.
    pub fn room(&self) -> usize {
        if self.row.height == 0 {
            return 0;
        }
        usize::from(self.row.right().saturating_sub(self.x))
    }

    pub fn gap(&mut self, columns: usize) -> &mut Self {
        let columns = columns.min(self.room());
        self.x += u16::try_from(columns).unwrap_or(0);
        self
    }

    /// The text, as far as there is room for it.
    pub fn text(&mut self, role: Role, text: &str) -> &mut Self {
        let width = columns(text).min(self.room());
        self.cell(role, text, width)
    }

    pub fn write(&mut self, role: Role, text: Arguments<'_>) -> &mut Self {
        self.format(text, |pen, text| {
            pen.text(role, text);
        })
    }

    /// The text in exactly this width, with an ellipsis where it was longer.
    pub fn cell(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
        let width = width.min(self.room());
        self.place(role, text, width);
        self.gap(width)
    }

    /// As `cell`, but of a longer text the end is shown: names begin alike.
    pub fn tail(&mut self, role: Role, text: &str, width: usize) -> &mut Self {
        let width = width.min(self.room());
        if columns(text) <= width {
            return self.cell(role, text, width);
        }
        let ellipsis = self.theme.ellipsis();
        let end = tail(text, width.saturating_sub(columns(ellipsis)));
        self.cell_of(role, format_args!("{ellipsis}{end}"), width)
    }

    pub fn cell_of(&mut self, role: Role, text: Arguments<'_>, width: usize) -> &mut Self {
        self.format(text, |pen, text| {
            pen.cell(role, text, width);
        })
    }

    /// As `cell_of`, but of a longer text both ends are shown: whose it is begins alike and ends
    /// alike.
    pub fn ends_of(&mut self, role: Role, text: Arguments<'_>, width: usize) -> &mut Self {
        self.format(text, |pen, text| {
            let width = width.min(pen.room());
            if columns(text) <= width || width < ENDS {
                pen.cell(role, text, width);
                return;
            }
            let ellipsis = pen.theme.ellipsis();
            let room = width.saturating_sub(columns(ellipsis));
            let end = tail(text, room / 2);
            let begin = head(text, room - columns(end));
            let rest = room - columns(end) - columns(begin);
            pen.text(role, begin).text(role, ellipsis).text(role, end);
            pen.gap(rest);
        })
    }

    /// A figure at the right end of exactly this width.
    pub fn figure(&mut self, role: Role, text: Arguments<'_>, width: usize) -> &mut Self {
        self.format(text, |pen, text| {
            let gap = width.saturating_sub(columns(text));
            pen.gap(gap).cell(role, text, width - gap);
        })
    }

    /// At the right end of the row, where there is room for all of it behind what stands there.
    pub fn at_end(&mut self, role: Role, text: Arguments<'_>) -> &mut Self {
        self.ends(role, text);
        self
    }

    /// As `at_end`; whether there was room for it.
    pub fn ends(&mut self, role: Role, text: Arguments<'_>) -> bool {
        let mut fits = false;
        self.format(text, |pen, text| {
            let width = columns(text);
            fits = width + 2 <= pen.room();
            if fits {
                let gap = pen.room() - width;
                pen.gap(gap).text(role, text);
            }
        });
        fits
    }

    /// How many columns it would take.
    pub fn measure(&mut self, text: Arguments<'_>) -> usize {
        let mut width = 0;
        self.format(text, |_, text| width = columns(text));
        width
    }

    /// Draws nothing in so many columns at the end of the row, until they are freed: how many of
    /// them there were.
    pub fn keep(&mut self, columns: usize) -> u16 {
        let kept = u16::try_from(columns.min(self.room())).unwrap_or(0);
        self.row.width -= kept;
        kept
    }

    pub fn free(&mut self, kept: u16) -> &mut Self {
        self.row.width += kept;
        self
    }

    /// Behind a gap, where there is room for all of it; else nothing.
    pub fn offer(&mut self, role: Role, text: Arguments<'_>) -> &mut Self {
        self.format(text, |pen, text| {
            if columns(text) + 2 <= pen.room() {
                pen.gap(2).text(role, text);
            }
        })
    }

    /// `width` columns of a bar that is filled by this share.
    pub fn bar(&mut self, role: Role, share: f64, width: usize) -> &mut Self {
        let width = width.min(self.room());
        let full = filled(share, width);
        for index in 0..width {
            let (symbol, role) = if index < full {
                (self.theme.full(), role)
            } else if index == 0 && share > 0.0 {
                (self.theme.sliver(), role)
            } else {
                (self.theme.blank(), Role::Muted)
            };
            self.text(role, symbol);
        }
        self
    }

    /// The symbol to the end of the row.
    pub fn fill(&mut self, role: Role, symbol: &str) -> &mut Self {
        while self.room() > 0 {
            self.text(role, symbol);
        }
        self
    }

    /// Lays a look over the whole row.
    pub fn wash(&mut self, look: Style) -> &mut Self {
        self.buffer.set_style(self.row, look);
        self
    }

    fn format(&mut self, text: Arguments<'_>, put: impl FnOnce(&mut Self, &str)) -> &mut Self {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch
            .write_fmt(text)
            .expect("a text takes whatever is written");
        put(self, &scratch);
        self.scratch = scratch;
        self
    }

    fn place(&mut self, role: Role, text: &str, width: usize) {
        if self.row.height == 0 || width == 0 {
            return;
        }
        let look = self.theme.look(role);
        let (x, y) = (self.x, self.row.y);
        if columns(text) <= width {
            self.buffer.set_stringn(x, y, text, width, look);
            return;
        }
        let ellipsis = self.theme.ellipsis();
        let room = width - columns(ellipsis).min(width);
        let text = head(text, room).trim_end();
        let (x, _) = self.buffer.set_stringn(x, y, text, room, look);
        self.buffer.set_stringn(x, y, ellipsis, 1, look);
    }
}

/// How many of `width` columns a share fills.
fn filled(share: f64, width: usize) -> usize {
    if share <= 0.0 || share.is_nan() {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "columns of a screen"
    )]
    let full = (share.min(1.0) * width as f64).round() as usize;
    full
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::Style as Terminal;

    fn drawn(width: u16, draw: impl FnOnce(&mut Pen<'_>)) -> String {
        let area = Rect::new(0, 0, width, 1);
        let mut buffer = Buffer::empty(area);
        let mut pen = Pen::new(&mut buffer, Theme::new(Terminal::default()));
        pen.row(area, 0);
        draw(&mut pen);
        // The second cell of a wide character is a blank that is not seen.
        let mut text = String::new();
        let mut skip = 0;
        for cell in &buffer.content {
            if skip == 0 {
                text.push_str(cell.symbol());
                skip = columns(cell.symbol()).max(1);
            }
            skip -= 1;
        }
        text
    }

    #[test]
    fn cells_keep_their_width_whatever_is_in_them() {
        for name in [
            "ab",
            "abcdefgh",
            "日本語です",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ] {
            let text = drawn(9, |pen| {
                pen.cell(Role::Plain, name, 5).text(Role::Plain, "|end");
            });
            assert_eq!(columns(&text), 9, "{text}");
            assert!(text.ends_with("|end"), "{text}");
        }
    }

    #[test]
    fn figures_stand_at_the_right_and_never_beyond_the_row() {
        let text = drawn(8, |pen| {
            pen.figure(Role::Plain, format_args!("{}", 42), 5).figure(
                Role::Plain,
                format_args!("123456"),
                5,
            );
        });
        assert_eq!(text, "   4212…");
    }

    #[test]
    fn what_is_little_is_not_drawn_as_nothing() {
        let bar = |share| {
            drawn(3, |pen| {
                pen.bar(Role::Plain, share, 3);
            })
        };
        assert_eq!(bar(0.001), "▏░░");
        assert_eq!(bar(0.0), "░░░");
        assert_eq!(bar(0.7), "██░");
        assert_eq!(filled(0.001, 6), 0);
        assert_eq!(filled(0.0, 6), 0);
        assert_eq!(filled(7.0, 6), 6);
        assert_eq!(filled(f64::NAN, 6), 0);
    }

    #[test]
    fn outside_of_the_area_nothing_is_drawn() {
        let area = Rect::new(0, 0, 4, 1);
        let mut buffer = Buffer::empty(area);
        let mut pen = Pen::new(&mut buffer, Theme::new(Terminal::default()));
        pen.row(area, 1)
            .text(Role::Plain, "x")
            .fill(Role::Plain, "y");
        pen.row(Rect::new(3, 0, 9, 1), 0).text(Role::Plain, "abc");
        assert_eq!(buffer.content[0].symbol(), " ");
        assert_eq!(buffer.content[3].symbol(), "…");
    }
}
