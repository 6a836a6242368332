//! Docker Desktop's own version and settings.

use super::{Answer, Findings, Node, by_hand};

pub fn version(_node: Node<'_>, findings: &Findings<'_>) -> Answer {
    let why = "an update stops all containers and wants its own dialogs";
    by_hand("docker/desktop-version", findings, why)
}

pub fn settings(_node: Node<'_>, id: &str, findings: &Findings<'_>) -> Answer {
    by_hand(
        id,
        findings,
        "Docker Desktop's settings are changed in its own window",
    )
}
