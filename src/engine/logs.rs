//! What a container has written, and writes, line by line.

use std::pin::Pin;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::CONTENT_TYPE;

use super::client::Engine;
use super::convert::nanos;
use super::error::EngineError;
use super::events::Moment;
use super::lifecycle::{Stream, name};
use crate::deadline::Deadline;
use crate::text::{wash, wash_block};

/// Longest line, in characters; the rest of it is read and dropped.
const LONGEST: usize = 4096;
/// Kept of a line before it is washed: its longest, of the longest characters, and a timestamp.
const MOST_BYTES: usize = 4 * LONGEST + 64;

/// Which lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogsQuery {
    /// So many of the last lines; none = all.
    pub tail: Option<u32>,
    pub since: Option<Moment>,
    /// Goes on with what the container writes, until it ends.
    pub follow: bool,
    /// Asks when each line was written.
    pub timestamps: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// A terminal has one stream for both: `Stdout`.
    pub stream: Stream,
    /// By the engine's clock, since the epoch.
    pub at_nanos: Option<i64>,
    /// Washed; `…` at its end when it was longer.
    pub text: String,
}

/// Lines as they come.
pub struct Logs {
    body: Incoming,
    decoder: Decoder,
}

impl Engine {
    /// What a container has written to its two streams, as far as its log driver keeps it. The
    /// deadline is for the engine to begin.
    pub async fn logs(&self, id: &str, query: LogsQuery, d: Deadline) -> Result<Logs, EngineError> {
        let path = query.path(name(id)?);
        let response = d.bound(self.listen(&path)).await??;
        let is_multiplexed = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind == "application/vnd.docker.multiplexed-stream");
        // Engines below API 1.42 do not say which of the two forms it is.
        let framing = if is_multiplexed || !self.inspected(id, d).await?.has_terminal() {
            Framing::Frames(Frames::default())
        } else {
            Framing::Raw
        };
        Ok(Logs {
            body: response.into_body(),
            decoder: Decoder::new(framing, query.timestamps),
        })
    }
}

impl Logs {
    /// The next line; none at the end. Safe to give up and call again. A line without an end is
    /// told when the stream ends.
    pub async fn next(&mut self) -> Result<Option<LogLine>, EngineError> {
        loop {
            if let Some(line) = self.decoder.next() {
                return line.map(Some);
            }
            let body = &mut self.body;
            let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
            let Some(frame) = frame.transpose()? else {
                return self.decoder.rest().transpose();
            };
            if let Ok(data) = frame.into_data() {
                self.decoder.feed(data);
            }
        }
    }
}

