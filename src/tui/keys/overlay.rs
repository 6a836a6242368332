//! The keys of what stands over the dashboard: questions about acting on sandboxes.

use crossterm::event::KeyCode;

use super::{Binding, Command, Over, Place, char, key};
use crate::tui::msg::Chord;

const DECIDING: &[Place] = &[Place::Deciding];
const TOLD: &[Place] = &[Place::Told];
pub const PLACES: &[Place] = &[Place::Deciding, Place::Told];

pub static BINDINGS: &[Binding] = bindings! {
    DECIDING [char('y')] Yes, "y", "yes, do what is shown", "yes";
    DECIDING [char('n'), key(KeyCode::Enter)] No, "n enter", "no", "no";
    DECIDING [key(KeyCode::Esc), char('q')] Back, "esc q", "no, and back";
    DECIDING [char('a')] Over(Over::Widen), "a", "all of its agent, or it alone", "all";
    DECIDING [char('u')] Over(Over::Heat), "u", "those in use too, or not", "in use too";
    TOLD [key(KeyCode::Esc), char('q'), key(KeyCode::Enter)] Back, "esc q enter", "back", "back";
    PLACES [key(KeyCode::Up), char('k')] Up, "up k", "up";
    PLACES [key(KeyCode::Down), char('j')] Down, "down j", "down";
    PLACES [key(KeyCode::PageUp)] PageUp, "pgup", "a page up";
    PLACES [key(KeyCode::PageDown), char(' ')] PageDown, "pgdn space", "a page down";
    PLACES [key(KeyCode::Home), char('g')] Top, "home g", "to the top";
    PLACES [key(KeyCode::End), char('G')] Bottom, "end G", "to the bottom";
    PLACES [Chord::ctrl('l')] Redraw, "ctrl-l", "draw the screen anew";
    PLACES [Chord::ctrl('c')] Interrupt, "ctrl-c", "leave at once";
};
