//! The one way to the terminal. A thread of its own writes what it is given: a terminal that takes
//! nothing (a connection that stands still, a reader that was stopped) then holds up neither what
//! is watched nor the way out.
#![expect(
    clippy::disallowed_methods,
    reason = "measures how long a terminal takes at the end"
)]

use std::fs::File;
use std::io::{self, Write};
use std::mem;
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Bytes that are written at once, so that it is seen whether any are taken: the slowest serial line
/// takes so many in about a second.
const PIECE: usize = 1024;
/// Bytes that may wait when something is added that is not a frame.
const MOST_WAITING: usize = 1 << 14;
/// A terminal that takes nothing for so long at the end is left as it is,
const PATIENCE: Duration = Duration::from_secs(2);
/// and so is one that has not taken all in this time.
const MOST_PATIENCE: Duration = Duration::from_secs(8);
/// Before the next try, where another program has set the terminal not to let anybody wait.
const PAUSE: Duration = Duration::from_millis(10);

/// A handle of it; each writes to the same terminal.
#[derive(Clone)]
pub struct Outlet {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    work: Mutex<Work>,
    /// Something is to be written, or was.
    moved: Condvar,
    /// All is written.
    rest: Notify,
}

#[derive(Default)]
struct Work {
    waiting: Vec<u8>,
    is_writing: bool,
    /// How many pieces were taken so far.
    taken: usize,
    /// Told to the next who sends.
    failed: Option<io::Error>,
    is_closed: bool,
}

impl Work {
    fn is_done(&self) -> bool {
        self.waiting.is_empty() && !self.is_writing
    }
}

impl Outlet {
    /// To standard output, by a handle of its own: whoever is held up in it holds no lock that
    /// others need.
    pub fn open() -> io::Result<Self> {
        io::stdout().flush()?;
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        Self::into(out)
    }

    fn into(out: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || its.write(out))?;
        Ok(Self { shared })
    }

    /// Takes all of these bytes, after those that wait already; after the end, none. What went wrong
    /// with earlier ones is told here.
    pub fn send(&self, bytes: &mut Vec<u8>) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut work = self.shared.work();
        if work.is_closed {
            bytes.clear();
        } else if work.waiting.is_empty() {
            mem::swap(&mut work.waiting, bytes);
        } else {
            work.waiting.append(bytes);
        }
        let failed = work.failed.take();
        drop(work);
        self.shared.moved.notify_all();
        failed.map_or(Ok(()), Err)
    }

    /// The same of something that a terminal which stands still may miss.
    pub fn try_send(&self, bytes: &[u8]) -> io::Result<()> {
        if self.shared.work().waiting.len() > MOST_WAITING {
            return Ok(());
        }
        self.send(&mut bytes.to_vec())
    }

    /// Whether nothing that was sent waits: the terminal has it, or is gone.
    pub fn is_at_rest(&self) -> bool {
        self.shared.work().is_done()
    }

    /// Until it has.
    pub async fn rest(&self) {
        while !self.is_at_rest() {
            self.shared.rest.notified().await;
        }
    }

    /// Waits until the terminal has all that it was sent; false when it takes nothing any more, or
    /// is gone.
    pub fn drain(&self) -> bool {
        let until = Instant::now() + MOST_PATIENCE;
        let mut work = self.shared.work();
        while !work.is_done() {
            let before = work.taken;
            let left = until.saturating_duration_since(Instant::now());
            let (now, waited) = self
                .shared
                .moved
                .wait_timeout_while(work, left.min(PATIENCE), |work| {
                    !work.is_done() && work.taken == before
                })
                .unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return false;
            }
            work = now;
        }
        work.failed.is_none()
    }

    /// The thread ends when it has written what waits.
    pub fn close(&self) {
        self.shared.work().is_closed = true;
        self.shared.moved.notify_all();
    }
}

