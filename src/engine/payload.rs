//! What is sent with a request: nothing, bytes that are here, or a file as it is read.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::{mpsc, oneshot, watch};

/// Bytes that are read from a file at once.
const PIECE: usize = 256 << 10;
/// Pieces that wait for the connection; the reader waits when there are so many.
const WAITING: usize = 4;

pub enum Payload {
    /// None once it has been sent.
    Whole(Option<Bytes>),
    File(Upload),
}

/// A file on its way. Its length is told before, so that a file that shrinks meanwhile breaks the
/// request instead of shortening it.
pub struct Upload {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    sent: watch::Sender<u64>,
}

/// How far an upload has come, in bytes.
pub struct Progress {
    pub total: u64,
    pub sent: watch::Receiver<u64>,
}

impl Payload {
    pub fn none() -> Self {
        Self::Whole(None)
    }

    pub fn bytes(bytes: Vec<u8>) -> Self {
        Self::Whole(Some(bytes.into()).filter(|bytes: &Bytes| !bytes.is_empty()))
    }

    /// A regular file. It is read by a thread of its own, which a file system that hangs cannot
    /// keep the program waiting for.
    pub async fn file(path: &Path) -> io::Result<(Self, Progress)> {
        let (about, told) = oneshot::channel();
        let (sender, pieces) = mpsc::channel(WAITING);
        let path = path.to_owned();
        std::thread::spawn(move || read(&path, about, &sender));
        let total = told
            .await
            .unwrap_or_else(|_| Err(io::Error::other("the file's reader ended")))?;
        let (sent, receiver) = watch::channel(0);
        let upload = Upload {
            pieces,
            left: total,
            sent,
        };
        let progress = Progress {
            total,
            sent: receiver,
        };
        Ok((Self::File(upload), progress))
    }
}

fn read(
    path: &PathBuf,
    about: oneshot::Sender<io::Result<u64>>,
    pieces: &mpsc::Sender<io::Result<Bytes>>,
) {
    let (mut file, mut left) = match open(path) {
        Ok((file, length)) => {
            if about.send(Ok(length)).is_err() {
                return;
            }
            (file, length)
        }
        Err(error) => {
            // Whoever asked has gone.
            let _ = about.send(Err(error));
            return;
        }
    };
    while left > 0 {
        let size = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; size];
        let read = file.read_exact(&mut piece).map(|()| piece.into());
        let failed = read.is_err();
        if pieces.blocking_send(read).is_err() || failed {
            return;
        }
        left -= size as u64;
    }
}

fn open(path: &PathBuf) -> io::Result<(File, u64)> {
    // Before it is opened: a pipe would wait for its writer.
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    Ok((File::open(path)?, about.len()))
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::File(upload) => {
                let piece = match ready!(upload.pieces.poll_recv(context)) {
                    Some(piece) => piece?,
                    None if upload.left == 0 => return Poll::Ready(None),
                    None => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                };
                let length = piece.len() as u64;
                upload.left = upload.left.saturating_sub(length);
                upload.sent.send_modify(|sent| *sent += length);
                Poll::Ready(Some(Ok(Frame::data(piece))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::File(upload) => upload.left == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            Self::File(upload) => upload.left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn collect(mut payload: Payload) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(frame) =
            std::future::poll_fn(|cx| Pin::new(&mut payload).poll_frame(cx)).await
        {
            all.extend_from_slice(&frame?.into_data().expect("data"));
        }
        Ok(all)
    }

    #[tokio::test]
    async fn a_file_is_sent_whole_and_its_progress_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        let content: Vec<u8> = (0..=250).cycle().take(PIECE * 3 + 7).collect();
        std::fs::write(&path, &content).expect("written");
        let (payload, progress) = Payload::file(&path).await.expect("a file");
        assert_eq!(payload.size_hint().exact(), Some(content.len() as u64));
        assert_eq!(collect(payload).await.expect("read"), content);
        assert_eq!(*progress.sent.borrow(), progress.total);
    }

    #[tokio::test]
    async fn what_is_no_regular_file_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(Payload::file(folder.path()).await.is_err());
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        assert!(Payload::file(&pipe).await.is_err());
        assert!(Payload::file(&folder.path().join("none")).await.is_err());
    }

    #[tokio::test]
    async fn a_file_that_shrinks_breaks_the_upload() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("f");
        let size = PIECE * (WAITING + 4);
        std::fs::write(&path, vec![1; size]).expect("written");
        let (payload, _progress) = Payload::file(&path).await.expect("a file");
        std::fs::write(&path, b"").expect("cut");
        assert!(collect(payload).await.is_err());
    }
}
