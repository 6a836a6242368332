//! Small pieces that know no screen: text that fits, times and figures in words, lines put
//! together, cells written.

pub mod clock;
pub mod figure;
pub mod line;
pub mod page;
pub mod pen;
pub mod text;
pub mod time;
