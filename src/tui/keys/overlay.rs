//! The keys of what stands over the dashboard: questions about acting on sandboxes, and
//! logs.

use crossterm::event::KeyCode;

use super::{Command, Over, Place, Row, char, key};
use crate::tui::msg::Chord;

const DECIDING: &[Place] = &[Place::Deciding];
const TOLD: &[Place] = &[Place::Told];
const LOG: &[Place] = &[Place::Log];
const TYPING: &[Place] = &[Place::LogTyping];
const MOVE: &[Place] = &[Place::Deciding, Place::Told, Place::Log];
pub const PLACES: &[Place] = &[Place::Deciding, Place::Told, Place::Log, Place::LogTyping];

pub static ROWS: &[Row] = rows! {
    DECIDING [char('y')] Yes, "yes", "yes, do what is shown", "yes";
    DECIDING [char('n'), key(KeyCode::Enter)] No, "no", "no", "no";
    DECIDING [key(KeyCode::Esc), char('q')] Back, "back", "no, and back";
    DECIDING [char('a')] Over(Over::Widen), "widen", "all of its agent, or it alone", "all";
    DECIDING [char('u')] Over(Over::Heat), "in-use", "those in use too, or not", "in use too";
    TOLD [key(KeyCode::Esc), char('q'), key(KeyCode::Enter)] Back, "back", "back", "back";
    LOG [key(KeyCode::Esc), char('q')] Back, "back", "back to the dashboard", "back";
    LOG [char('/')] Filter, "search", "look for a text", "search";
    LOG [char('n')] NextProblem, "newer", "the newer line with it", "newer";
    LOG [char('N')] PreviousProblem, "older", "the older line with it", "older";
    LOG [char('f')] Over(Over::Follow), "follow", "follow what is written, or hold", "follow";
    LOG [char('t')] Over(Over::Times), "times", "when each line was written", "times";
    LOG [char('w')] Over(Over::Wrap), "wrap", "long lines whole, or cut", "wrap";
    LOG [char('s')] Over(Over::Save), "save", "save what is kept to a file", "save";
    TYPING [key(KeyCode::Enter)] Accept, "accept", "do it", "do it";
    TYPING [key(KeyCode::Esc)] Back, "back", "drop it", "drop it";
    TYPING [key(KeyCode::Backspace)] Erase, "erase", "erase a character", "erase";
    MOVE [key(KeyCode::Up), char('k')] Up, "up", "up";
    MOVE [key(KeyCode::Down), char('j')] Down, "down", "down";
    MOVE [key(KeyCode::PageUp)] PageUp, "page-up", "a page up";
    MOVE [key(KeyCode::PageDown), char(' ')] PageDown, "page-down", "a page down";
    MOVE [key(KeyCode::Home), char('g')] Top, "top", "to the top";
    MOVE [key(KeyCode::End), char('G')] Bottom, "bottom", "to the bottom";
    PLACES [Chord::ctrl('l')] Redraw, "redraw", "draw the screen anew";
    PLACES [Chord::ctrl('c')] Interrupt, "interrupt", "leave at once";
};
