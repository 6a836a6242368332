//! The screens: each its own state and what commands do to it. Pure; knows neither the size of the
//! terminal nor how anything is drawn.

pub mod checklist;
mod moves;
