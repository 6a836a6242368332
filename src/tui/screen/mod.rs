//! The screens: each its own state and what commands do to it. Pure; knows neither the size of the
//! terminal nor how anything is drawn.
//!
//! One more screen is one variant here, one file beside this one, one in `view/`, and its rows in
//! the table of keys.

pub mod checklist;
pub mod deeds;
pub mod isolation;
pub mod live;
pub mod logs;
mod moves;
pub mod offered;
pub mod repair;

/// What the app shows, one at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    Checklist,
    Live,
    Isolation,
}

impl Screen {
    pub const ALL: [Self; 3] = [Self::Checklist, Self::Live, Self::Isolation];

    pub fn title(self) -> &'static str {
        match self {
            Self::Checklist => "Checklist",
            Self::Live => "Live",
            Self::Isolation => "Isolation",
        }
    }
}
