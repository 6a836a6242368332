//! The arithmetic of the headroom: how many more sandboxes can be busy at once, and what limits it.
