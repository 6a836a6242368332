//! The engine as a socket that answers well, badly, late or not at all.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;

use super::*;
use crate::engine::reach;
use crate::facts::docker::{EndpointSource, Reach};

fn engine(socket: &Path) -> Engine {
    Engine::connect(&Endpoint {
        url: format!("unix://{}", socket.display()),
        source: EndpointSource::Default,
        context: "default".to_owned(),
        decided_by: None,
    })
    .expect("a unix socket")
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_millis(300))
}

/// What comes of a ping when the other side answers with these bytes and closes.
async fn ping_of(answer: Vec<u8>) -> Connection {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut seen = [0; 1024];
        let read = stream.read(&mut seen).await.expect("a request");
        assert!(seen[..read].starts_with(b"GET /_ping HTTP/1.1\r\n"));
        // The client may have had enough before the end.
        let _enough = stream.write_all(&answer).await;
    });
    let d = Deadline::after(Duration::from_secs(10));
    let connection = engine(&socket).ping(d).await;
    server.await.expect("the server holds");
    connection
}

fn broken(connection: Connection) -> String {
    match connection {
        Connection::Broken { detail } => detail,
        other => panic!("not broken: {other:?}"),
    }
}

#[tokio::test]
async fn an_engine_answers() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK".to_vec();
    assert!(matches!(ping_of(answer).await, Connection::Answers { .. }));
}

#[tokio::test]
async fn an_engine_answers_over_tcp_and_a_closed_port_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let engine = Engine::connect(&Endpoint {
        url: format!("tcp://127.0.0.1:{port}"),
        source: EndpointSource::HostVariable,
        context: "default".to_owned(),
        decided_by: None,
    })
    .expect("an address");
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut seen = [0; 1024];
        let read = stream.read(&mut seen).await.expect("a request");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")
            .await
            .expect("a client that listens");
        String::from_utf8_lossy(&seen[..read]).to_lowercase()
    });
    let d = Deadline::after(Duration::from_secs(10));
    assert!(matches!(engine.ping(d).await, Connection::Answers { .. }));
    let asked = server.await.expect("the server holds");
    assert!(
        asked.contains(&format!("host: 127.0.0.1:{port}\r\n")),
        "{asked}"
    );
    assert!(
        matches!(engine.ping(d).await, Connection::Refused { errno, .. } if errno == "ECONNREFUSED")
    );
}

#[tokio::test]
async fn what_is_no_engine_is_broken_and_its_words_are_washed() {
    let rows: [(&[u8], &str); 6] = [
        (b"SSH-2.0-OpenSSH_9\r\n", "not in HTTP"),
        (b"", "closed before a whole answer"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nOK",
            "closed before a whole answer",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "not a Docker engine: hello",
        ),
        (
            b"HTTP/1.1 500 X\r\nContent-Length: 22\r\n\r\n{\"message\":\"\\u001b[m\"}",
            "status 500: \\u{1b}[m",
        ),
        (b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n", "status 503"),
    ];
    for (answer, words) in rows {
        let detail = broken(ping_of(answer.to_vec()).await);
        assert!(detail.contains(words), "{detail}");
    }
}

#[tokio::test]
async fn an_endless_answer_ends() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.resize(70 << 20, b'x');
    assert_eq!(
        broken(ping_of(answer).await),
        "the engine's answer is longer than 64 MiB"
    );
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_hung_even_when_its_backlog_is_full() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("s");
    let listener = std::os::unix::net::UnixListener::bind(&socket).expect("a socket");
    assert!(matches!(
        engine(&socket).ping(soon()).await,
        Connection::Hung { .. }
    ));
    assert_eq!(reach(&socket, soon()).await, Reach::Listens);
    let mut waiting = Vec::new();
    for _ in 0..5000 {
        match tokio::net::UnixStream::connect(&socket).await {
            Ok(stream) => waiting.push(stream),
            Err(_) => break,
        }
    }
    // Where the system lets the backlog be that short, it is full now.
    let full = waiting.len() < 5000;
    assert!(matches!(
        engine(&socket).ping(soon()).await,
        Connection::Hung { .. }
    ));
    if full {
        assert_eq!(reach(&socket, soon()).await, Reach::Timeout);
    }
    drop(listener);
}

#[tokio::test]
async fn a_question_given_up_closes_its_connection() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let silent = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut seen = Vec::new();
        // Ends only when the other side has closed.
        stream.read_to_end(&mut seen).await.map(|_| seen)
    });
    let hung = engine(&socket).version(soon()).await.expect_err("silence");
    assert_eq!(hung.kind, WhyKind::Timeout);
    let seen = Deadline::after(Duration::from_secs(5))
        .bound(silent)
        .await
        .expect("the connection is closed");
    assert!(
        seen.expect("the server holds")
            .expect("a request")
            .starts_with(b"GET /version ")
    );
}

#[tokio::test]
async fn a_socket_that_cannot_be_opened_is_told_by_its_error_number() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let errno = async |path: &Path| match engine(path).ping(soon()).await {
        Connection::Refused { errno, .. } => errno,
        other => panic!("not refused: {other:?}"),
    };
    let nowhere = folder.path().join("none");
    assert_eq!(errno(&nowhere).await, "ENOENT");
    assert_eq!(
        reach(&nowhere, soon()).await,
        Reach::Errno("ENOENT".to_owned())
    );
    let dead = folder.path().join("dead");
    drop(UnixListener::bind(&dead).expect("a socket"));
    assert_eq!(errno(&dead).await, "ECONNREFUSED");
    assert_eq!(
        errno(&folder.path().join("x".repeat(200))).await,
        "ENAMETOOLONG"
    );
    let closed = folder.path().join("closed");
    let _listener = UnixListener::bind(&closed).expect("a socket");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).expect("own file");
    // root is refused nowhere.
    if !nix::unistd::geteuid().is_root() {
        assert_eq!(errno(&closed).await, "EACCES");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_understood_is_unparsable_and_names_the_question() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("s");
    let listener = UnixListener::bind(&socket).expect("a socket");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = [0; 1024];
            if stream.read(&mut seen).await.is_ok() {
                let _gone = stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"Version\":7")
                    .await;
            }
        }
    });
    let why = engine(&socket).version(soon()).await.expect_err("nonsense");
    assert_eq!(why.kind, WhyKind::Unparsable);
    assert!(why.detail.contains("/version"), "{why}");
    let why = engine(&socket).info(soon()).await.expect_err("nonsense");
    assert_eq!(why.kind, WhyKind::Unparsable);
}
