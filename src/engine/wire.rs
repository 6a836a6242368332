//! One connection for each request to the engine.
//!
//! bollard's own connectors lose the error number of a failed `connect`, check `exists` first,
//! and read without end; so the connection is made here and bollard is given it as a custom
//! transport. Nothing here knows what is asked.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use bollard::errors::Error;

use super::error::errno_name;
use crate::deadline::Deadline;
use crate::facts::docker::Reach;

/// Most bytes that one connection may bring. An engine with thousands of containers answers with
/// a few MiB; what is more is an engine gone wrong.
const MOST_BYTES: u64 = 64 << 20;

/// Most bytes of an answer that a connection reads at a time; its headers have to fit, as in nginx's
/// `proxy_buffer_size`. With many samples under way these buffers are much of what watching holds.
const BUFFER: usize = 4 << 10;

/// Pause before another try at a socket whose backlog is full.
const RETRY: Duration = Duration::from_millis(20);

/// Where the engine listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

#[derive(Clone, Debug)]
pub struct Wire {
    place: Arc<Place>,
    most_bytes: u64,
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// An open connection that has carried nothing yet.
pub struct Connection(TokioIo<Bounded>);

impl Wire {
    pub fn new(place: Place) -> Self {
        Self {
            place: Arc::new(place),
            most_bytes: MOST_BYTES,
        }
    }

    /// For answers that go on for as long as somebody listens. Whoever reads them bounds what is
    /// kept.
    pub fn endless(&self) -> Self {
        Self {
            place: Arc::clone(&self.place),
            most_bytes: u64::MAX,
        }
    }

    pub async fn connect(&self) -> io::Result<Connection> {
        let stream: Box<dyn Duplex> = match &*self.place {
            Place::Unix(path) => Box::new(connect_unix(path).await?),
            Place::Tcp(address) => Box::new(TcpStream::connect(address).await?),
        };
        Ok(Connection(TokioIo::new(Bounded {
            inner: stream,
            left: self.most_bytes,
        })))
    }

    /// Sends a request on a connection of its own.
    pub async fn send<B>(&self, request: Request<B>) -> Result<Response<Incoming>, Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let connection = self.connect().await?;
        Ok(self.send_on(connection, request).await?)
    }

    pub async fn send_on<B>(
        &self,
        connection: Connection,
        mut request: Request<B>,
    ) -> Result<Response<Incoming>, hyper::Error>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        // A raw connection wants the path alone and a Host header of its own.
        if let Some(path) = request.uri().path_and_query().cloned() {
            *request.uri_mut() = path.into();
        }
        let host = match &*self.place {
            Place::Unix(_) => HeaderValue::from_static("localhost"),
            Place::Tcp(address) => HeaderValue::from_str(address)
                .unwrap_or_else(|_| HeaderValue::from_static("localhost")),
        };
        request.headers_mut().insert(HOST, host);
        let (mut sender, driver) = http1::Builder::new()
            .read_buf_exact_size(Some(BUFFER))
            .handshake(connection.0)
            .await?;
        // Ends with the answer's body or with whoever waits for it; an upgraded connection is
        // handed over and ends it as well.
        tokio::spawn(driver.with_upgrades());
        sender.send_request(request).await
    }
}

/// A full backlog blocks a blocking `connect`, but fails a non-blocking one with EAGAIN
/// (unix(7)): the engine is there and slow, so the caller's deadline decides.
async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    loop {
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                tokio::time::sleep(RETRY).await;
            }
            result => return result,
        }
    }
}

/// Whether something listens on a socket. Asks nothing.
pub async fn reach(path: &Path, d: Deadline) -> Reach {
    match d.bound(connect_unix(path)).await {
        Ok(Ok(_)) => Reach::Listens,
        Ok(Err(error)) => Reach::Errno(errno_name(&error)),
        Err(_) => Reach::Timeout,
    }
}

/// A stream that fails when more than a number of bytes was read from it.
struct Bounded {
    inner: Box<dyn Duplex>,
    left: u64,
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.left == 0 {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!(
                    "the engine's answer is longer than {} MiB",
                    MOST_BYTES >> 20
                ),
            )));
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(context, buffer);
        let read = buffer.filled().len().saturating_sub(before);
        self.left = self.left.saturating_sub(read as u64);
        result
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
