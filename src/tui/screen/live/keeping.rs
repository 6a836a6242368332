//! The recording of what is shown: how it stands, and that it ended before its time.

use super::Live;
use crate::tui::keeping::{Keeping, State};
use crate::tui::widget::figure::Bytes;

impl Live {
    /// How it stands now: whether that is another thing to look at.
    pub fn recorded(&mut self, state: State) -> bool {
        let Some(keeping) = &mut self.keeping else {
            return false;
        };
        let is_other = match (&keeping.state, &state) {
            // The same figure is drawn for many bytes.
            (State::Writes { bytes: was }, State::Writes { bytes }) => {
                Bytes(*was).to_string() != Bytes(*bytes).to_string()
            }
            (was, is) => was != is,
        };
        keeping.state = state;
        is_other
    }

    /// It ended before its time, and nobody has put that away.
    pub fn unrecorded(&self) -> Option<(&Keeping, &str)> {
        self.unrecorded_at_all().filter(|_| !self.sight.unrecorded)
    }

    /// It ended before its time.
    pub fn unrecorded_at_all(&self) -> Option<(&Keeping, &str)> {
        let keeping = self.keeping.as_ref()?;
        match &keeping.state {
            State::Over { why } => Some((keeping, why)),
            State::Writes { .. } => None,
        }
    }
}
