//! A backend that writes nothing where nothing changed. Crossterm's own sets colours back at the end
//! of every frame and hides the cursor again, be the frame as empty as it may; over SSH each of
//! these is a packet.
//!
//! What it writes is one synchronized update (DEC private mode 2026): a terminal that knows them
//! shows the whole frame at once, also where it comes in several packets or begins with an erased
//! screen. Others leave the two sequences.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui_crossterm::CrosstermBackend;

pub struct Sparing<W: Write> {
    inner: CrosstermBackend<W>,
    /// A frame has begun that no flush has ended yet.
    is_within: bool,
}

impl<W: Write> Sparing<W> {
    pub fn new(writer: W) -> Self {
        Self {
            inner: CrosstermBackend::new(writer),
            is_within: false,
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.is_within, true) {
            return Ok(());
        }
        queue!(self.inner, BeginSynchronizedUpdate)
    }
}

impl<W: Write> Backend for Sparing<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.begin()?;
        self.inner.draw(content)
    }

    /// Hidden since the terminal was taken, and shown by no frame.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// By whoever gives the terminal back. Ratatui would show it once more when it is dropped, and
    /// complain on standard error where that fails: to a terminal that is gone, which is a panic.
    fn show_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.inner.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.begin()?;
        self.inner.clear()
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.begin()?;
        self.inner.clear_region(what)
    }

    fn size(&self) -> io::Result<Size> {
        self.inner.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_within) {
            queue!(self.inner, EndSynchronizedUpdate)?;
        }
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_like_the_one_before_writes_nothing() {
        let written = Written::default();
        let backend = Sparing::new(written.clone());
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport })
            .expect("a fixed size is asked of nobody");
        let mut draw = |text: &'static str| {
            terminal
                .draw(|frame| frame.render_widget(text, frame.area()))
                .expect("memory takes whatever is written");
            written.0.borrow().len()
        };
        let one = draw("as it is");
        assert!(one > 0);
        assert_eq!(draw("as it is"), one);
        assert!(draw("as it was") > one);
    }

    #[test]
    fn a_frame_is_one_update_be_it_with_an_erased_screen() {
        let written = Written::default();
        let backend = Sparing::new(written.clone());
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport })
            .expect("a fixed size is asked of nobody");
        for words in ["one", "two"] {
            terminal.backend_mut().clear().expect("memory takes it");
            terminal
                .draw(|frame| frame.render_widget(words, frame.area()))
                .expect("memory takes it");
            let bytes = std::mem::take(&mut *written.0.borrow_mut());
            let text = String::from_utf8(bytes).expect("our own");
            let body = text
                .strip_prefix("\u{1b}[?2026h")
                .and_then(|rest| rest.strip_suffix("\u{1b}[?2026l"));
            let body = body.expect("begins and ends as one");
            assert!(!body.contains("?2026"), "{body:?}");
            assert!(
                body.contains("\u{1b}[2J") && body.contains(words),
                "{body:?}"
            );
        }
    }
}