impl Shared {
    /// Whoever panicked with it left nothing half done.
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, mut out: impl Write) {
        let mut bytes = Vec::new();
        loop {
            let mut work = self
                .moved
                .wait_while(self.work(), |work| {
                    work.waiting.is_empty() && !work.is_closed
                })
                .unwrap_or_else(PoisonError::into_inner);
            if work.waiting.is_empty() {
                return;
            }
            mem::swap(&mut work.waiting, &mut bytes);
            work.is_writing = true;
            drop(work);
            let written = self.write_all(&mut out, &bytes);
            bytes.clear();
            let mut work = self.work();
            work.is_writing = false;
            if let Err(error) = written {
                work.failed = Some(error);
            }
            if work.waiting.is_empty() {
                // The room goes back to where frames are made.
                mem::swap(&mut work.waiting, &mut bytes);
            }
            drop(work);
            self.moved.notify_all();
            self.rest.notify_one();
        }
    }

    fn write_all(&self, out: &mut impl Write, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match out.write(&bytes[..bytes.len().min(PIECE)]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    bytes = &bytes[count..];
                    self.work().taken += 1;
                    self.moved.notify_all();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Where one thing after another is put down, and sent with a flush.
pub struct Pen {
    outlet: Outlet,
    bytes: Vec<u8>,
}

impl Pen {
    pub fn of(outlet: &Outlet) -> Self {
        Self {
            outlet: outlet.clone(),
            bytes: Vec::new(),
        }
    }
}

impl Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.outlet.send(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{PipeReader, Read as _, pipe};

    use super::*;

    fn piped() -> (PipeReader, Outlet) {
        let (reader, writer) = pipe().expect("a pipe");
        (reader, Outlet::into(writer).expect("a thread"))
    }

    #[test]
    fn what_is_sent_comes_whole_and_in_its_order() {
        let (mut reader, outlet) = piped();
        let mut pen = Pen::of(&outlet);
        let mut all = Vec::new();
        for number in 0..2000_u32 {
            let line = format!("{number} and a few words more\n");
            all.extend_from_slice(line.as_bytes());
            pen.write_all(line.as_bytes()).expect("memory takes it");
            if number % 7 == 0 {
                pen.flush().expect("it is sent");
            }
        }
        pen.flush().expect("it is sent");
        outlet.close();
        let mut read = Vec::new();
        reader.read_to_end(&mut read).expect("the pipe");
        assert!(read == all, "{} of {} bytes", read.len(), all.len());
        assert!(outlet.drain());
    }

    #[test]
    fn a_reader_that_stands_still_holds_nobody_up_and_gets_all_of_it_later() {
        let (mut reader, outlet) = piped();
        let more_than_fits = 1 << 20;
        outlet
            .send(&mut vec![b'x'; more_than_fits])
            .expect("it is taken");
        assert!(!outlet.drain(), "nobody reads");
        outlet.send(&mut vec![b'y'; MOST_WAITING + 1]).expect("too");
        outlet.try_send(b"z").expect("it is left out");
        let mut read = vec![0; more_than_fits + MOST_WAITING + 1];
        let reading = std::thread::spawn(move || {
            reader.read_exact(&mut read).expect("the pipe");
            read
        });
        assert!(outlet.drain(), "it is read");
        let read = reading.join().expect("it reads");
        let (first, second) = read.split_at(more_than_fits);
        assert!(first.iter().all(|&byte| byte == b'x'));
        assert!(second.iter().all(|&byte| byte == b'y'));
    }

    #[test]
    fn a_reader_that_went_away_is_told_once_and_waited_for_by_nobody() {
        let (reader, outlet) = piped();
        drop(reader);
        outlet.send(&mut b"x".to_vec()).expect("not known yet");
        assert!(!outlet.drain());
        assert!(outlet.is_at_rest());
        let told = outlet.send(&mut b"y".to_vec());
        assert_eq!(
            told.expect_err("it is gone").kind(),
            io::ErrorKind::BrokenPipe
        );
    }

    /// Takes a byte at a time, and each only when it is asked the second time.
    struct Reluctant(Arc<Mutex<Vec<u8>>>, bool);

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.0.lock().expect("nobody panics").push(bytes[0]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_set_not_to_let_anybody_wait_gets_all_of_it_too() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let outlet = Outlet::into(Reluctant(Arc::clone(&written), false)).expect("a thread");
        outlet.send(&mut b"a frame".to_vec()).expect("it is taken");
        assert!(outlet.drain());
        assert_eq!(*written.lock().expect("nobody panics"), b"a frame");
        outlet.close();
        outlet.send(&mut b"more".to_vec()).expect("it is left out");
        assert!(outlet.drain());
        assert_eq!(written.lock().expect("nobody panics").len(), 7);
    }
}
