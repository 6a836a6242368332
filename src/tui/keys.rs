//! One table of keys: where one is, what is pressed, what it means. Dispatch, footer and help read
//! it, so that none of them can be wrong about the others.

use crossterm::event::KeyCode;

use super::msg::Chord;

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list of steps and checks.
    List,
    /// The detail of the selected check.
    Detail,
    /// Typing a filter.
    Filter,
    /// The help is open.
    Help,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Up,
    Down,
    PageUp,
    PageDown,
    Top,
    Bottom,
    NextProblem,
    PreviousProblem,
    Open,
    Expand,
    Collapse,
    NextPane,
    ScrollUp,
    ScrollDown,
    ScrollPageUp,
    ScrollPageDown,
    ShowAll,
    Recheck,
    Filter,
    Accept,
    Erase,
    Help,
    Back,
    Interrupt,
    Redraw,
}

pub struct Binding {
    pub places: &'static [Place],
    pub chords: &'static [Chord],
    pub command: Command,
    /// As footer and help name the keys.
    pub keys: &'static str,
    /// What it does, for the help.
    pub help: &'static str,
    /// A word for the footer; most keys are in the help alone.
    pub footer: Option<&'static str>,
}

const LIST: &[Place] = &[Place::List];
const DETAIL: &[Place] = &[Place::Detail];
const FILTER: &[Place] = &[Place::Filter];
const PANES: &[Place] = &[Place::List, Place::Detail];
const READ: &[Place] = &[Place::Detail, Place::Help];
const MOVE: &[Place] = &[Place::List, Place::Detail, Place::Help];
const UNTYPED: &[Place] = &[Place::List, Place::Detail, Place::Help];
const ALL: &[Place] = &[Place::List, Place::Detail, Place::Filter, Place::Help];

const fn key(code: KeyCode) -> Chord {
    Chord::plain(code)
}

const fn char(c: char) -> Chord {
    Chord::char(c)
}

macro_rules! bindings {
    ($($places:ident [$($chord:expr),+] $command:ident, $keys:literal, $help:literal $(, $footer:literal)?;)*) => {
        &[$(Binding {
            places: $places,
            chords: &[$($chord),+],
            command: Command::$command,
            keys: $keys,
            help: $help,
            footer: bindings!(@footer $($footer)?),
        },)*]
    };
    (@footer $footer:literal) => { Some($footer) };
    (@footer) => { None };
}

/// In the order in which the footer names them: what is dropped first where it is narrow, last.
pub static BINDINGS: &[Binding] = bindings! {
    UNTYPED [char('q'), key(KeyCode::Esc)] Back, "q esc", "back, or quit", "quit";
    PANES [char('?'), key(KeyCode::F(1))] Help, "?", "this help", "help";
    PANES [char('r')] Recheck, "r", "check everything again", "recheck";
    PANES [char('n')] NextProblem, "n", "next problem", "next problem";
    PANES [char('N')] PreviousProblem, "N", "previous problem";
    LIST [key(KeyCode::Enter)] Open, "enter", "open or close a step; read a check", "open";
    DETAIL [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "enter left h", "back to the list", "list";
    LIST [key(KeyCode::Right), char('l')] Expand, "right l", "open a step; read a check";
    LIST [key(KeyCode::Left), char('h')] Collapse, "left h", "close the step";
    PANES [key(KeyCode::Tab), key(KeyCode::BackTab)] NextPane, "tab", "other pane", "pane";
    PANES [char('/')] Filter, "/", "filter by id or title", "filter";
    PANES [char('a')] ShowAll, "a", "all checks, or only what needs attention", "all";
    MOVE [key(KeyCode::Up), char('k')] Up, "up k", "up";
    MOVE [key(KeyCode::Down), char('j')] Down, "down j", "down";
    MOVE [key(KeyCode::Home), char('g')] Top, "home g", "to the top";
    MOVE [key(KeyCode::End), char('G')] Bottom, "end G", "to the bottom";
    READ [key(KeyCode::PageUp)] PageUp, "pgup", "a page up";
    READ [key(KeyCode::PageDown), char(' ')] PageDown, "pgdn", "a page down";
    LIST [key(KeyCode::PageUp)] ScrollPageUp, "pgup", "scroll the detail a page up";
    LIST [key(KeyCode::PageDown), char(' ')] ScrollPageDown, "pgdn", "scroll the detail a page down";
    PANES [char('K')] ScrollUp, "K", "scroll the detail up";
    PANES [char('J')] ScrollDown, "J", "scroll the detail down";
    FILTER [key(KeyCode::Enter)] Accept, "enter", "keep the filter", "keep";
    FILTER [key(KeyCode::Esc)] Back, "esc", "drop the filter", "drop";
    FILTER [key(KeyCode::Backspace)] Erase, "backspace", "erase a character", "erase";
    FILTER [key(KeyCode::Up)] Up, "up", "up";
    FILTER [key(KeyCode::Down)] Down, "down", "down";
    ALL [Chord::ctrl('l')] Redraw, "ctrl-l", "draw the screen anew";
    ALL [Chord::ctrl('c')] Interrupt, "ctrl-c", "leave at once";
};

/// What a key means in this place.
pub fn command(place: Place, chord: Chord) -> Option<Command> {
    here(place)
        .find(|binding| binding.chords.contains(&chord))
        .map(|binding| binding.command)
}

/// All that can be pressed in this place.
pub fn here(place: Place) -> impl Iterator<Item = &'static Binding> {
    BINDINGS
        .iter()
        .filter(move |binding| binding.places.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACES: [Place; 4] = [Place::List, Place::Detail, Place::Filter, Place::Help];

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in PLACES {
            let chords: Vec<Chord> = here(place).flat_map(|b| b.chords).copied().collect();
            for (index, chord) in chords.iter().enumerate() {
                assert!(!chords[..index].contains(chord), "{place:?} {chord:?}");
            }
        }
    }

    #[test]
    fn one_can_leave_from_everywhere() {
        for place in PLACES {
            assert_eq!(
                command(place, Chord::ctrl('c')),
                Some(Command::Interrupt),
                "{place:?}"
            );
            assert_eq!(
                command(place, Chord::plain(KeyCode::Esc)),
                Some(Command::Back),
                "{place:?}"
            );
        }
    }

    #[test]
    fn letters_are_typed_while_a_filter_is() {
        for c in "qrnahjkl/?".chars() {
            assert_eq!(command(Place::Filter, Chord::char(c)), None, "{c}");
        }
    }
}
