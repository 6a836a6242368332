//! Plain questions over HTTP: one client, no redirects, bounded answers.

use std::sync::Once;
use std::time::Duration;

use reqwest::{Client, Response, redirect};

use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Bytes of a body that are kept.
pub const MOST: usize = 64 * 1024;

/// Whether the system's proxy settings apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Proxied,
    /// Loopback must not go through a proxy, whatever `NO_PROXY` forgets.
    Direct,
    /// The same for what is never encrypted: the system's certificates, hundreds of files on
    /// Debian 12, are not read.
    Plain,
}

/// Below what a caller gives to a whole question, so that the error says it was the connection.
const CONNECT: Duration = Duration::from_secs(4);

pub fn client(way: Way) -> Result<Client, Why> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error means that somebody else installed one, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let builder = Client::builder()
        .user_agent(concat!("clawdoctor/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT);
    let builder = match way {
        Way::Proxied => builder,
        Way::Direct => builder.no_proxy(),
        Way::Plain => builder.no_proxy().tls_certs_only([]),
    };
    builder.build().map_err(|error| {
        Why::new(
            WhyKind::Failed,
            format!("no HTTP client: {}", chain(&error)),
        )
    })
}

/// Whether a page on loopback answers with status 200.
pub async fn answers_ok(port: u16, path: &str, d: Deadline) -> bool {
    let Ok(client) = client(Way::Plain) else {
        return false;
    };
    let asked = client.get(format!("http://127.0.0.1:{port}{path}")).send();
    matches!(d.bound(asked).await, Ok(Ok(response)) if response.status() == 200)
}

/// The first [`MOST`] bytes of a body.
pub async fn body(mut response: Response, d: Deadline) -> Result<String, Why> {
    let mut kept: Vec<u8> = Vec::new();
    let reading = async {
        while kept.len() < MOST {
            match response.chunk().await {
                Ok(Some(chunk)) => kept.extend_from_slice(&chunk),
                Ok(None) => break,
                Err(error) => return Err(why(error)),
            }
        }
        Ok(())
    };
    d.bound(reading).await.map_err(|elapsed| {
        let words = format!("the answer did not end within {} ms", elapsed.0.as_millis());
        Why::new(WhyKind::Timeout, words)
    })??;
    kept.truncate(MOST);
    Ok(String::from_utf8_lossy(&kept).into_owned())
}

pub fn why(error: reqwest::Error) -> Why {
    let kind = if error.is_timeout() {
        WhyKind::Timeout
    } else {
        WhyKind::Failed
    };
    // The address may hold a password.
    let error = error.without_url();
    Why::new(kind, chain(&error))
}

/// The innermost cause says what happened; the outer ones only that a request failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    wash(&innermost.to_string(), 300)
}

/// The host of a URL is this machine.
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}
