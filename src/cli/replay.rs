//! `clawdoctor replay FILE`: a recording, off the screen: what happened, as `watch` told it, or the
//! picture at an instant.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use super::args::TableArgs;
use super::out::Out;
use super::prepare;
use super::telling::{Hush, Teller, snapshot};
use crate::exit;
use crate::failure::Failure;
use crate::live::event::Moment;
use crate::live::recording::{Player, Recorded, load};
use crate::live::replay::Replay;
use crate::redact::Redactor;
use crate::report::live::instant;
use crate::surroundings::Surroundings;
use crate::tui::Table;
use crate::units::Span;

/// What `replay` is asked for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub file: PathBuf,
    /// The picture instead of what happened.
    pub at: Option<At>,
    pub json: bool,
    /// What the table of a picture is to be like, over what settings say.
    pub table: TableArgs,
}

/// An instant of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    Instant(Moment),
    /// So long before its end.
    BeforeEnd(Span),
}

impl std::str::FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(span) = text.strip_prefix('-') {
            // The usual short word for minutes as well.
            let minutes = span.strip_suffix('m').map(|number| format!("{number} min"));
            return minutes
                .as_deref()
                .unwrap_or(span)
                .parse()
                .map(Self::BeforeEnd);
        }
        let stamp: jiff::Timestamp = text.parse().map_err(|_| {
            format!(
                "`{text}` is no instant: write it like 2026-11-18T11:06:40Z, or -10min for so long \
                 before the end"
            )
        })?;
        let nanos = i64::try_from(stamp.as_nanosecond());
        nanos
            .map(|nanos| Self::Instant(Moment(nanos)))
            .map_err(|_| format!("`{text}` is beyond what a recording can hold"))
    }
}

/// A recording as it can be played.
pub fn replay(file: &Path) -> Result<Replay, Failure> {
    load(file).map(played)
}

pub fn played(recorded: Recorded) -> Replay {
    let opening = recorded.opening();
    Replay::new(opening, recorded.header.at, recorded.events)
}

pub fn run(
    ask: &Ask,
    redactor: Option<Redactor>,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    match ask.at {
        Some(at) => {
            let (_, habits) = prepare::settings(&here.config_dir(), here)?;
            let table = ask.table.over(&habits.table);
            picture(ask, at, &table, redactor.as_ref(), out)
        }
        None => lines(Player::open_whole(&ask.file)?, ask.json, redactor, out),
    }
}

/// The picture at an instant.
fn picture(
    ask: &Ask,
    at: At,
    table: &Table,
    redactor: Option<&Redactor>,
    out: &Out,
) -> Result<u8, Failure> {
    let mut replay = replay(&ask.file)?;
    let (begin, end) = (replay.begin(), replay.end());
    let asked = match at {
        At::Instant(instant) => instant,
        At::BeforeEnd(span) => end.minus(span.0),
    };
    if !(begin..=end).contains(&asked) {
        let hint = format!("it is about {} to {}", instant(begin), instant(end));
        return Err(Failure::usage(format!(
            "--at: {} is not in {}",
            instant(asked),
            ask.file.display()
        ))
        .hint(hint));
    }
    replay.seek(asked);
    let table = table.arrangement();
    snapshot(replay.model(), asked, ask.json, table, redactor, out)?;
    Ok(exit::CLEAN)
}

/// What happened, line by line. It is read as it is told, so that its length is no matter.
pub fn lines(
    mut player: Player<impl BufRead>,
    json: bool,
    redactor: Option<Redactor>,
    out: &Out,
) -> Result<u8, Failure> {
    let mut model = player.header.model();
    for event in player.keyframe()? {
        model.apply(event);
    }
    let mut teller = Teller::new(model, json, redactor, out);
    if let Err(Hush) = teller.open(&[]) {
        return Ok(exit::CLEAN);
    }
    while let Some(event) = player.next_event()? {
        let news = teller.take_in(event);
        if let Err(Hush) = teller.tell(news) {
            break;
        }
    }
    Ok(exit::CLEAN)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_instant_is_written_whole_or_from_the_end() {
        assert_eq!(
            "2026-11-18T11:06:40Z".parse(),
            Ok(At::Instant(Moment(1_795_000_000_000_000_000)))
        );
        let ten = Span(Duration::from_mins(10));
        assert_eq!("-10min".parse(), Ok(At::BeforeEnd(ten)));
        assert_eq!("-10m".parse(), Ok(At::BeforeEnd(ten)));
        for bad in [
            "yesterday",
            "10:00",
            "-",
            "-ten",
            "9999-12-31T00:00:00Z",
            "",
        ] {
            assert!(bad.parse::<At>().is_err(), "{bad}");
        }
    }
}
