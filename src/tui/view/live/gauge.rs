//! How many more sandboxes fit.
//!
//! ```text
//! ████░░░░░░ 4 more fit, limited by memory  2G of 5.1G memory taken
//! as of 45s ago: 4 more fit, limited by memory
//! ```

use super::Look;
use crate::headroom::{Arithmetic, Limit};
use crate::live::usage::as_float;
use crate::tui::theme::Role;
use crate::tui::widget::figure::{Bytes, Short};
use crate::tui::widget::pen::Pen;

const BAR: usize = 10;

pub fn draw(look: Look<'_>, pen: &mut Pen<'_>) {
    match &look.model().headroom {
        Ok(arithmetic) => {
            let role = role(look, arithmetic.headroom);
            if pen.room() > if look.is_stale() { 70 } else { 50 } {
                pen.bar(role, taken(arithmetic), BAR).gap(1);
            }
            let limit = arithmetic.limit.word();
            if look.is_stale() {
                let heard = Short(look.live.link_age(look.ours));
                pen.write(Role::Unsure, format_args!("as of {heard} ago: "));
            }
            match arithmetic.headroom {
                0 => pen.write(role, format_args!("no more fits, limited by {limit}")),
                1 => pen.write(role, format_args!("1 more fits, limited by {limit}")),
                some => pen.write(role, format_args!("{some} more fit, limited by {limit}")),
            };
            let load = &arithmetic.load;
            let used = load.idle.saturating_add(load.busy);
            let free = arithmetic.memory.available;
            pen.offer(
                Role::Muted,
                format_args!("{} of {} memory taken", Bytes(used), Bytes(free)),
            );
        }
        Err(why) => {
            pen.text(Role::Unsure, "? headroom not known: ")
                .text(Role::Muted, why);
        }
    }
}

/// `+4`
pub fn short(look: Look<'_>, pen: &mut Pen<'_>) {
    match &look.model().headroom {
        Ok(arithmetic) if !look.is_stale() => {
            let role = role(look, arithmetic.headroom);
            pen.offer(role, format_args!("room {}", arithmetic.headroom))
        }
        // How many fitted is no word for how many fit.
        Ok(_) | Err(_) => pen.offer(Role::Unsure, format_args!("room ?")),
    };
}

fn role(look: Look<'_>, headroom: u64) -> Role {
    match headroom {
        _ if look.is_stale() => Role::Muted,
        0 => Role::Bad,
        1 => Role::Warn,
        _ => Role::Plain,
    }
}

/// The part of what limits that is taken.
fn taken(arithmetic: &Arithmetic) -> f64 {
    let (used, all) = match arithmetic.limit {
        Limit::Cpu => {
            let busy = arithmetic.load.busy_count;
            (busy, busy.saturating_add(arithmetic.by_cpu))
        }
        Limit::Memory | Limit::Disk | Limit::Pressure => {
            let load = &arithmetic.load;
            let free = arithmetic.memory.available;
            (
                load.idle.saturating_add(load.busy),
                free.saturating_sub(arithmetic.memory.keep),
            )
        }
    };
    as_float(used) / as_float(all.max(1))
}
