//! What the app is told, and what it asks of the runtime.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::gathering::Scope;
use super::keeping;
use super::screen::{deeds, logs, repair};
use crate::checklist::isolation::Picture;
use crate::checklist::report::Report;
use crate::facts::Section;
use crate::fix::repair::Plan;
use crate::live::event;
use crate::live::sampling::Sight;

/// A message with the time at which it came, since the app was opened.
#[derive(Clone, Debug)]
pub struct Stamped<T> {
    pub at: Duration,
    pub what: T,
}

#[derive(Clone, Debug)]
pub enum Msg {
    Key(Chord),
    /// What was pasted is a text where one is typed, and nothing elsewhere.
    Pasted(String),
    Resized {
        width: u16,
        height: u16,
    },
    /// Where the mouse was pressed or its wheel turned.
    Mouse(Mouse),
    Probe(Probe),
    Repair(repair::Msg),
    Deed(deeds::Msg),
    Log(logs::Msg),
    /// What was learnt of the engine's sandboxes, with its own stamp on the wall clock.
    Live(event::Stamped<event::Event>),
    /// How the recording of it stands.
    Recording(keeping::State),
    Signal(Signal),
    /// The terminal gives no more input: why.
    InputEnded(String),
    /// The time that [`super::update::next_wake`] asked for has come.
    Wake,
}

/// What a gathering told, judged.
#[derive(Clone, Debug)]
pub enum Probe {
    Started(Section),
    /// What all that is known comes to once this section is.
    Done(Section, Box<Judged>),
    Finished(Box<Judged>, Box<Plan>),
    /// It ended without having finished: why.
    BrokeOff(String),
}

/// What facts come to, for each screen.
#[derive(Clone, Debug)]
pub struct Judged {
    pub report: Report,
    pub picture: Picture,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
    Hangup,
}

/// What the runtime is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Cmd {
    /// Begin a gathering.
    Gather(Scope),
    Repair(repair::Cmd),
    Deed(deeds::Cmd),
    Log(logs::Cmd),
    /// Draw everything anew: something else wrote to the terminal.
    Redraw,
    /// What is looked at now, for whom to sample how often.
    Look(Sight),
    /// Ring the terminal's bell.
    Bell,
    /// Tell a person who looks elsewhere, where that is wanted.
    Notify(String),
    /// What the terminal's window is called.
    Title(String),
    Leave(Leave),
}

/// Why the app ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leave {
    Quit,
    Signal(Signal),
    InputEnded(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub does: Does,
    pub column: u16,
    pub row: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    Press,
    WheelUp,
    WheelDown,
}

impl Mouse {
    /// None: of no consequence here.
    pub fn from_event(event: MouseEvent) -> Option<Self> {
        let does = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Does::Press,
            MouseEventKind::ScrollUp => Does::WheelUp,
            MouseEventKind::ScrollDown => Does::WheelDown,
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => return None,
        };
        Some(Self {
            does,
            column: event.column,
            row: event.row,
        })
    }
}

/// A key with the modifiers that matter. Shift is part of a character itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chord {
    pub code: KeyCode,
    pub modifiers: KeyModifiers,
}

impl Chord {
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    pub const fn char(c: char) -> Self {
        Self::plain(KeyCode::Char(c))
    }

    pub const fn ctrl(c: char) -> Self {
        Self {
            code: KeyCode::Char(c),
            modifiers: KeyModifiers::CONTROL,
        }
    }

    /// It is text where one types.
    pub fn is_typed(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

impl From<KeyEvent> for Chord {
    fn from(event: KeyEvent) -> Self {
        let with = match event.code {
            KeyCode::Char(_) | KeyCode::BackTab => KeyModifiers::CONTROL | KeyModifiers::ALT,
            _ => KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT,
        };
        Self {
            code: event.code,
            modifiers: event.modifiers.intersection(with),
        }
    }
}
