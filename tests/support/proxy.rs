//! A small HTTP proxy before a real engine that plays another provider and injects faults, both as
//! data: it answers `/version` and `/info` with members laid over the engine's own, and can hang,
//! slow down, cut, refuse or garble any call.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// What the proxy does to the calls it passes on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Part {
    /// Members laid over the engine's own answer.
    pub version: Option<Value>,
    pub info: Option<Value>,
    pub faults: Vec<Fault>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// `METHOD /path`, where the path begins so, version prefix apart; `*` stands for anything.
    pub call: String,
    pub does: Does,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    /// Takes the request and never answers.
    Hang,
    /// Answers after so many milliseconds.
    Slow(u64),
    /// Closes the connection after so many bytes of the answer.
    Cut(usize),
    /// Answers with this status and a Docker error message.
    Status(u16),
    /// Answers with bytes that are no HTTP.
    Garbage,
    /// Lays members over the engine's own answer, over each element when it is a list.
    Lays(Value),
    /// Adds this to every text of the engine's own answer, keys and ids apart.
    Taints(String),
}

pub struct Proxy {
    socket: PathBuf,
    stop: Arc<AtomicBool>,
    seen: Seen,
}

/// The calls that came in, in their order.
type Seen = Arc<Mutex<Vec<String>>>;

impl Proxy {
    /// Listens on `socket` and passes calls on to `engine`, both Unix sockets.
    pub fn start(socket: &Path, engine: &Path, part: Part) -> std::io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Seen::default();
        let (engine, part, stopped) = (engine.to_owned(), Arc::new(part), Arc::clone(&stop));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if stopped.load(Ordering::Relaxed) {
                    return;
                }
                let (engine, part, stopped) =
                    (engine.clone(), Arc::clone(&part), Arc::clone(&stopped));
                let noted = Arc::clone(&noted);
                // A client that goes away in the middle ends its own thread and nothing else.
                std::thread::spawn(move || {
                    serve(client, &engine, &part, &stopped, &noted).unwrap_or(());
                });
            }
        });
        Ok(Self {
            socket: socket.to_owned(),
            stop,
            seen,
        })
    }

    /// Whether such a call has come in.
    pub fn saw(&self, pattern: &str) -> bool {
        let seen = self.seen.lock().expect("nobody panics with it");
        seen.iter().any(|call| is_like(call, pattern))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let wakes = UnixStream::connect(&self.socket);
        drop(wakes);
        std::fs::remove_file(&self.socket).unwrap_or(());
    }
}

fn serve(
    mut client: UnixStream,
    engine: &Path,
    part: &Part,
    stop: &AtomicBool,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (head, body) = request(&mut client)?;
    let mut words = head.split(' ');
    let method = words.next().unwrap_or_default();
    let path = unversioned(words.next().unwrap_or_default());
    let call = format!("{method} {path}");
    seen.lock()
        .expect("nobody panics with it")
        .push(call.clone());
    let fault = part.faults.iter().find(|fault| is_like(&call, &fault.call));
    let mut limit = usize::MAX;
    match fault.map(|fault| &fault.does) {
        Some(Does::Hang) => {
            while !stop.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(50));
            }
            return Ok(());
        }
        Some(Does::Slow(milliseconds)) => std::thread::sleep(Duration::from_millis(*milliseconds)),
        Some(Does::Cut(bytes)) => limit = *bytes,
        Some(Does::Status(status)) => {
            return answer(
                &mut client,
                *status,
                &serde_json::json!({"message": "injected fault"}),
            );
        }
        Some(Does::Garbage) => {
            return client.write_all(b"\x00\x1b]0;owned\x07 this is no engine\r\n\r\n");
        }
        Some(Does::Lays(_) | Does::Taints(_)) | None => {}
    }
    let mut upstream = UnixStream::connect(engine)?;
    upstream.write_all(closing(&head).as_bytes())?;
    upstream.write_all(&body)?;
    let overlay = match path.split('?').next() {
        Some("/version") => part.version.as_ref(),
        Some("/info") => part.info.as_ref(),
        _ => None,
    };
    let does = fault.map(|fault| &fault.does);
    if overlay.is_some() || matches!(does, Some(Does::Lays(_) | Does::Taints(_))) {
        let mut bytes = Vec::new();
        upstream.read_to_end(&mut bytes)?;
        let Some(mut value) = body_of(&bytes) else {
            return client.write_all(&bytes);
        };
        if let Some(overlay) = overlay {
            lay_over(&mut value, overlay);
        }
        match (does, &mut value) {
            (Some(Does::Lays(over)), Value::Array(list)) => {
                for one in list {
                    lay_over(one, over);
                }
            }
            (Some(Does::Lays(over)), one) => lay_over(one, over),
            (Some(Does::Taints(text)), one) => taint(one, text),
            _ => {}
        }
        return answer(&mut client, status_of(&bytes), &value);
    }
    splice(client, upstream, limit)
}

