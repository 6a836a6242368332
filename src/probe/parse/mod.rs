//! Text to types: no `cfg`, no I/O.
