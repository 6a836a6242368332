//! A registry that is out of sorts: on loopback, until it goes out of scope.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Takes the connection and never answers.
    Silent,
    /// Answers everything with 429.
    UsedUp,
}

pub struct Registry {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Registry {
    pub fn with(trouble: Trouble) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let stopped = Arc::clone(&stopped);
                // A client that goes away in the middle ends its own thread and nothing else.
                std::thread::spawn(move || serve(client, trouble, &stopped).unwrap_or(()));
            }
        });
        Ok(Self { address, stop })
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let wakes = TcpStream::connect(self.address);
        drop(wakes);
    }
}

fn serve(mut client: TcpStream, trouble: Trouble, stop: &AtomicBool) -> std::io::Result<()> {
    if trouble == Trouble::Silent {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
        }
        return Ok(());
    }
    let mut request = [0; 4096];
    // One read is a whole request of an engine's, and one that begins TLS is hung up on.
    let read = client.read(&mut request)?;
    if !request[..read].starts_with(b"GET") && !request[..read].starts_with(b"HEAD") {
        return Ok(());
    }
    let body =
        r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"the limit of pulls is used up"}]}"#;
    write!(
        client,
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n\
         Docker-Distribution-Api-Version: registry/2.0\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
