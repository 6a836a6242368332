//! The command line.

pub mod args;
pub mod explain;
pub mod list;
pub mod out;
pub mod schema;
