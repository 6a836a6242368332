//! Repairing a node: what would be changed, the consent to it, the change itself with a journal
//! that is written first, and the way back.

pub mod edit;
