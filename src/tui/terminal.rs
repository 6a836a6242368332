//! The terminal, taken and given back. It is given back when the guard is dropped, and by the
//! panic hook before anything is printed, and while another program talks to the user.
//!
//! A panic in a task (a crashing probe) does not end the app: the hook gives the terminal back,
//! the report is printed where the user finds it after leaving, and the next frame takes the
//! terminal again.

use std::cell::Cell;
use std::io::{BufWriter, Stdout, Write, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect, Size};

use super::app::App;
use super::view;
use crate::failure::Failure;

type Backend = CrosstermBackend<BufWriter<Stdout>>;
type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send>;

/// Of this process: the panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whoever writes to the terminal: a frame is whole, and so is the report of a panic elsewhere.
static WRITING: Mutex<()> = Mutex::new(());

thread_local! {
    /// This thread is the one that writes: what it panics with is told all the same.
    static WRITES: Cell<bool> = const { Cell::new(false) };
}

/// Whether presses and the wheel come to the app. The terminal's own selection of text then wants
/// a modifier (shift, or option on a Mac).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pointer {
    #[default]
    Captured,
    Left,
}

pub struct Terminal {
    pointer: Pointer,
    inner: ratatui::Terminal<Backend>,
    previous: Arc<Hook>,
    /// What is on the screen is not what was drawn last.
    stale: bool,
}

impl Terminal {
    pub fn take(pointer: Pointer) -> Result<Self, Failure> {
        let previous: Arc<Hook> = Arc::new(panic::take_hook());
        let next = Arc::clone(&previous);
        panic::set_hook(Box::new(move |info| {
            alone(|| {
                give_back();
                next(info);
            });
        }));
        let taken = enter(pointer).and_then(|()| {
            let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, stdout()));
            ratatui::Terminal::new(backend)
        });
        match taken {
            Ok(inner) => Ok(Self {
                pointer,
                inner,
                previous,
                stale: false,
            }),
            Err(error) => {
                give_back();
                unhook(previous);
                Err(Failure::system("cannot take the terminal for the app")
                    .cause(error)
                    .hint("clawdoctor check  prints the same checklist as text"))
            }
        }
    }

    pub fn size(&self) -> Size {
        self.inner.size().unwrap_or_default()
    }

    /// Draws one frame, and takes the terminal again if a panic elsewhere has given it back.
    pub fn draw(&mut self, app: &App) -> std::io::Result<()> {
        alone(|| self.write(app))
    }

    fn write(&mut self, app: &App) -> std::io::Result<()> {
        if !TAKEN.load(Ordering::SeqCst) {
            enter(self.pointer)?;
            self.stale = true;
        }
        if std::mem::take(&mut self.stale) {
            // Not `clear`, which asks the terminal where its cursor is and waits for the answer
            // on the same input that the keys come from.
            let size = self.inner.size()?;
            self.inner.resize(Rect::from((Position::ORIGIN, size)))?;
        }
        self.inner.draw(|frame| view::view(app, frame))?;
        Ok(())
    }

    /// Gives the terminal back with a line on it, until the next frame takes it again.
    pub fn leave(&mut self, line: &str) {
        alone(|| {
            give_back();
            let mut out = stdout();
            // A terminal that is gone is told by whoever reads from it.
            let _gone = writeln!(out, "{line}");
            let _gone = out.flush();
        });
        self.stale = true;
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.stale = true;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
        // A hook cannot be set while this thread panics; the process is about to end then.
        if !std::thread::panicking() {
            unhook(Arc::clone(&self.previous));
        }
    }
}

/// Rings the bell. Nothing of the screen is touched by it.
pub fn ring() -> std::io::Result<()> {
    alone(|| {
        let mut out = stdout();
        out.write_all(b"\x07")?;
        out.flush()
    })
}

/// Does it while no other thread writes to the terminal.
fn alone<T>(act: impl FnOnce() -> T) -> T {
    /// Gone when the act has ended, in whatever way.
    struct Mark;
    impl Drop for Mark {
        fn drop(&mut self) {
            WRITES.set(false);
        }
    }
    if WRITES.get() {
        return act();
    }
    // A panic while it was held leaves nothing half done that the next frame would not mend.
    let _held = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    WRITES.set(true);
    let _mark = Mark;
    act()
}

fn unhook(previous: Arc<Hook>) {
    drop(panic::take_hook());
    panic::set_hook(Box::new(move |info| previous(info)));
}

fn enter(pointer: Pointer) -> std::io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, Hide)?;
    match pointer {
        Pointer::Captured => execute!(stdout(), EnableMouseCapture),
        Pointer::Left => Ok(()),
    }
}

/// Restores the terminal once, whoever asks first. Errors have no one to go to: after a hangup
/// there is no terminal any more.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _gone = execute!(out, DisableMouseCapture, Show, LeaveAlternateScreen);
    let _gone = out.flush();
    let _gone = disable_raw_mode();
}
