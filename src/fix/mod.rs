//! The repairs: what is changed on a machine, each change as data, with what was there before.
//!
//! A repair judges nothing: the checklist says what is wrong, this room mends it so that it can be
//! undone exactly. The command line and the app call it; nothing below knows of it.

pub mod owner;
