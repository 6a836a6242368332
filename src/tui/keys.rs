//! One table of keys: where one is, what is pressed, what it means. Dispatch, footer and help read
//! it, so that none of them can be wrong about the others.

use crossterm::event::KeyCode;

use super::msg::Chord;
use super::screen::Screen;

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The list of steps and checks.
    List,
    /// The detail of the selected check.
    Detail,
    /// Typing a filter.
    Filter,
    /// The agents of the isolation screen.
    Agents,
    /// What is so for the selected agent.
    Picture,
    /// The table of the dashboard.
    Table,
    /// The detail of a sandbox.
    Sandbox,
    /// The timeline of the dashboard.
    Timeline,
    /// The help is open, or another text to read.
    Help,
    /// A question is open: yes or no.
    Asking,
    /// A run that was interrupted is shown.
    Interrupted,
    /// Repairs are being made.
    Working,
    /// Something to read is open.
    Reading,
    /// A question about acting on sandboxes.
    Deciding,
    /// What is done to sandboxes, or a word about it.
    Told,
    /// The logs of a container.
    Log,
    /// Typing what to look for in them, or a file's name.
    LogTyping,
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
    Go(Screen),
    ScrollUp,
    ScrollDown,
    ScrollPageUp,
    ScrollPageDown,
    ShowAll,
    Recheck,
    RecheckAll,
    Fix,
    FixSafe,
    Mark,
    Undo,
    Explain,
    Yes,
    No,
    Resume,
    RollBack,
    Filter,
    Accept,
    Erase,
    Help,
    Back,
    Interrupt,
    Redraw,
    Live(Act),
    Play(Deck),
    Over(Over),
}

/// What a key asks of a dialog over the dashboard alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// From one sandbox to all of its agent's, and back.
    Widen,
    /// Those that are in use as well, or not.
    Heat,
    /// The newest line of the logs stays on the screen.
    Follow,
    /// When each line was written.
    Times,
    Wrap,
    Save,
}

/// What a key asks of the dashboard alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    SortNext,
    SortPrevious,
    Ascending,
    Descending,
    Group,
    /// What has gone in place of what is there, and back.
    Gone,
    /// The arithmetic of the headroom.
    Room,
    /// Times of the timeline as the clock shows them, or as ages.
    Clock,
    /// Puts the alerts away.
    Dismiss,
    /// Measures everything now.
    Measure,
    Want(Want),
    Logs,
    /// Keeps all that is known now in files.
    Evidence,
}

/// What is done with a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deck {
    /// Plays, or pauses.
    Toggle,
    Step,
    NextIncident,
    PreviousIncident,
    Faster,
    Slower,
    Begin,
    Forward,
    Back,
}

/// What a person wants done to a sandbox; asks first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    Stop,
    Kill,
    /// Or goes on, where it is paused.
    Pause,
    Remove,
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
const ASKING: &[Place] = &[Place::Asking];
const INTERRUPTED: &[Place] = &[Place::Interrupted];
const WORKING: &[Place] = &[Place::Working];
const READING: &[Place] = &[Place::Reading];
const AGENTS: &[Place] = &[Place::Agents];
const PICTURE: &[Place] = &[Place::Picture];
/// Lists of things to choose from, on every screen.
const LISTS: &[Place] = &[Place::List, Place::Agents];
/// All panes of all screens.
const SCREENS: &[Place] = &[Place::List, Place::Detail, Place::Agents, Place::Picture];
const READ: &[Place] = &[
    Place::Detail,
    Place::Picture,
    Place::Help,
    Place::Asking,
    Place::Interrupted,
    Place::Working,
    Place::Reading,
];
/// Where blanks turn pages, since there is nothing to choose.
const TEXT: &[Place] = &[
    Place::Picture,
    Place::Help,
    Place::Asking,
    Place::Interrupted,
    Place::Working,
    Place::Reading,
];
const MOVE: &[Place] = &[
    Place::List,
    Place::Detail,
    Place::Agents,
    Place::Picture,
    Place::Help,
    Place::Asking,
    Place::Interrupted,
    Place::Working,
    Place::Reading,
];
const UNTYPED: &[Place] = &[
    Place::List,
    Place::Detail,
    Place::Agents,
    Place::Picture,
    Place::Help,
];
const ALL: &[Place] = &[
    Place::List,
    Place::Detail,
    Place::Filter,
    Place::Agents,
    Place::Picture,
    Place::Help,
    Place::Asking,
    Place::Interrupted,
    Place::Working,
    Place::Reading,
];

const fn key(code: KeyCode) -> Chord {
    Chord::plain(code)
}

const fn char(c: char) -> Chord {
    Chord::char(c)
}

macro_rules! bindings {
    ($($places:ident [$($chord:expr),+] $command:ident $(($of:expr))?, $keys:literal, $help:literal $(, $footer:literal)?;)*) => {
        &[$(Binding {
            places: $places,
            chords: &[$($chord),+],
            command: Command::$command $(($of))?,
            keys: $keys,
            help: $help,
            footer: bindings!(@footer $($footer)?),
        },)*]
    };
    (@footer $footer:literal) => { Some($footer) };
    (@footer) => { None };
}

mod live;
mod overlay;

pub use live::PLAYER;

