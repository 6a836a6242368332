//! The name of a content: its SHA-256, as 64 small hexadecimal digits.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// Two contents with the same one are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256(String);

impl Sha256 {
    pub fn of(bytes: &[u8]) -> Self {
        let mut hex = String::with_capacity(64);
        for byte in sha2::Sha256::digest(bytes) {
            write!(hex, "{byte:02x}").expect("a string takes it all");
        }
        Self(hex)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first digits alone, where a short name is told apart well enough.
    pub fn first(&self, digits: usize) -> &str {
        &self.0[..digits.min(self.0.len())]
    }
}

/// A journal is read back from a disk: what is no digest must not become the name of a file.
impl TryFrom<String> for Sha256 {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_digit = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(Self(text))
        } else {
            Err("a SHA-256 has 64 small hexadecimal digits")
        }
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_reads_back_and_nothing_else_does() {
        let digest = Sha256::of(b"abc");
        assert!(
            digest
                .as_str()
                .starts_with("ba7816bf8f01cfea414140de5dae2223")
        );
        assert_eq!(Sha256::try_from(digest.to_string()), Ok(digest));
        for text in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(65)] {
            assert!(Sha256::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
