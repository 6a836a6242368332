//! Text to types: no `cfg`, no I/O. What the tools of any platform print is read here, so that it
//! is tested on every platform with recorded outputs (`tests/recorded/`).

pub mod linux;
pub mod login;
pub mod power;
pub mod sysctl;
pub mod versions;

use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// There was an answer, and it is not what was expected.
fn odd(what: &str, text: &str) -> Why {
    let text = wash(text, 80);
    let said = if text.is_empty() {
        "it says nothing".to_owned()
    } else {
        format!("it says \"{text}\"")
    };
    Why::new(WhyKind::Unparsable, format!("{what}: {said}"))
}
