//! The machine itself: programs that are missing, space, and the settings of a headless node.

use super::{Answer, Findings, Node, by_hand};

pub fn openclaw(_node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    by_hand(id, findings, "it is installed by hand")
}

pub fn disk(_node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    by_hand(id, findings, "what may go is for a person to say")
}

pub fn headless(_node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    by_hand(id, findings, "it is set by hand")
}
