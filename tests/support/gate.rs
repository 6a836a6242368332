//! A gate before a real engine's socket: it passes bytes on both ways, and can close (as an engine
//! that goes away), hold everything back (as one that hangs), and open again.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const OPEN: u8 = 0;
/// Takes connections and passes nothing on.
const HELD: u8 = 1;

pub struct Gate {
    socket: PathBuf,
    engine: PathBuf,
    state: Arc<AtomicU8>,
    /// Milliseconds that each piece of what is said waits, either way.
    wait: Arc<AtomicU64>,
    connections: Arc<Mutex<Vec<UnixStream>>>,
    /// Set to end the listener of this opening.
    listening: Option<Arc<AtomicU8>>,
}

impl Gate {
    pub fn new(socket: &Path, engine: &Path) -> Self {
        Self {
            socket: socket.to_owned(),
            engine: engine.to_owned(),
            state: Arc::new(AtomicU8::new(OPEN)),
            wait: Arc::default(),
            connections: Arc::default(),
            listening: None,
        }
    }

    /// Listens, and passes on.
    pub fn open(&mut self) -> std::io::Result<()> {
        let listener = UnixListener::bind(&self.socket)?;
        let ended = Arc::new(AtomicU8::new(0));
        self.listening = Some(Arc::clone(&ended));
        let (engine, state) = (self.engine.clone(), Arc::clone(&self.state));
        let wait = Arc::clone(&self.wait);
        let connections = Arc::clone(&self.connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if ended.load(Ordering::Relaxed) != 0 {
                    return;
                }
                let Ok(server) = UnixStream::connect(&engine) else {
                    continue;
                };
                let pair = (client.try_clone(), server.try_clone());
                let (Ok(client_too), Ok(server_too)) = pair else {
                    continue;
                };
                let mut kept = connections.lock().expect("nobody panics with it");
                kept.extend(
                    [client.try_clone(), server.try_clone()]
                        .into_iter()
                        .flatten(),
                );
                drop(kept);
                relay(client, server, Arc::clone(&state), Arc::clone(&wait));
                relay(
                    server_too,
                    client_too,
                    Arc::clone(&state),
                    Arc::clone(&wait),
                );
            }
        });
        Ok(())
    }

    /// Ends every connection; nobody listens any more.
    pub fn close(&mut self) {
        if let Some(listening) = self.listening.take() {
            listening.store(1, Ordering::Relaxed);
            // Wakes the listener, so that it ends.
            drop(UnixStream::connect(&self.socket));
        }
        std::fs::remove_file(&self.socket).unwrap_or(());
        let mut kept = self.connections.lock().expect("nobody panics with it");
        for one in kept.drain(..) {
            one.shutdown(Shutdown::Both).unwrap_or(());
        }
    }

    pub fn hold(&self) {
        self.state.store(HELD, Ordering::Relaxed);
    }

    /// Passes on what comes, and each piece so much later.
    pub fn slow(&self, wait: Duration) {
        let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.wait.store(wait, Ordering::Relaxed);
    }

    pub fn let_through(&self) {
        self.state.store(OPEN, Ordering::Relaxed);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.let_through();
        self.close();
    }
}

fn relay(mut from: UnixStream, mut to: UnixStream, state: Arc<AtomicU8>, wait: Arc<AtomicU64>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16384];
        while let Ok(count) = from.read(&mut buffer) {
            std::thread::sleep(Duration::from_millis(wait.load(Ordering::Relaxed)));
            while state.load(Ordering::Relaxed) == HELD {
                std::thread::sleep(Duration::from_millis(10));
            }
            if count == 0 || to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        // A half that has ended ends its half of the other side only.
        to.shutdown(Shutdown::Write).unwrap_or(());
    });
}
