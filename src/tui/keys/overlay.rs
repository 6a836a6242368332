//! The keys of what stands over the dashboard: questions about acting on sandboxes, and
//! logs.

use crossterm::event::KeyCode;

use super::{Binding, Command, Over, Place, char, key};
use crate::tui::msg::Chord;

const DECIDING: &[Place] = &[Place::Deciding];
const TOLD: &[Place] = &[Place::Told];
const LOG: &[Place] = &[Place::Log];
const TYPING: &[Place] = &[Place::LogTyping];
const MOVE: &[Place] = &[Place::Deciding, Place::Told, Place::Log];
pub const PLACES: &[Place] = &[Place::Deciding, Place::Told, Place::Log, Place::LogTyping];

pub static BINDINGS: &[Binding] = bindings! {
    DECIDING [char('y')] Yes, "y", "yes, do what is shown", "yes";
    DECIDING [char('n'), key(KeyCode::Enter)] No, "n enter", "no", "no";
    DECIDING [key(KeyCode::Esc), char('q')] Back, "esc q", "no, and back";
    DECIDING [char('a')] Over(Over::Widen), "a", "all of its agent, or it alone", "all";
    DECIDING [char('u')] Over(Over::Heat), "u", "those in use too, or not", "in use too";
    TOLD [key(KeyCode::Esc), char('q'), key(KeyCode::Enter)] Back, "esc q enter", "back", "back";
    LOG [key(KeyCode::Esc), char('q')] Back, "esc q", "back to the dashboard", "back";
    LOG [char('/')] Filter, "/", "look for a text", "search";
    LOG [char('n')] NextProblem, "n", "the newer line with it", "newer";
    LOG [char('N')] PreviousProblem, "N", "the older line with it", "older";
    LOG [char('f')] Over(Over::Follow), "f", "follow what is written, or hold", "follow";
    LOG [char('t')] Over(Over::Times), "t", "when each line was written", "times";
    LOG [char('w')] Over(Over::Wrap), "w", "long lines whole, or cut", "wrap";
    LOG [char('s')] Over(Over::Save), "s", "save what is kept to a file", "save";
    TYPING [key(KeyCode::Enter)] Accept, "enter", "do it", "do it";
    TYPING [key(KeyCode::Esc)] Back, "esc", "drop it", "drop it";
    TYPING [key(KeyCode::Backspace)] Erase, "backspace", "erase a character", "erase";
    MOVE [key(KeyCode::Up), char('k')] Up, "up k", "up";
    MOVE [key(KeyCode::Down), char('j')] Down, "down j", "down";
    MOVE [key(KeyCode::PageUp)] PageUp, "pgup", "a page up";
    MOVE [key(KeyCode::PageDown), char(' ')] PageDown, "pgdn space", "a page down";
    MOVE [key(KeyCode::Home), char('g')] Top, "home g", "to the top";
    MOVE [key(KeyCode::End), char('G')] Bottom, "end G", "to the bottom";
    PLACES [Chord::ctrl('l')] Redraw, "ctrl-l", "draw the screen anew";
    PLACES [Chord::ctrl('c')] Interrupt, "ctrl-c", "leave at once";
};
