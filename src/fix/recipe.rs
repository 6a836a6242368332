//! Our recipe of OpenClaw's default sandbox image: no registry publishes it, and its npm package
//! does not contain the script that would build it.

use sha2::{Digest as _, Sha256};

/// A Dockerfile of one stage that a classic builder understands.
pub const DOCKERFILE: &str = include_str!("../../assets/sandbox.Dockerfile");

/// The name that OpenClaw looks for where none is configured.
pub const DEFAULT_IMAGE: &str = "openclaw-sandbox:bookworm-slim";

/// SHA-256 of the recipe, in hex.
pub fn sha256() -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for byte in Sha256::digest(DOCKERFILE.as_bytes()) {
        write!(text, "{byte:02x}").expect("a String takes all");
    }
    text
}
