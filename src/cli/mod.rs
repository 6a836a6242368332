//! The command line: reads it, prepares a run, dispatches, prints. Glue: what is decided is decided in
//! the rooms below.

mod answering;
pub mod app;
pub mod args;
mod asking;
mod become_user;
mod bench;
mod calls;
pub mod check;
pub mod demo;
mod drill;
pub mod evidence;
pub mod explain;
pub mod fix;
mod headroom;
pub mod keys;
pub mod list;
mod open_runs;
pub mod out;
pub mod prepare;
pub mod recorder;
mod refused;
pub mod replay;
mod run;
pub mod schema;
mod status;
mod telling;
mod told;
pub mod undo;
mod voice;
pub mod watch;
mod whose;
mod wishes;

pub use run::run;
