//! The command line: reads it, prepares a run, dispatches, prints. Glue: what is decided is decided in
//! the rooms below.

pub mod app;
pub mod args;
pub mod check;
pub mod explain;
pub mod list;
pub mod out;
pub mod prepare;
mod run;
pub mod schema;

pub use run::run;
