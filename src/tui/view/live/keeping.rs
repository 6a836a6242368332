//! That what is shown is recorded, where to, and how much that is by now; or that it is not any more.
//!
//! ```text
//! ─ 1 Checklist ─ [2 Live] ─ 3 Isolation ── ● rec night.ndjson 1.2M ─────
//! ! not recording any more: No space left on device, night.ndjson  x dismiss
//! ```

use std::fmt::{Display, Formatter, Result};
use std::path::Path;

use super::Look;
use crate::tui::keeping::{Keeping, State};
use crate::tui::theme::Role;
use crate::tui::widget::figure::Bytes;
use crate::tui::widget::pen::Pen;

/// With less room than this there are other things to tell than how much it is.
const NARROW: usize = 24;

/// How much is told.
#[derive(Clone, Copy)]
enum Form {
    Long,
    Middle,
    Short,
}

/// `recording into /tmp/night.ndjson, 1.2M of 256M`, `rec night.ndjson 1.2M`, `rec 1.2M`
struct Rec<'a>(&'a Keeping, u64, Form);

impl Display for Rec<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self(keeping, bytes, form) = self;
        let (bytes, most) = (Bytes(*bytes), Bytes(keeping.most));
        let path = keeping.path.as_str();
        match form {
            Form::Long => write!(f, "recording into {path}, {bytes} of {most}"),
            Form::Middle => {
                let name = Path::new(path).file_name().and_then(|name| name.to_str());
                write!(f, "rec {} {bytes}", name.unwrap_or(path))
            }
            Form::Short => write!(f, "rec {bytes}"),
        }
    }
}

/// Behind the names of the screens: the longest form that fits.
pub fn mark(look: Look<'_>, pen: &mut Pen<'_>) {
    let Some(keeping) = &look.live.keeping else {
        return;
    };
    let (theme, room) = (look.theme, pen.room());
    // A rule and a blank before it, a blank behind it.
    match &keeping.state {
        State::Writes { bytes } => {
            for form in [Form::Long, Form::Middle, Form::Short] {
                let rec = Rec(keeping, *bytes, form);
                let sign = theme.in_force();
                if pen.measure(format_args!("{sign} {rec}")) + 4 <= room {
                    pen.text(Role::Muted, theme.rule()).gap(1);
                    pen.write(Role::Muted, format_args!("{sign} {rec}")).gap(1);
                    return;
                }
            }
        }
        State::Over { .. } => {
            pen.text(Role::Muted, theme.rule()).gap(1);
            pen.write(Role::Bad, format_args!("{} not recording", theme.cross()));
            pen.gap(1);
        }
    }
}

/// On a line that has little room, in the longest words that fit.
pub fn short(look: Look<'_>, pen: &mut Pen<'_>) {
    let Some(keeping) = &look.live.keeping else {
        return;
    };
    let room = pen.room().saturating_sub(2);
    match &keeping.state {
        State::Writes { bytes } => {
            if pen.room() < NARROW {
                pen.offer(Role::Muted, format_args!("rec"));
            } else {
                let rec = Rec(keeping, *bytes, Form::Short);
                pen.offer(Role::Muted, format_args!("{rec}"));
            }
        }
        State::Over { .. } => {
            let words = ["! not recording", "! no rec", "!"];
            let fits = words.iter().find(|words| words.len() <= room);
            pen.offer(Role::Bad, format_args!("{}", fits.unwrap_or(&"")));
        }
    }
}
