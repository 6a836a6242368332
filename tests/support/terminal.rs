//! A program in a real pseudo-terminal, its bytes read by a terminal emulator and kept.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const PATIENCE: Duration = Duration::from_secs(30);
/// For a person to read a question.
const READ: Duration = Duration::from_millis(300);

/// A frame comes whole, however many reads it takes.
const FRAME_BEGINS: &[u8] = b"\x1b[?2026h";
const FRAME_ENDS: &[u8] = b"\x1b[?2026l";

/// What a person at the terminal sees, and every byte of it.
pub struct Seen {
    parser: vt100::Parser,
    pub raw: Vec<u8>,
    pub closed: bool,
    /// A frame has begun, and its end is still to come.
    is_within: bool,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        // A marker may come in two reads.
        let from = self.raw.len().saturating_sub(FRAME_BEGINS.len() - 1);
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
        for window in self.raw[from..].windows(FRAME_BEGINS.len()) {
            if window == FRAME_BEGINS || window == FRAME_ENDS {
                self.is_within = window == FRAME_BEGINS;
            }
        }
    }

    /// Nothing more has to come before it may be looked at.
    fn is_whole(&self) -> bool {
        self.closed || !self.is_within
    }

    pub fn text(&self) -> String {
        self.screen().contents()
    }

    pub fn screen(&self) -> &vt100::Screen {
        self.parser.screen()
    }
}

/// What is done with what the program writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reading {
    #[default]
    On,
    /// It waits, as over a connection that stands still.
    Still,
    /// The window is closed.
    Over,
}

pub struct Terminal {
    /// None when it was closed.
    master: Option<Box<dyn MasterPty + Send>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reading: Arc<(Mutex<Reading>, Condvar)>,
    before: String,
}

impl Terminal {
    /// Starts what the command would, with its arguments, folder and environment.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Self {
        let pair = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let mut inner = CommandBuilder::new(command.get_program());
        inner.args(command.get_args());
        inner.env_clear();
        for (key, value) in command.get_envs() {
            if let Some(value) = value {
                inner.env(key, value);
            }
        }
        inner.env("TERM", "xterm-256color");
        if let Some(folder) = command.get_current_dir() {
            inner.cwd(folder);
        }
        let before = modes(pair.master.as_ref());
        let child = pair.slave.spawn_command(inner).expect("it starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("its output");
        let keys = pair.master.take_writer().expect("its input");
        let seen = Arc::new((
            Mutex::new(Seen {
                parser: vt100::Parser::new(some(rows), some(columns), 0),
                raw: Vec::new(),
                closed: false,
                is_within: false,
            }),
            Condvar::new(),
        ));
        let reading: Arc<(Mutex<Reading>, Condvar)> = Arc::default();
        let (shared, told) = (Arc::clone(&seen), Arc::clone(&reading));
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                let reading = told.0.lock().expect("no reader panics");
                let reading = told
                    .1
                    .wait_while(reading, |reading| *reading == Reading::Still);
                let is_over = *reading.expect("no reader panics") == Reading::Over;
                let count = if is_over {
                    0
                } else {
                    output.read(&mut buffer).unwrap_or(0)
                };
                let mut seen = shared.0.lock().expect("no reader panics");
                seen.take(&buffer[..count]);
                seen.closed = count == 0;
                shared.1.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        Self {
            master: Some(pair.master),
            keys,
            child,
            seen,
            reading,
            before,
        }
    }

    /// Waits until the screen is so; what was on it instead.
    pub fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> Result<(), String> {
        self.within(PATIENCE, what, is_so)
    }

    /// The same with a patience of its own, for what takes long.
    pub fn within(
        &self,
        patience: Duration,
        what: &str,
        is_so: impl Fn(&str) -> bool,
    ) -> Result<(), String> {
        self.until_seen(patience, what, |seen| is_so(&seen.text()))
    }

    /// The same of all that is known of the terminal.
    pub fn until_seen(
        &self,
        patience: Duration,
        what: &str,
        is_so: impl Fn(&Seen) -> bool,
    ) -> Result<(), String> {
        let seen = self.seen.0.lock().expect("no reader panics");
        let (seen, waited) = self
            .seen
            .1
            .wait_timeout_while(seen, patience, |seen| {
                !(seen.closed || seen.is_whole() && is_so(seen))
            })
            .expect("no reader panics");
        if waited.timed_out() || !is_so(&seen) {
            return Err(format!("{what} never came:\n{}", seen.text()));
        }
        Ok(())
    }

    pub fn until_text(&self, text: &str) -> Result<(), String> {
        self.until(text, |screen| screen.contains(text))
    }

