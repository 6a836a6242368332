//! The keys of the dashboard.

use crossterm::event::KeyCode;

use super::{Act, Command, Deck, Place, Row, Want, char, key};
use crate::tui::msg::Chord;
use crate::tui::screen::Screen;

const TABLE: &[Place] = &[Place::Table];
const SANDBOX: &[Place] = &[Place::Sandbox];
const TIMELINE: &[Place] = &[Place::Timeline];
/// All panes of the dashboard.
pub const PANES: &[Place] = &[Place::Table, Place::Sandbox, Place::Timeline];
const LIVE: &[Place] = PANES;

pub static ROWS: &[Row] = rows! {
    LIVE [char('q'), key(KeyCode::Esc)] Back, "back", "back, or quit", "quit";
    LIVE [char('?'), key(KeyCode::F(1))] Help, "help", "this help", "help";
    TABLE [key(KeyCode::Enter)] Open, "open", "read about the sandbox; fold an agent", "read";
    SANDBOX [key(KeyCode::Enter), key(KeyCode::Left), char('h')] Collapse, "close", "back to the table", "table";
    TIMELINE [key(KeyCode::Enter)] Open, "open", "to the sandbox that it is about", "go to";
    LIVE [char('n')] NextProblem, "next-problem", "newest trouble, then the ones before it", "trouble";
    LIVE [char('N')] PreviousProblem, "previous-problem", "the trouble after it";
    LIVE [char('/')] Filter, "filter", "filter: name, agent, session, image, state", "filter";
    LIVE [char('s')] Live(Act::SortNext), "sort-next", "sort by the next column", "sort";
    LIVE [char('S')] Live(Act::SortPrevious), "sort-previous", "sort by the column before";
    LIVE [char('<')] Live(Act::Ascending), "ascending", "the least first";
    LIVE [char('>')] Live(Act::Descending), "descending", "the most first";
    LIVE [char('g')] Live(Act::Group), "group", "together by agent, or each for itself", "group";
    LIVE [char('d')] Live(Act::Gone), "gone", "what has gone, or what is there", "gone";
    LIVE [char('a')] Live(Act::Alerts), "alerts", "all alerts, the newest first", "alerts";
    LIVE [char('H')] Live(Act::Room), "headroom", "how the headroom is reckoned", "headroom";
    LIVE [char('l')] Live(Act::Logs), "logs", "logs of the sandbox", "logs";
    LIVE [char('E')] Live(Act::Evidence), "evidence", "keep all that is known now in files";
    LIVE [char('X')] Live(Act::Want(Want::Stop)), "stop", "stop; asks first, as do the next three", "stop";
    LIVE [Chord::ctrl('k')] Live(Act::Want(Want::Kill)), "kill", "kill";
    LIVE [char('p')] Live(Act::Want(Want::Pause)), "pause", "pause, or let it go on";
    LIVE [Chord::ctrl('d')] Live(Act::Want(Want::Remove)), "remove", "remove, through OpenClaw";
    LIVE [key(KeyCode::Tab), key(KeyCode::BackTab)] NextPane, "next-pane", "other pane", "pane";
    LIVE [char('x')] Live(Act::Dismiss), "dismiss", "put the alerts away";
    LIVE [char('t')] Live(Act::Clock), "clock", "times in the timeline: ages, or your clock";
    LIVE [char('r')] Live(Act::Measure), "measure", "measure everything now";
    LIVE [char('1')] Go(Screen::Checklist), "go-checklist", "the checklist";
    LIVE [char('2')] Go(Screen::Live), "go-dashboard", "what runs: the live dashboard";
    LIVE [char('3')] Go(Screen::Isolation), "go-isolation", "how far the tools of each agent are shut in";
    TABLE [key(KeyCode::Right)] Expand, "expand", "unfold an agent; read about the sandbox";
    TABLE [key(KeyCode::Left), char('h')] Collapse, "collapse", "fold the agent";
    LIVE [key(KeyCode::Up), char('k')] Up, "up", "up";
    LIVE [key(KeyCode::Down), char('j')] Down, "down", "down";
    LIVE [key(KeyCode::Home)] Top, "top", "to the top";
    LIVE [key(KeyCode::End), char('G')] Bottom, "bottom", "to the bottom";
    LIVE [key(KeyCode::PageUp)] PageUp, "page-up", "a page up";
    LIVE [key(KeyCode::PageDown), char(' ')] PageDown, "page-down", "a page down";
    LIVE [char('K')] ScrollUp, "scroll-up", "scroll the detail up";
    LIVE [char('J')] ScrollDown, "scroll-down", "scroll the detail down";
    LIVE [Chord::ctrl('l')] Redraw, "redraw", "draw the screen anew";
    LIVE [Chord::ctrl('c')] Interrupt, "interrupt", "leave at once";
};

/// The keys of a recording that is played.
pub static PLAYER: &[Row] = rows! {
    LIVE [char(' ')] Play(Deck::Toggle), "play-pause", "play, or pause", "play";
    LIVE [char('.')] Play(Deck::Step), "step", "to the next thing that happened", "step";
    LIVE [char(']')] Play(Deck::NextIncident), "next-incident", "to the next incident", "incident";
    LIVE [char('[')] Play(Deck::PreviousIncident), "previous-incident", "to the incident before";
    LIVE [char('+'), char('=')] Play(Deck::Faster), "faster", "twice as fast", "faster";
    LIVE [char('-')] Play(Deck::Slower), "slower", "half as fast", "slower";
    LIVE [char('}')] Play(Deck::Forward), "forward", "10 s on";
    LIVE [char('{')] Play(Deck::Back), "rewind", "10 s back";
    LIVE [char('0')] Play(Deck::Begin), "beginning", "to the beginning";
};
