//! OpenClaw on this node.

mod effective;
mod elevated;
mod place;
mod roster;
mod section;
mod sizes;
