//! clawdoctor: the node doctor for machines that run OpenClaw's tool sandboxes in Docker.
//!
//! A tour, from the top floor down. An arrow never runs back up; `tests/house.rs` holds the table.
//!
//! - [`cli`] reads the command line, prepares a run, prints. Glue.
//! - [`tui`] is the app: one state, a pure update, a pure view, and a runtime at its edge.
//! - [`report`] writes a report, one file per format, and plans with what became of them: pure
//!   functions into a writer.
//! - [`fix`] repairs what the checks found. A plan is made of steps, changes as data, by pure
//!   planners; each step is journalled with its inverse before it is applied, proven by the check
//!   that failed, and taken back exactly. Its edge is `apply`, one file per kind of step.
//! - [`checklist`] holds the catalogue of checks (files of `checks/`), the judges and the run:
//!   facts go in, a report comes out, and the picture of how far each agent is shut in. Pure but for
//!   reading the operator's folder.
//! - [`live`] is the picture of what runs, from what the engine tells while it happens: a reducer of
//!   events that the screen, a stream of JSON and a recording read alike.
//! - [`probe`] asks the world and never judges: one file per area, one section of the facts each.
//! - [`drill`] proves the headroom: it starts sandboxes under load until something begins to suffer.
//!   What counts as suffering is a pure judge; its edge is `run`.
//! - [`engine`] speaks to the container engine, the only room that names its client library, and
//!   knows nothing of OpenClaw.
//! - [`facts`] is the vocabulary: one serialisable snapshot of a node, in which what is not known
//!   is a value with its reason.
//! - [`service`] says what the recorder is as a background service of launchd or systemd.
//! - The small rooms: [`headroom`] (how many more sandboxes fit), [`bench`] (how long one takes to
//!   start) and [`drift`] (how one differs from the configuration), [`surroundings`] (what a process sees), [`settings`], [`failure`] and
//!   [`exit`] (what can go wrong and the codes for it), [`deadline`], [`digest`], [`units`],
//!   [`text`] (foreign text made harmless), [`redact`].
//!
//! ```text
//! probes ──▶ Facts ──▶ judges ──▶ rulings ──▶ Report ──▶ a format │ the screen
//!              ▲
//!              └── check --facts FILE: a node recorded elsewhere
//!
//! Report, Facts ──▶ Plan ──▶ consent ──▶ each Step: journal ▸ apply ▸ journal
//!                                          ──▶ the same probes, the same judges ──▶ verified
//!                               undo ◀── the journal, read backwards
//! ```

pub mod bench;
pub mod checklist;
pub mod cli;
pub mod deadline;
pub mod digest;
pub mod drift;
pub mod drill;
pub mod engine;
pub mod exit;
pub mod facts;
pub mod failure;
pub mod fix;
pub mod headroom;
pub mod live;
pub mod probe;
pub mod redact;
pub mod report;
pub mod service;
pub mod settings;
pub mod surroundings;
pub mod text;
pub mod tui;
pub mod units;
