//! A program in a pseudo-terminal of 160x45, and what is on it.

use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant, SystemTime};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::engine::Node;
use super::peer::Peer;

struct Seen {
    terminal: vt100::Parser,
    bytes: u64,
    wanted: Vec<Wanted>,
    /// When each of them was first so.
    found: Vec<Option<SystemTime>>,
    ended: bool,
}

/// What is looked for on a screen from one frame to the next.
#[derive(Clone)]
pub enum Wanted {
    /// A text, anywhere.
    Shown(String),
    /// It no longer stands there as something that lives; a timeline may tell of its end.
    Gone(String),
}

impl Seen {
    fn look(&mut self) {
        if self.wanted.is_empty() {
            return;
        }
        let text = self.terminal.screen().contents();
        for (wanted, found) in self.wanted.iter().zip(&mut self.found) {
            let is_so = match wanted {
                Wanted::Shown(words) => text.contains(words.as_str()),
                Wanted::Gone(name) => !is_living(&text, name),
            };
            if is_so && found.is_none() {
                *found = Some(SystemTime::now());
            }
        }
    }
}

fn is_living(text: &str, name: &str) -> bool {
    text.lines()
        .take_while(|line| !line.contains(" timeline "))
        .any(|line| line.contains(name))
}

pub struct Screen {
    started: Instant,
    child: Box<dyn Child + Send + Sync>,
    writer: Box<dyn Write + Send>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    _master: Box<dyn MasterPty + Send>,
    _home: tempfile::TempDir,
}

impl Screen {
    pub fn start(peer: &Peer, node: &Node) -> Self {
        let size = PtySize {
            rows: 45,
            cols: 160,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let home = tempfile::tempdir().expect("a folder");
        let mut command = CommandBuilder::new(&peer.program);
        command.args(&peer.args);
        command.env_clear();
        for (key, value) in [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/bin:/bin"),
        ] {
            command.env(key, value);
        }
        command.env("HOME", home.path());
        command.env("DOCKER_HOST", &node.url);
        command.cwd(home.path());
        let (rows, columns) = (nonzero(45), nonzero(160));
        let seen = Arc::new((
            Mutex::new(Seen {
                terminal: vt100::Parser::new(rows, columns, 0),
                bytes: 0,
                wanted: Vec::new(),
                found: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let started = Instant::now();
        let child = pair.slave.spawn_command(command).expect("it starts");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            let mut buffer = vec![0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut seen = shared.0.lock().expect("nobody panics with it");
                seen.terminal.process(&buffer[..count]);
                seen.bytes += count as u64;
                seen.look();
                shared.1.notify_all();
            }
            shared.0.lock().expect("nobody panics with it").ended = true;
            shared.1.notify_all();
        });
        let mut screen = Self {
            started,
            child,
            writer,
            seen,
            _master: pair.master,
            _home: home,
        };
        if !peer.keys.is_empty() {
            std::thread::sleep(Duration::from_millis(500));
            screen.type_keys(peer.keys);
        }
        screen
    }

    pub fn type_keys(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("it reads");
        self.writer.flush().expect("it reads");
    }

    pub fn text(&self) -> String {
        self.look(|seen| seen.terminal.screen().contents())
    }

    fn look<T>(&self, look: impl Fn(&Seen) -> T) -> T {
        look(&self.seen.0.lock().expect("nobody panics with it"))
    }

    pub fn is_drawn(&self) -> bool {
        !self.text().trim().is_empty()
    }

    pub fn shows(&self, name: &str) -> bool {
        self.text().contains(name)
    }

    /// A busy container's line with a number of CPU that is not nothing.
    pub fn shows_figure(&self, node: &Node) -> bool {
        let text = self.text();
        text.lines()
            .filter(|line| node.busy().any(|name| line.contains(name)))
            .any(|line| line.split_whitespace().any(is_figure))
    }

    pub fn has_ended(&self) -> bool {
        self.look(|seen| seen.ended)
    }

    /// Milliseconds from the start until it is so; none when it never is.
    pub fn until(&self, patience: Duration, is_so: impl Fn(&Self) -> bool) -> Option<f64> {
        self.wait(patience, is_so)
            .then(|| self.started.elapsed().as_secs_f64() * 1000.0)
    }

    fn wait(&self, patience: Duration, is_so: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + patience;
        while !is_so(self) {
            let Some(left) = end.checked_duration_since(Instant::now()) else {
                return false;
            };
            let guard = self.seen.0.lock().expect("nobody panics with it");
            if guard.ended {
                return false;
            }
            let step = left.min(Duration::from_millis(5));
            drop(
                self.seen
                    .1
                    .wait_timeout(guard, step)
                    .expect("nobody panics with it"),
            );
        }
        true
    }

    /// From now on these are looked for in all that is drawn.
    pub fn look_for(&self, wanted: Vec<Wanted>) {
        let mut seen = self.seen.0.lock().expect("nobody panics with it");
        seen.found = vec![None; wanted.len()];
        seen.wanted = wanted;
    }

    /// How many of them have been so.
    pub fn found(&self) -> usize {
        self.look(|seen| seen.found.iter().flatten().count())
    }

    /// Milliseconds from an event to the first of what is looked for; none when it does not come.
    pub fn found_after(&self, event: SystemTime, patience: Duration) -> Option<f64> {
        let first = |screen: &Self| screen.look(|seen| *seen.found.first()?);
        self.wait(patience, |screen| first(screen).is_some());
        // A client may be told of it before its stamp has been read here.
        let milliseconds = |d: Duration| d.as_secs_f64() * 1000.0;
        Some(match first(self)?.duration_since(event) {
            Ok(later) => milliseconds(later),
            Err(earlier) => -milliseconds(earlier.duration()),
        })
    }

    pub fn bytes(&self) -> u64 {
        self.look(|seen| seen.bytes)
    }

    /// CPU time so far, in seconds.
    pub fn spent(&self) -> f64 {
        self.child.process_id().map_or(0.0, cpu_of)
    }

    /// The most memory that it held, in MiB.
    pub fn peak(&self) -> f64 {
        let pid = self.child.process_id().unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
        number.map_or(0.0, |kib| kib / 1024.0)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU time of a process, in seconds (proc(5): fields 14 and 15 of stat, in ticks of 10 ms).
pub fn cpu_of(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else {
        return 0.0;
    };
    let ticks: f64 = rest
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

fn nonzero(number: u16) -> NonZeroU16 {
    NonZeroU16::new(number).expect("more than none")
}

/// `12.3%`, or cores by their cap: `0.15/0.5`, `~0.15/none`. Sizes and counts are none.
fn is_figure(word: &str) -> bool {
    let number = match word.split_once('/') {
        Some((cores, _)) if cores.contains('.') => cores.trim_start_matches('~'),
        Some(_) => return false,
        None => match word.split_once('%') {
            Some((number, _)) => number,
            None => return false,
        },
    };
    number.parse::<f64>().is_ok_and(|number| number > 0.0)
}
