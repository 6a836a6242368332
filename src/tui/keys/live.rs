//! The keys of the dashboard.

use crossterm::event::KeyCode;

use super::{Act, Binding, Command, Deck, Place, Want, char, key};
use crate::tui::msg::Chord;
use crate::tui::screen::Screen;

const TABLE: &[Place] = &[Place::Table];
const SANDBOX: &[Place] = &[Place::Sandbox];
const TIMELINE: &[Place] = &[Place::Timeline];
/// All panes of the dashboard.
pub const PANES: &[Place] = &[Place::Table, Place::Sandbox, Place::Timeline];
const LIVE: &[Place] = PANES;

pub static BINDINGS: &[Binding] = bindings! {
    LIVE [char('q'), key(KeyCode::Esc)] Back, "q esc", "back, or quit", "quit";
    LIVE [char('?'), key(KeyCode::F(1))] Help, "?", "this help", "help";
    TABLE [key(KeyCode::Enter)] Open, "enter", "read about the sandbox; fold an agent", "read";
    SANDBOX [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "enter left h", "back to the table", "table";
    TIMELINE [key(KeyCode::Enter)] Open, "enter", "to the sandbox that it is about", "go to";
    LIVE [char('n')] NextProblem, "n", "newest trouble, then the ones before it", "trouble";
    LIVE [char('N')] PreviousProblem, "N", "the trouble after it";
    LIVE [char('/')] Filter, "/", "filter: name, agent, session, image, state", "filter";
    LIVE [char('s')] Live(Act::SortNext), "s", "sort by the next column", "sort";
    LIVE [char('S')] Live(Act::SortPrevious), "S", "sort by the column before";
    LIVE [char('<')] Live(Act::Ascending), "<", "the least first";
    LIVE [char('>')] Live(Act::Descending), ">", "the most first";
    LIVE [char('g')] Live(Act::Group), "g", "together by agent, or each for itself", "group";
    LIVE [char('d')] Live(Act::Gone), "d", "what has gone, or what is there", "gone";
    LIVE [char('H')] Live(Act::Room), "H", "how the headroom is reckoned", "headroom";
    LIVE [char('l')] Live(Act::Logs), "l", "logs of the sandbox", "logs";
    LIVE [char('E')] Live(Act::Evidence), "E", "keep all that is known now in files";
    LIVE [char('X')] Live(Act::Want(Want::Stop)), "X", "stop; asks first, as do the next three", "stop";
    LIVE [Chord::ctrl('k')] Live(Act::Want(Want::Kill)), "ctrl-k", "kill";
    LIVE [char('p')] Live(Act::Want(Want::Pause)), "p", "pause, or let it go on";
    LIVE [Chord::ctrl('d')] Live(Act::Want(Want::Remove)), "ctrl-d", "remove, through OpenClaw";
    LIVE [key(KeyCode::Tab), key(KeyCode::BackTab)] NextPane, "tab", "other pane", "pane";
    LIVE [char('x')] Live(Act::Dismiss), "x", "put the alerts away";
    LIVE [char('t')] Live(Act::Clock), "t", "times in the timeline: ages, or the clock";
    LIVE [char('r')] Live(Act::Measure), "r", "measure everything now";
    LIVE [char('1')] Go(Screen::Checklist), "1", "the checklist";
    LIVE [char('2')] Go(Screen::Live), "2", "what runs: the live dashboard";
    LIVE [char('3')] Go(Screen::Isolation), "3", "how far the tools of each agent are shut in";
    TABLE [key(KeyCode::Right)] Expand, "right", "unfold an agent; read about the sandbox";
    TABLE [key(KeyCode::Left), char('h')] Collapse, "left h", "fold the agent";
    LIVE [key(KeyCode::Up), char('k')] Up, "up k", "up";
    LIVE [key(KeyCode::Down), char('j')] Down, "down j", "down";
    LIVE [key(KeyCode::Home)] Top, "home", "to the top";
    LIVE [key(KeyCode::End), char('G')] Bottom, "end G", "to the bottom";
    LIVE [key(KeyCode::PageUp)] PageUp, "pgup", "a page up";
    LIVE [key(KeyCode::PageDown), char(' ')] PageDown, "pgdn space", "a page down";
    LIVE [char('K')] ScrollUp, "K", "scroll the detail up";
    LIVE [char('J')] ScrollDown, "J", "scroll the detail down";
    LIVE [Chord::ctrl('l')] Redraw, "ctrl-l", "draw the screen anew";
    LIVE [Chord::ctrl('c')] Interrupt, "ctrl-c", "leave at once";
};

/// The keys of a recording that is played.
pub static PLAYER: &[Binding] = bindings! {
    LIVE [char(' ')] Play(Deck::Toggle), "space", "play, or pause", "play";
    LIVE [char('.')] Play(Deck::Step), ".", "to the next thing that happened", "step";
    LIVE [char(']')] Play(Deck::NextIncident), "]", "to the next incident", "incident";
    LIVE [char('[')] Play(Deck::PreviousIncident), "[", "to the incident before";
    LIVE [char('+'), char('=')] Play(Deck::Faster), "+", "twice as fast", "faster";
    LIVE [char('-')] Play(Deck::Slower), "-", "half as fast", "slower";
    LIVE [char('}')] Play(Deck::Forward), "}", "10 s on";
    LIVE [char('{')] Play(Deck::Back), "{", "10 s back";
    LIVE [char('0')] Play(Deck::Begin), "0", "to the beginning";
};
