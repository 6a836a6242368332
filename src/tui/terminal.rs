//! The terminal, taken and given back. It is given back when the guard is dropped, and by the
//! panic hook before anything is printed, and while another program talks to the user.
//!
//! A panic in a task (a crashing probe) does not end the app: the hook gives the terminal back,
//! the report is printed where the user finds it after leaving, and the next frame takes the
//! terminal again.

mod outlet;
mod sparing;

use std::cell::Cell;
use std::io::{self, IsTerminal as _};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::queue;
use crossterm::style::Print;
use crossterm::terminal::{
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode,
    enable_raw_mode,
};
use ratatui::layout::{Position, Rect, Size};

use super::app::App;
use super::view;
use crate::failure::Failure;
use crate::text::wash;
use outlet::{Outlet, Pen};
use sparing::Sparing;

type Backend = Sparing<Pen>;
type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send>;

/// What the window is called while nothing is wrong.
const TITLE: &str = "clawdoctor";
/// Characters of a title and of a notification.
const MOST_TITLE: usize = 100;
const MOST_NOTICE: usize = 200;
/// The terminal keeps its title on a stack of its own (XTWINOPS 22 and 23), since asking for it
/// would be answered on the input that the keys come from.
const KEEP_TITLE: &str = "\u{1b}[22;0t";
const OLD_TITLE: &str = "\u{1b}[23;0t";

/// Of this process: the panic hook has no other way to know.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whoever sends a frame, or gives the terminal back and reports a panic there: the one never comes
/// into the other.
static SENDING: Mutex<()> = Mutex::new(());

thread_local! {
    /// This thread is the one that sends: what it panics with is told all the same.
    static SENDS: Cell<bool> = const { Cell::new(false) };
}

/// Whether presses and the wheel come to the app. The terminal's own selection of text then wants
/// a modifier (shift, or option on a Mac).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pointer {
    #[default]
    Captured,
    Left,
}

/// Whether what rings is told as a notification too, and what stands between us and the terminal
/// that shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notices {
    #[default]
    Off,
    Plain,
    /// Which passes on what is wrapped for it, when `allow-passthrough` is set.
    ThroughTmux,
}

pub struct Terminal {
    pointer: Pointer,
    title: String,
    outlet: Outlet,
    inner: ratatui::Terminal<Backend>,
    previous: Arc<Hook>,
    /// What is on the screen is not what was drawn last.
    stale: bool,
    /// The window is not called so yet.
    renamed: bool,
}

impl Terminal {
    pub fn take(pointer: Pointer) -> Result<Self, Failure> {
        let refused = |error: io::Error| {
            Failure::system("cannot take the terminal for the app")
                .cause(error)
                .hint("clawdoctor check  prints the same checklist as text")
        };
        let outlet = Outlet::open().map_err(refused)?;
        let previous: Arc<Hook> = Arc::new(panic::take_hook());
        let (next, its) = (Arc::clone(&previous), outlet.clone());
        panic::set_hook(Box::new(move |info| {
            alone(|| {
                give_back(&its);
                if !is_deaf(&its) {
                    next(info);
                }
            });
        }));
        let title = TITLE.to_owned();
        let taken = enter(&outlet, pointer, &title)
            .and_then(|()| ratatui::Terminal::new(Sparing::new(Pen::of(&outlet))));
        match taken {
            Ok(inner) => Ok(Self {
                pointer,
                title,
                outlet,
                inner,
                previous,
                stale: false,
                renamed: false,
            }),
            Err(error) => {
                give_back(&outlet);
                outlet.close();
                unhook(previous);
                Err(refused(error))
            }
        }
    }

    pub fn size(&self) -> Size {
        self.inner.size().unwrap_or_default()
    }

    /// Makes one frame and sends it, and takes the terminal again if a panic elsewhere has given it
    /// back. What went wrong with an earlier frame is told here.
    pub fn draw(&mut self, app: &App) -> io::Result<()> {
        alone(|| self.write(app))
    }

    pub fn is_at_rest(&self) -> bool {
        self.outlet.is_at_rest()
    }

    /// Until the terminal has taken what was drawn.
    pub async fn rest(&self) {
        self.outlet.rest().await;
    }