/// In the order in which the footer names them: what is dropped first where it is narrow, last.
static BINDINGS: &[Binding] = bindings! {
    UNTYPED [char('q'), key(KeyCode::Esc)] Back, "q esc", "back, or quit", "quit";
    SCREENS [char('?'), key(KeyCode::F(1))] Help, "?", "this help", "help";
    PANES [char('f')] Fix, "f", "mend this check, or the marked; asks first", "fix";
    PANES [char(' ')] Mark, "space", "mark for mending, or unmark", "mark";
    PANES [char('F')] FixSafe, "F", "mend all that is safe; asks first", "fix safe";
    LIST [key(KeyCode::Enter)] Open, "enter", "open or close a step; read a check", "open";
    DETAIL [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "enter left h", "back to the list", "list";
    PANES [char('e')] Explain, "e", "explain this check", "explain";
    PANES [char('u')] Undo, "u", "take the last repairs back; asks first", "undo";
    AGENTS [char('r')] RecheckAll, "r", "check everything again", "recheck";
    PICTURE [char('r')] RecheckAll, "r", "check everything again", "recheck";
    PANES [char('r')] Recheck, "r", "check this and what reads the same again", "recheck";
    SCREENS [char('R')] RecheckAll, "R", "check everything again";
    ASKING [char('y')] Yes, "y", "yes, do what is shown", "yes";
    ASKING [char('n'), key(KeyCode::Enter)] No, "n enter", "no, and on to the next question", "no";
    ASKING [key(KeyCode::Esc), char('q')] Back, "esc q", "nothing of it", "leave it";
    WORKING [key(KeyCode::Esc), char('q')] Back, "esc q", "stop; asks first, leaves nothing half done", "stop";
    INTERRUPTED [char('r')] Resume, "r", "bring it to rest and go on", "resume";
    INTERRUPTED [char('u')] RollBack, "u", "take all of it back; asks first", "take it back";
    INTERRUPTED [key(KeyCode::Esc), char('q')] Back, "esc q", "leave it as it is", "leave it";
    READING [char('u')] Undo, "u", "take the run back; asks first", "undo";
    READING [key(KeyCode::Esc), char('q'), key(KeyCode::Enter)] Back, "esc q enter", "back", "back";
    SCREENS [char('1')] Go(Screen::Checklist), "1", "the checklist";
    SCREENS [char('2')] Go(Screen::Live), "2", "what runs: the live dashboard";
    SCREENS [char('3')] Go(Screen::Isolation), "3", "how far the tools of each agent are shut in";
    SCREENS [char('n')] NextProblem, "n", "next problem", "next problem";
    SCREENS [char('N')] PreviousProblem, "N", "previous problem";
    LIST [key(KeyCode::Right), char('l')] Expand, "right l", "open a step; read a check";
    LIST [key(KeyCode::Left), char('h')] Collapse, "left h", "close the step";
    AGENTS [key(KeyCode::Enter), key(KeyCode::Right), char('l')] Open, "enter right l", "read about the agent", "read";
    PICTURE [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "enter left h", "back to the agents", "agents";
    SCREENS [key(KeyCode::Tab), key(KeyCode::BackTab)] NextPane, "tab", "other pane", "pane";
    PANES [char('/')] Filter, "/", "filter by id or title", "filter";
    PANES [char('a')] ShowAll, "a", "all checks, or only what needs attention", "all";
    MOVE [key(KeyCode::Up), char('k')] Up, "up k", "up";
    MOVE [key(KeyCode::Down), char('j')] Down, "down j", "down";
    MOVE [key(KeyCode::Home), char('g')] Top, "home g", "to the top";
    MOVE [key(KeyCode::End), char('G')] Bottom, "end G", "to the bottom";
    READ [key(KeyCode::PageUp)] PageUp, "pgup", "a page up";
    READ [key(KeyCode::PageDown)] PageDown, "pgdn", "a page down";
    TEXT [char(' ')] PageDown, "space", "a page down";
    LISTS [key(KeyCode::PageUp)] ScrollPageUp, "pgup", "scroll the text a page up";
    LISTS [key(KeyCode::PageDown)] ScrollPageDown, "pgdn", "scroll the text a page down";
    AGENTS [char(' ')] ScrollPageDown, "space", "scroll the text a page down";
    SCREENS [char('K')] ScrollUp, "K", "scroll the text up";
    SCREENS [char('J')] ScrollDown, "J", "scroll the text down";
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

/// All keys, of all places.
pub fn all() -> impl Iterator<Item = &'static Binding> {
    BINDINGS
        .iter()
        .chain(live::BINDINGS)
        .chain(overlay::BINDINGS)
}

/// What a key means to a recording that is played: it goes before its other meanings.
pub fn player(place: Place, chord: Chord) -> Option<Command> {
    PLAYER
        .iter()
        .filter(|binding| binding.places.contains(&place))
        .find(|binding| binding.chords.contains(&chord))
        .map(|binding| binding.command)
}

/// All that can be pressed in this place.
pub fn here(place: Place) -> impl Iterator<Item = &'static Binding> {
    all().filter(move |binding| binding.places.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> impl Iterator<Item = Place> {
        let places = ALL.iter().chain(live::PANES);
        places.chain(overlay::PLACES).copied()
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for place in places() {
            let chords: Vec<Chord> = here(place).flat_map(|b| b.chords).copied().collect();
            for (index, chord) in chords.iter().enumerate() {
                assert!(!chords[..index].contains(chord), "{place:?} {chord:?}");
            }
        }
    }

    #[test]
    fn one_can_leave_from_everywhere() {
        for place in places() {
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
    fn every_screen_can_be_gone_to_from_every_pane_by_its_digit() {
        for screen in Screen::ALL {
            let digit = Chord::char(screen.digit());
            for &place in SCREENS.iter().chain(live::PANES) {
                assert_eq!(
                    command(place, digit),
                    Some(Command::Go(screen)),
                    "{place:?}"
                );
            }
        }
    }

    #[test]
    fn letters_are_typed_while_a_filter_is() {
        for c in "qrnahjkl/?123sgdHxt<>".chars() {
            assert_eq!(command(Place::Filter, Chord::char(c)), None, "{c}");
        }
    }
}
