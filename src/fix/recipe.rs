//! Our recipe of OpenClaw's default sandbox image: no registry publishes it, and its npm package
//! does not contain the script that would build it.

/// A Dockerfile of one stage that a classic builder understands.
pub const DOCKERFILE: &str = include_str!("../../assets/sandbox.Dockerfile");

/// SHA-256 of the recipe, in hex.
pub fn sha256() -> String {
    crate::digest::Sha256::of(DOCKERFILE.as_bytes()).to_string()
}