    fn write(&mut self, app: &App) -> io::Result<()> {
        let renamed = std::mem::take(&mut self.renamed);
        if !TAKEN.load(Ordering::SeqCst) {
            enter(&self.outlet, self.pointer, &self.title)?;
            self.stale = true;
        } else if renamed {
            let mut bytes = Vec::new();
            queue!(bytes, SetTitle(&self.title))?;
            self.outlet.send(&mut bytes)?;
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

    /// Gives the terminal back with a line on it, until the next frame takes it again; whether the
    /// terminal has taken that.
    pub fn leave(&mut self, line: &str) -> bool {
        self.stale = true;
        alone(|| {
            give_back(&self.outlet) && {
                let mut line = format!("{line}\n").into_bytes();
                // A terminal that is gone is told by whoever reads from it.
                self.outlet.send(&mut line).is_ok() && self.outlet.drain()
            }
        })
    }

    /// Calls the window so, with the next frame.
    pub fn title(&mut self, words: &str) {
        self.title = wash(words, MOST_TITLE);
        self.renamed = true;
    }

    /// Rings the bell. Nothing of the screen is touched by it.
    pub fn ring(&self) -> io::Result<()> {
        self.outlet.try_send(b"\x07")
    }

    /// Tells what rings to a person who looks elsewhere. Nothing of the screen is touched by it, and
    /// a terminal that does not know the sequence leaves it.
    pub fn notify(&self, notices: Notices, words: &str) -> io::Result<()> {
        match notice(notices, words) {
            Some(notice) => self.outlet.try_send(notice.as_bytes()),
            None => Ok(()),
        }
    }

    /// Gives the terminal back for good; whether it took nothing any more.
    pub fn end(self) -> bool {
        give_back(&self.outlet);
        is_deaf(&self.outlet)
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn forget(&mut self) {
        self.stale = true;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back(&self.outlet);
        self.outlet.close();
        // A hook cannot be set while this thread panics; the process is about to end then.
        if !std::thread::panicking() {
            unhook(Arc::clone(&self.previous));
        }
    }
}

/// Whether to tell something on standard error would never end, and neither would we: it is a
/// terminal, and takes nothing any more.
fn is_deaf(outlet: &Outlet) -> bool {
    !outlet.is_at_rest() && io::stderr().is_terminal()
}

/// Does it while no other thread sends a frame or reports.
fn alone<T>(act: impl FnOnce() -> T) -> T {
    /// Gone when the act has ended, in whatever way.
    struct Mark;
    impl Drop for Mark {
        fn drop(&mut self) {
            SENDS.set(false);
        }
    }
    if SENDS.get() {
        return act();
    }
    // A panic while it was held leaves nothing half done that the next frame would not mend.
    let _held = SENDING.lock().unwrap_or_else(PoisonError::into_inner);
    SENDS.set(true);
    let _mark = Mark;
    act()
}

/// OSC 9, which iTerm2 began with and kitty, WezTerm and Ghostty understand too. OSC 777 would be
/// shown a second time by those that know both. The name in front also keeps the words from being
/// taken for a progress bar: `9;4;` is one.
fn notice(notices: Notices, words: &str) -> Option<String> {
    let words = wash(words, MOST_NOTICE);
    let plain = format!("\u{1b}]9;clawdoctor: {words}\u{7}");
    match notices {
        Notices::Off => None,
        Notices::Plain => Some(plain),
        Notices::ThroughTmux => {
            let doubled = plain.replace('\u{1b}', "\u{1b}\u{1b}");
            Some(format!("\u{1b}Ptmux;{doubled}\u{1b}\\"))
        }
    }
}

fn unhook(previous: Arc<Hook>) {
    drop(panic::take_hook());
    panic::set_hook(Box::new(move |info| previous(info)));
}

fn enter(outlet: &Outlet, pointer: Pointer, title: &str) -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    let mut bytes = Vec::new();
    queue!(
        bytes,
        Print(KEEP_TITLE),
        EnterAlternateScreen,
        Hide,
        // What is pasted comes as a text, and not as keys that do things.
        EnableBracketedPaste,
        SetTitle(title)
    )?;
    if pointer == Pointer::Captured {
        queue!(bytes, EnableMouseCapture)?;
    }
    outlet.send(&mut bytes)
}

/// Restores the terminal once, whoever asks first; whether it has taken that. Errors have no one to
/// go to: after a hangup there is no terminal any more.
fn give_back(outlet: &Outlet) -> bool {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return outlet.is_at_rest();
    }
    let mut bytes = Vec::new();
    let _in_memory = queue!(
        bytes,
        // Of a frame that was not drawn to its end.
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableBracketedPaste,
        Show,
        LeaveAlternateScreen,
        Print(OLD_TITLE)
    );
    let _gone = outlet.send(&mut bytes);
    let is_taken = outlet.drain();
    let _gone = disable_raw_mode();
    is_taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notification_is_one_sequence_whatever_its_words_are() {
        assert_eq!(notice(Notices::Off, "x"), None);
        let evil = "4;1;\u{1b}]0;owned\u{7}\u{202e}\r\nx";
        let told = notice(Notices::Plain, evil).expect("it is wanted");
        let body = told
            .strip_prefix("\u{1b}]9;clawdoctor: ")
            .and_then(|rest| rest.strip_suffix('\u{7}'));
        let body = body.expect("begins and ends as one");
        assert!(!body.chars().any(char::is_control), "{body:?}");
        assert!(!body.contains('\u{202e}'), "{body:?}");
        let long = notice(Notices::Plain, &"x".repeat(5000)).expect("it is wanted");
        assert!(long.chars().count() < 250);
    }

    #[test]
    fn through_tmux_it_is_wrapped_with_every_escape_doubled() {
        let told = notice(Notices::ThroughTmux, "the engine is lost");
        let wrapped = "\u{1b}Ptmux;\u{1b}\u{1b}]9;clawdoctor: the engine is lost\u{7}\u{1b}\\";
        assert_eq!(told.as_deref(), Some(wrapped));
    }
}