/// Whether the call begins as the pattern says, where `*` stands for anything.
fn is_like(call: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = call.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    parts.all(|part| match rest.split_once(part) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn taint(value: &mut Value, with: &str) {
    match value {
        Value::String(text) => text.push_str(with),
        Value::Array(list) => list.iter_mut().for_each(|one| taint(one, with)),
        Value::Object(members) => members
            .iter_mut()
            // Without these nothing more would be asked.
            .filter(|(key, _)| !matches!(key.as_str(), "Id" | "ID" | "openclaw.sandbox"))
            .for_each(|(_, member)| taint(member, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn status_of(response: &[u8]) -> u16 {
    let line = response.split(|byte| *byte == b'\r').next();
    let line = String::from_utf8_lossy(line.unwrap_or_default()).into_owned();
    let status = line.split(' ').nth(1);
    status.and_then(|status| status.parse().ok()).unwrap_or(502)
}

/// One request's head and body.
fn request(client: &mut UnixStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .and_then(|(_, value)| value.trim().parse().ok())
                .unwrap_or(0);
            let mut body = bytes.split_off(end + 4);
            while body.len() < length {
                let read = client.read(&mut buffer)?;
                if read == 0 {
                    break;
                }
                body.extend_from_slice(&buffer[..read]);
            }
            return Ok((head, body));
        }
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        bytes.extend_from_slice(&buffer[..read]);
    }
}

/// `/v1.41/info` is `/info`.
fn unversioned(path: &str) -> String {
    match path
        .strip_prefix("/v")
        .and_then(|rest| rest.split_once('/'))
    {
        Some((version, rest)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("/{rest}")
        }
        _ => path.to_owned(),
    }
}

/// The head with `Connection: close`, so that each connection carries one call; an upgrade stays.
fn closing(head: &str) -> String {
    let mut lines: Vec<&str> = head.trim_end().split("\r\n").collect();
    let upgrade = lines
        .iter()
        .any(|line| line.to_ascii_lowercase().starts_with("upgrade:"));
    if !upgrade {
        lines.retain(|line| !line.to_ascii_lowercase().starts_with("connection:"));
        lines.push("Connection: close");
    }
    lines.join("\r\n") + "\r\n\r\n"
}

fn body_of(response: &[u8]) -> Option<Value> {
    let end = response.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&response[..end]).to_ascii_lowercase();
    let mut body = &response[end..];
    if !head.contains("transfer-encoding: chunked") {
        return serde_json::from_slice(body).ok();
    }
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n")?;
        let size =
            usize::from_str_radix(std::str::from_utf8(&body[..line]).ok()?.trim(), 16).ok()?;
        body = &body[line + 2..];
        if size == 0 {
            return serde_json::from_slice(&whole).ok();
        }
        whole.extend_from_slice(body.get(..size)?);
        body = body.get(size + 2..)?;
    }
}

fn lay_over(value: &mut Value, overlay: &Value) {
    match (value, overlay) {
        (Value::Object(under), Value::Object(over)) => {
            for (key, member) in over {
                lay_over(under.entry(key.clone()).or_insert(Value::Null), member);
            }
        }
        (under, over) => *under = over.clone(),
    }
}

fn answer(client: &mut UnixStream, status: u16, value: &Value) -> std::io::Result<()> {
    let body = value.to_string();
    write!(
        client,
        "HTTP/1.1 {status} Played\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Both directions until either side ends, the answer at most `limit` bytes long.
fn splice(client: UnixStream, upstream: UnixStream, limit: usize) -> std::io::Result<()> {
    let (mut from_client, mut to_upstream) = (client.try_clone()?, upstream.try_clone()?);
    std::thread::spawn(move || {
        std::io::copy(&mut from_client, &mut to_upstream).unwrap_or(0);
        to_upstream
            .shutdown(std::net::Shutdown::Write)
            .unwrap_or(());
    });
    let (mut client, upstream) = (client, upstream);
    let bound = u64::try_from(limit).unwrap_or(u64::MAX);
    let copied = std::io::copy(&mut upstream.take(bound), &mut client);
    client.shutdown(std::net::Shutdown::Both).unwrap_or(());
    copied.map(|_| ())
}
