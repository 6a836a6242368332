//! What the URL of an endpoint leads to. Pure.

use std::path::PathBuf;

use crate::facts::{Why, WhyKind};
use crate::text::wash;

const LONGEST: usize = 300;

/// What an endpoint's URL leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Unix(PathBuf),
    /// `host:port`
    Tcp(String),
}

/// What the URL of an endpoint leads to, or why clawdoctor cannot go there. Failed and not
/// "not applicable": there is an engine, and nothing is known about it.
pub fn address(url: &str) -> Result<Address, Why> {
    let shown = wash(url, LONGEST);
    let failed = |words: String| Err(Why::new(WhyKind::Failed, words));
    match url.split_once("://") {
        Some(("unix", path)) if !path.is_empty() => Ok(Address::Unix(PathBuf::from(path))),
        Some(("tcp" | "http", rest)) => tcp_address(rest.trim_end_matches('/'), 2375)
            .map(Address::Tcp)
            .ok_or_else(|| {
                Why::new(
                    WhyKind::Unparsable,
                    format!("the engine's address `{shown}` is not `tcp://host:port`"),
                )
            }),
        Some(("ssh", _)) => failed(format!(
            "the engine is on another machine, behind `{shown}`: run clawdoctor there"
        )),
        Some(("https", _)) => failed(format!(
            "the engine at `{shown}` wants TLS, which clawdoctor does not speak to engines: run it on the engine's machine"
        )),
        _ => Err(Why::new(
            WhyKind::Unparsable,
            format!(
                "the engine's address `{shown}` is neither `unix:///path` nor `tcp://host:port`"
            ),
        )),
    }
}

/// `host[:port]` completed as the Docker CLI does: localhost, and the port given here.
pub(super) fn tcp_address(authority: &str, default_port: u16) -> Option<String> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        host.parse::<std::net::Ipv6Addr>().ok()?;
        let port = match rest {
            "" => default_port,
            _ => rest.strip_prefix(':')?.parse().ok()?,
        };
        (format!("[{host}]"), port)
    } else {
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default_port),
        };
        let host = if host.is_empty() { "localhost" } else { host };
        let valid = host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if !valid {
            return None;
        }
        (host.to_owned(), port)
    };
    (port != 0).then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_elsewhere_or_behind_tls_is_not_asked() {
        assert_eq!(address("unix:///a b"), Ok(Address::Unix("/a b".into())));
        assert_eq!(address("tcp://h"), Ok(Address::Tcp("h:2375".to_owned())));
        assert_eq!(
            address("ssh://u@h").expect_err("remote").kind,
            WhyKind::Failed
        );
        assert_eq!(address("https://h").expect_err("tls").kind, WhyKind::Failed);
        for bad in ["", "unix://", "x", "npipe:////./pipe/d"] {
            assert_eq!(address(bad).expect_err(bad).kind, WhyKind::Unparsable);
        }
    }
}
