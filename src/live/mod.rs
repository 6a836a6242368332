//! The live picture of an engine's sandboxes, from what the engine tells while it happens.
//!
//! ```text
//! engine ──▶ feed ──▶ Stamped<Event> ──▶ Model.apply ──▶ notes, and what is there
//!                        │                              ──▶ the screen │ NDJSON │ metrics
//!                        └──▶ recording ──▶ the same events ──▶ the same picture
//! ```
//!
//! [`event`] is the vocabulary, [`model`] the reducer; [`sandbox`], [`call`], [`calls`], [`usage`],
//! [`note`] and [`alert`] are what it is made of, [`trail`] how well an end is known, [`stall`]
//! whether the engine is slow, [`scope`] which containers are sandboxes and whose, [`sampling`] whom
//! to ask next. [`column`] is what a table of them may tell, [`doing`] what one is doing in a word,
//! [`order`] how the table is sorted. All of that is pure; [`feed`], `survey` and
//! [`clock`] are the edge. What
//! does not belong here: drawing (tui), printing (report, cli), and changing anything in the engine.

pub mod alert;
pub mod call;
pub mod calls;
pub mod clock;
pub mod column;
pub mod doing;
pub mod event;
pub mod feed;
pub mod model;
pub mod note;
pub mod order;
pub mod recording;
pub mod replay;
pub mod sampling;
pub mod sandbox;
pub mod scope;
pub mod stall;
mod survey;
pub mod trail;
mod translate;
pub mod usage;
