//! One table of keys: where one is, what is pressed, what it means. Dispatch, footer and help read
//! it, so that none of them can be wrong about the others.
//!
//! Here and in live.rs and overlay.rs stand the keys as they are without settings; the table in
//! force, [`Keymap`], is made of these and of what settings say.

mod chord;
mod keymap;
mod listing;
mod place;
mod rebinding;

use crossterm::event::KeyCode;

use super::msg::Chord;
use super::screen::Screen;

pub use keymap::{Binding, Keymap};
pub use listing::{Listed, Listing};
pub use place::{Place, Section};

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
    /// All that has alarmed.
    Alerts,
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

/// The keys of a command as they are without settings.
struct Row {
    places: &'static [Place],
    chords: &'static [Chord],
    command: Command,
    /// By which settings name it. What a user takes for one thing has one word.
    word: &'static str,
    /// What it does, for the help.
    help: &'static str,
    /// A word for the footer; most keys are in the help alone.
    footer: Option<&'static str>,
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

macro_rules! rows {
    ($($places:ident [$($chord:expr),+] $command:ident $(($of:expr))?, $word:literal, $help:literal $(, $footer:literal)?;)*) => {
        &[$(Row {
            places: $places,
            chords: &[$($chord),+],
            command: Command::$command $(($of))?,
            word: $word,
            help: $help,
            footer: rows!(@footer $($footer)?),
        },)*]
    };
    (@footer $footer:literal) => { Some($footer) };
    (@footer) => { None };
}

mod live;
mod overlay;

/// In the order in which the footer names them: what is dropped first where it is narrow, last.
static ROWS: &[Row] = rows! {
    UNTYPED [char('q'), key(KeyCode::Esc)] Back, "back", "back, or quit", "quit";
    SCREENS [char('?'), key(KeyCode::F(1))] Help, "help", "this help", "help";
    PANES [char('f')] Fix, "fix", "mend this check, or the marked; asks first", "fix";
    PANES [char(' ')] Mark, "mark", "mark for mending, or unmark", "mark";
    PANES [char('F')] FixSafe, "fix-safe", "mend all that is safe; asks first", "fix safe";
    LIST [key(KeyCode::Enter)] Open, "open", "open or close a step; read a check", "open";
    DETAIL [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "close", "back to the list", "list";
    PANES [char('e')] Explain, "explain", "explain this check", "explain";
    PANES [char('u')] Undo, "undo", "take the last repairs back; asks first", "undo";
    AGENTS [char('r')] RecheckAll, "recheck", "check everything again", "recheck";
    PICTURE [char('r')] RecheckAll, "recheck", "check everything again", "recheck";
    PANES [char('r')] Recheck, "recheck", "check this and what reads the same again", "recheck";
    SCREENS [char('R')] RecheckAll, "recheck-all", "check everything again";
    ASKING [char('y')] Yes, "yes", "yes, do what is shown", "yes";
    ASKING [char('n'), key(KeyCode::Enter)] No, "no", "no, and on to the next question", "no";
    ASKING [key(KeyCode::Esc), char('q')] Back, "back", "nothing of it", "leave it";
    WORKING [key(KeyCode::Esc), char('q')] Back, "back", "stop; asks first, leaves nothing half done", "stop";
    INTERRUPTED [char('r')] Resume, "resume", "bring it to rest and go on", "resume";
    INTERRUPTED [char('u')] RollBack, "take-back", "take all of it back; asks first", "take it back";
    INTERRUPTED [key(KeyCode::Esc), char('q')] Back, "back", "leave it as it is", "leave it";
    READING [char('u')] Undo, "undo", "take the run back; asks first", "undo";
    READING [key(KeyCode::Esc), char('q'), key(KeyCode::Enter)] Back, "back", "back", "back";
    SCREENS [char('1')] Go(Screen::Checklist), "go-checklist", "the checklist";
    SCREENS [char('2')] Go(Screen::Live), "go-dashboard", "what runs: the live dashboard";
    SCREENS [char('3')] Go(Screen::Isolation), "go-isolation", "how far the tools of each agent are shut in";
    SCREENS [char('n')] NextProblem, "next-problem", "next problem", "next problem";
    SCREENS [char('N')] PreviousProblem, "previous-problem", "previous problem";
    LIST [key(KeyCode::Right), char('l')] Expand, "expand", "open a step; read a check";
    LIST [key(KeyCode::Left), char('h')] Collapse, "collapse", "close the step";
    AGENTS [key(KeyCode::Enter), key(KeyCode::Right), char('l')] Open, "open", "read about the agent", "read";
    PICTURE [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "close", "back to the agents", "agents";
    SCREENS [key(KeyCode::Tab), key(KeyCode::BackTab)] NextPane, "next-pane", "other pane", "pane";
    PANES [char('/')] Filter, "filter", "filter by id or title", "filter";
    PANES [char('a')] ShowAll, "show-all", "all checks, or only what needs attention", "all";
    MOVE [key(KeyCode::Up), char('k')] Up, "up", "up";
    MOVE [key(KeyCode::Down), char('j')] Down, "down", "down";
    MOVE [key(KeyCode::Home), char('g')] Top, "top", "to the top";
    MOVE [key(KeyCode::End), char('G')] Bottom, "bottom", "to the bottom";
    READ [key(KeyCode::PageUp)] PageUp, "page-up", "a page up";
    READ [key(KeyCode::PageDown)] PageDown, "page-down", "a page down";
    TEXT [char(' ')] PageDown, "page-down", "a page down";
    LISTS [key(KeyCode::PageUp)] ScrollPageUp, "scroll-page-up", "scroll the text a page up";
    LISTS [key(KeyCode::PageDown)] ScrollPageDown, "scroll-page-down", "scroll the text a page down";
    AGENTS [char(' ')] ScrollPageDown, "scroll-page-down", "scroll the text a page down";
    SCREENS [char('K')] ScrollUp, "scroll-up", "scroll the text up";
    SCREENS [char('J')] ScrollDown, "scroll-down", "scroll the text down";
    FILTER [key(KeyCode::Enter)] Accept, "accept", "keep the filter", "keep";
    FILTER [key(KeyCode::Esc)] Back, "back", "drop the filter", "drop";
    FILTER [key(KeyCode::Backspace)] Erase, "erase", "erase a character", "erase";
    FILTER [key(KeyCode::Up)] Up, "up", "up";
    FILTER [key(KeyCode::Down)] Down, "down", "down";
    ALL [Chord::ctrl('l')] Redraw, "redraw", "draw the screen anew";
    ALL [Chord::ctrl('c')] Interrupt, "interrupt", "leave at once";
};

/// All keys of the app without a recording that is played.
fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().chain(live::ROWS).chain(overlay::ROWS)
}

#[cfg(test)]
mod tests;
