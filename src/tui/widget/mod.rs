//! Small pieces that know no screen: text that fits, times in words, lines put together.

pub mod line;
pub mod page;
pub mod text;
pub mod time;
