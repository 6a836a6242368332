//! A backend that writes nothing where nothing changed. Crossterm's own sets colours back at the end
//! of every frame and hides the cursor again, be the frame as empty as it may; over SSH each of
//! these is a packet.

use std::io;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

pub struct Sparing<B>(pub B);

impl<B: Backend<Error = io::Error>> Backend for Sparing<B> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.0.draw(content)
    }

    /// Hidden since the terminal was taken, and shown by no frame.
    fn hide_cursor(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.0.clear_region(what)
    }

    fn size(&self) -> io::Result<Size> {
        self.0.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};
    use ratatui_crossterm::CrosstermBackend;

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
        let backend = Sparing(CrosstermBackend::new(written.clone()));
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
}