    /// What is there now, at the end of a frame.
    pub fn seen(&self) -> MutexGuard<'_, Seen> {
        let seen = self.seen.0.lock().expect("no reader panics");
        let waited = self
            .seen
            .1
            .wait_timeout_while(seen, PATIENCE, |seen| !seen.is_whole());
        waited.expect("no reader panics").0
    }

    pub fn text(&self) -> String {
        self.seen().text()
    }

    /// Whether these words stand there fainter than others, as what is not known to be so any more.
    pub fn is_faint(&self, words: &str) -> bool {
        let seen = self.seen();
        let screen = seen.screen();
        let (rows, columns) = screen.size();
        let faint = |row: u16, from: u16| {
            words.chars().zip(from..).all(|(c, column)| {
                let cell = screen.cell(row, column);
                cell.is_some_and(|cell| cell.dim() && cell.contents() == c.to_string())
            })
        };
        (0..rows.get()).any(|row| (0..columns.get()).any(|column| faint(row, column)))
    }

    /// Every byte that was written to the terminal.
    pub fn raw(&self) -> Vec<u8> {
        self.seen().raw.clone()
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it listens");
        self.keys.flush().expect("it listens");
    }

    /// Answers as one who has read what is asked: what comes at once counts as typed before it.
    pub fn answer(&mut self, key: &str) {
        std::thread::sleep(READ);
        self.press(key);
    }

    pub fn yes(&mut self) {
        self.answer("y");
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let mut seen = self.seen.0.lock().expect("no reader panics");
        let screen = seen.parser.screen_mut();
        screen.set_size(some(rows), some(columns));
        let master = self.master.as_ref().expect("it is open");
        master.resize(size(columns, rows)).expect("a size");
    }

    /// Takes nothing more of what the program writes, as over a connection that stands still. One
    /// read may be under way.
    pub fn stand_still(&self) {
        self.read(Reading::Still);
    }

    pub fn go_on(&self) {
        self.read(Reading::On);
    }

    /// Frames of the whole screen, more of them than a pseudo-terminal holds; how many.
    pub fn fill(&self) -> usize {
        const FRAMES: u16 = 80;
        let (rows, columns) = self
            .seen
            .0
            .lock()
            .expect("no reader panics")
            .screen()
            .size();
        for frame in 0..FRAMES {
            self.resize(columns.get() - 1 + frame % 2, rows.get());
            // Some are drawn in a second, and no more.
            std::thread::sleep(Duration::from_millis(50));
        }
        usize::from(FRAMES)
    }

    fn read(&self, reading: Reading) {
        *self.reading.0.lock().expect("no reader panics") = reading;
        self.reading.1.notify_all();
    }

    /// Closes the window under the program; its exit code.
    pub fn hang_up(mut self) -> Result<u32, String> {
        self.read(Reading::Over);
        // Whoever waits for something to read gets it, and looks again.
        self.resize(100, 30);
        drop(self.closed());
        self.keys = Box::new(std::io::sink());
        self.master = None;
        self.exit_code()
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{signal}");
    }

    /// Whether keys, echo and signals are as they were before it was started.
    pub fn is_as_before(&self) -> bool {
        let master = self.master.as_ref().expect("it is open");
        modes(master.as_ref()) == self.before
    }

    /// Waits until the program, which was killed, is no more.
    pub fn reap(&mut self) {
        self.child.wait().expect("a child of ours");
    }

    /// Waits for the end: the exit code, if the terminal is as it was before.
    pub fn end(self) -> Result<u32, String> {
        self.end_with_raw().map(|(code, _)| code)
    }

    /// [`Self::end`], with every byte that was written up to then.
    pub fn end_with_raw(mut self) -> Result<(u32, Vec<u8>), String> {
        let code = self.exit_code()?;
        let seen = self.closed();
        let screen = seen.screen();
        if !self.is_as_before() {
            return Err("the terminal's modes are not as before".to_owned());
        }
        if screen.alternate_screen() || screen.hide_cursor() {
            return Err("the alternate screen is left on, or the cursor hidden".to_owned());
        }
        Ok((code, seen.raw.clone()))
    }

    /// The exit code of a program that could not tell its terminal, which stands still, that it ends,
    /// if the modes at least are as before.
    pub fn end_unheard(mut self) -> Result<u32, String> {
        let code = self.exit_code()?;
        if !self.is_as_before() {
            return Err("the terminal's modes are not as before".to_owned());
        }
        self.go_on();
        if !self.closed().screen().alternate_screen() {
            return Err("it was heard: the terminal did not stand still".to_owned());
        }
        Ok(code)
    }

    /// What was seen up to the end of what is written, if that comes.
    fn closed(&self) -> MutexGuard<'_, Seen> {
        let seen = self.seen.0.lock().expect("no reader panics");
        let waited = self
            .seen
            .1
            .wait_timeout_while(seen, PATIENCE, |seen| !seen.closed);
        waited.expect("no reader panics").0
    }

    fn exit_code(&mut self) -> Result<u32, String> {
        let end = Instant::now() + PATIENCE;
        loop {
            let ended = self.child.try_wait().map_err(|error| error.to_string())?;
            if let Some(status) = ended {
                return Ok(status.exit_code());
            }
            if Instant::now() > end {
                return Err(format!("it did not end:\n{}", self.text()));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.go_on();
        // Ended already, as it should.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn some(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("a size of a terminal")
}

fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}