impl LogsQuery {
    fn path(&self, id: &str) -> String {
        let tail = self
            .tail
            .map_or_else(|| "all".to_owned(), |lines| lines.to_string());
        let since = self
            .since
            .map(|since| format!("&since={since}"))
            .unwrap_or_default();
        format!(
            "/containers/{id}/logs?stdout=1&stderr=1&tail={tail}&follow={}&timestamps={}{since}",
            u8::from(self.follow),
            u8::from(self.timestamps),
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Channel {
    Of(Stream),
    /// The engine's own complaint, in the middle of the log.
    Engine,
}

enum Framing {
    /// Of a terminal.
    Raw,
    Frames(Frames),
}

/// Where in the frames the reading is: each has a head of eight bytes, the channel first and the
/// length last.
#[derive(Default)]
struct Frames {
    head: [u8; 8],
    filled: usize,
    left: usize,
}

impl Frames {
    /// The channel of the bytes that come next and how many of them are in the piece, once the
    /// head is whole.
    fn open(&mut self, piece: &mut Bytes) -> Result<Option<(Channel, usize)>, EngineError> {
        while self.left == 0 {
            if piece.is_empty() {
                return Ok(None);
            }
            let part = piece.split_to(piece.len().min(8 - self.filled));
            self.head[self.filled..self.filled + part.len()].copy_from_slice(&part);
            self.filled += part.len();
            if self.filled == 8 {
                self.filled = 0;
                let [channel, 0, 0, 0, length @ ..] = self.head else {
                    return Err(Self::broken());
                };
                if channel > 3 {
                    return Err(Self::broken());
                }
                self.left = u32::from_be_bytes(length) as usize;
            }
        }
        let channel = match self.head[0] {
            2 => Channel::Of(Stream::Stderr),
            3 => Channel::Engine,
            _ => Channel::Of(Stream::Stdout),
        };
        Ok(Some((channel, self.left.min(piece.len()))))
    }

    fn broken() -> EngineError {
        EngineError::broken("the engine's log cannot be understood: not a frame's head")
    }
}

/// Bytes to lines.
struct Decoder {
    framing: Framing,
    has_timestamps: bool,
    piece: Bytes,
    /// Lines whose end has not come, by channel.
    begun: [Vec<u8>; 3],
}

impl Decoder {
    fn new(framing: Framing, has_timestamps: bool) -> Self {
        Self {
            framing,
            has_timestamps,
            piece: Bytes::new(),
            begun: Default::default(),
        }
    }

    /// All of the piece before must have been read.
    fn feed(&mut self, piece: Bytes) {
        self.piece = piece;
    }

    fn next(&mut self) -> Option<Result<LogLine, EngineError>> {
        loop {
            let (channel, length) = match &mut self.framing {
                Framing::Raw => (Channel::Of(Stream::Stdout), self.piece.len()),
                Framing::Frames(frames) => match frames.open(&mut self.piece) {
                    Ok(open) => open?,
                    Err(error) => {
                        self.piece.clear();
                        return Some(Err(error));
                    }
                },
            };
            if length == 0 {
                return None;
            }
            let end = self.piece[..length].iter().position(|byte| *byte == b'\n');
            let part = self.piece.split_to(end.map_or(length, |end| end + 1));
            if let Framing::Frames(frames) = &mut self.framing {
                frames.left -= part.len();
            }
            let begun = &mut self.begun[channel.index()];
            let room = MOST_BYTES.saturating_sub(begun.len());
            let kept = &part[..end.unwrap_or(length)];
            begun.extend_from_slice(&kept[..kept.len().min(room)]);
            if end.is_some() {
                return Some(self.line(channel));
            }
        }
    }

    /// A line that the end of the stream has cut off.
    fn rest(&mut self) -> Option<Result<LogLine, EngineError>> {
        let channel = Channel::ALL
            .into_iter()
            .find(|channel| !self.begun[channel.index()].is_empty())?;
        Some(self.line(channel))
    }

    fn line(&mut self, channel: Channel) -> Result<LogLine, EngineError> {
        let begun = &mut self.begun[channel.index()];
        let text = String::from_utf8_lossy(begun);
        let (at_nanos, said) = match text.split_once(' ') {
            Some((time, said)) if self.has_timestamps => match nanos(time) {
                Some(at) => (Some(at), said),
                None => (None, &*text),
            },
            _ => (None, &*text),
        };
        let line = match channel {
            Channel::Of(stream) => Ok(LogLine {
                stream,
                at_nanos,
                text: wash_block(said, LONGEST),
            }),
            Channel::Engine => Err(EngineError::Failed(wash(said, 300))),
        };
        begun.clear();
        line
    }
}

impl Channel {
    const ALL: [Self; 3] = [
        Self::Of(Stream::Stdout),
        Self::Of(Stream::Stderr),
        Self::Engine,
    ];

    fn index(self) -> usize {
        match self {
            Self::Of(Stream::Stdout) => 0,
            Self::Of(Stream::Stderr) => 1,
            Self::Engine => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: Stream = Stream::Stdout;
    const ERR: Stream = Stream::Stderr;

    fn frame(channel: u8, text: &[u8]) -> Vec<u8> {
        let length = u32::try_from(text.len()).expect("short").to_be_bytes();
        [&[channel, 0, 0, 0], &length[..], text].concat()
    }

    fn frames() -> Framing {
        Framing::Frames(Frames::default())
    }

    /// All lines of these pieces, with what is left at the end.
    fn read(mut decoder: Decoder, pieces: &[&[u8]]) -> Vec<Result<LogLine, EngineError>> {
        let mut lines = Vec::new();
        for piece in pieces {
            decoder.feed(Bytes::copy_from_slice(piece));
            lines.extend(std::iter::from_fn(|| decoder.next()));
        }
        lines.extend(std::iter::from_fn(|| decoder.rest()));
        lines
    }

    fn told(lines: Vec<Result<LogLine, EngineError>>) -> Vec<(Stream, String)> {
        lines
            .into_iter()
            .map(|line| line.expect("a line"))
            .map(|line| (line.stream, line.text))
            .collect()
    }

    #[test]
    fn lines_are_joined_by_stream_wherever_the_pieces_end() {
        let bytes = [
            frame(1, b"on"),
            frame(2, b"oops\n"),
            frame(1, b""),
            frame(1, b"e\ntwo\n  thr"),
            frame(2, b"last"),
        ]
        .concat();
        let expected = [
            (ERR, "oops"),
            (OUT, "one"),
            (OUT, "two"),
            (OUT, "  thr"),
            (ERR, "last"),
        ]
        .map(|(stream, text)| (stream, text.to_owned()));
        for size in [1, 3, 8, 9, 1000] {
            let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
            assert_eq!(told(read(Decoder::new(frames(), false), &pieces)), expected);
        }
    }

    #[test]
    fn a_terminal_has_no_frames() {
        let lines = read(
            Decoder::new(Framing::Raw, true),
            &[
                b"2026-11-26T00:15:38.449143158Z \x01out\r\nno ti",
                b"me\r\n",
            ],
        );
        let lines: Vec<LogLine> = lines.into_iter().map(|l| l.expect("a line")).collect();
        assert_eq!(lines[0].at_nanos, Some(1_795_652_138_449_143_158));
        assert_eq!(lines[0].text, "\\u{1}out");
        assert_eq!(
            (lines[1].at_nanos, lines[1].text.as_str()),
            (None, "no time")
        );
    }

    #[test]
    fn a_line_without_end_is_cut_and_held_in_bounds() {
        let long = "ä".repeat(90_000);
        let bytes = frame(1, format!("{long}\nnext\n").as_bytes());
        let lines = told(read(Decoder::new(frames(), false), &[&bytes]));
        assert_eq!(lines[0].1.chars().count(), LONGEST + 1);
        assert!(lines[0].1.ends_with('…'));
        assert_eq!(lines[1].1, "next");
        let mut decoder = Decoder::new(Framing::Raw, false);
        for _ in 0..1000 {
            decoder.feed(Bytes::from_static(&[b'x'; 4096]));
            assert!(decoder.next().is_none());
        }
        assert!(decoder.begun[0].capacity() <= 2 * MOST_BYTES);
    }

    #[test]
    fn hostile_bytes_become_text() {
        let bytes = frame(2, b"\x1b[2J\xff\xfe\0 \xe2\x80\xaex\n");
        let lines = told(read(Decoder::new(frames(), false), &[&bytes]));
        assert_eq!(lines[0].1, "\\u{1b}[2J\u{fffd}\u{fffd}\\u{0} \\u{202e}x");
    }

    #[test]
    fn what_is_no_log_is_an_error() {
        for head in [
            b"GET / HT",
            b"\x01\0\0\x01\0\0\0\x01",
            b"\x09\0\0\0\0\0\0\x01",
        ] {
            let lines = read(Decoder::new(frames(), false), &[&head[..], b"more"]);
            assert!(matches!(lines[0], Err(EngineError::Broken(_))), "{lines:?}");
        }
        let lines = read(
            Decoder::new(frames(), false),
            &[&frame(3, b"no such file\n")],
        );
        assert_eq!(lines, [Err(EngineError::Failed("no such file".to_owned()))]);
    }

    #[test]
    fn the_question_says_which_lines() {
        let all = LogsQuery::default().path("a");
        assert_eq!(
            all,
            "/containers/a/logs?stdout=1&stderr=1&tail=all&follow=0&timestamps=0"
        );
        let query = LogsQuery {
            tail: Some(5),
            since: Some(Moment(1_500_000_000)),
            follow: true,
            timestamps: true,
        };
        assert!(
            query
                .path("a")
                .ends_with("tail=5&follow=1&timestamps=1&since=1.500000000")
        );
    }
}
