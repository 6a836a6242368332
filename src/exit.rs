//! Exit codes, in one place: the contract with scripts.

/// Nothing at or above the threshold, every required check concluded.
pub const CLEAN: u8 = 0;
/// A finding at or above the threshold.
pub const FINDINGS: u8 = 1;
/// Could not run, a usage error, or a required check inconclusive.
pub const INCONCLUSIVE: u8 = 2;
/// Of `fix`: applied, and a restart is needed before all of it is in force.
pub const RESTART_NEEDED: u8 = 3;
/// Ended by Ctrl-C.
pub const INTERRUPTED: u8 = 130;
/// Ended by SIGTERM.
pub const TERMINATED: u8 = 143;
