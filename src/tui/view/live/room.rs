//! How the headroom is reckoned, line by line; or why it cannot be.
//!
//! ```text
//! memory the engine can use        7.7 GiB
//! - its own system                 1.2 GiB
//! …
//! 4 more sandboxes can be busy at the same time, limited by memory.
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::super::put;
use crate::facts::host::PressureLevel;
use crate::headroom::Arithmetic;
use crate::tui::app::{App, Dialog};
use crate::tui::layout;
use crate::tui::screen::live::Live;
use crate::tui::theme::Role;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::fit;
use crate::units::Size as Bytes;

const WIDTH: u16 = 62;
const LABEL: usize = 44;
const FIGURE: usize = 10;

pub fn frame(app: &App, live: &Live, size: Size) -> Rect {
    let height = u16::try_from(lines(app, live).len()).unwrap_or(u16::MAX);
    layout::dialog(size, WIDTH, height)
}

pub fn draw(app: &App, live: &Live, size: Size, buffer: &mut Buffer) {
    let Some(Dialog::Room { scroll }) = app.dialog else {
        return;
    };
    let frame = frame(app, live, size).intersection(buffer.area);
    Clear.render(frame, buffer);
    Block::bordered()
        .border_type(BorderType::Plain)
        .title(" Headroom ")
        .title_bottom(" j k scroll, q back ")
        .render(frame, buffer);
    let inside = layout::inside(frame);
    let lines = lines(app, live);
    for (y, line) in (0..inside.height).zip(lines.into_iter().skip(scroll)) {
        put(buffer, inside, y, line);
    }
}

pub fn lines(app: &App, live: &Live) -> Vec<Line<'static>> {
    let mut page = Page::new(app.theme, usize::from(WIDTH));
    match &live.model.headroom {
        Ok(arithmetic) => reckon(&mut page, arithmetic),
        Err(why) => {
            page.text(Role::Unsure, 0, "How many more sandboxes fit is not known:");
            page.text(Role::Plain, 0, why);
        }
    }
    page.lines
}

fn sum(page: &mut Page, role: Role, label: &str, bytes: u64) {
    let figure = Bytes(bytes).to_string();
    number(page, role, label, &figure);
}

fn number(page: &mut Page, role: Role, label: &str, figure: &str) {
    let gap = FIGURE.saturating_sub(figure.len());
    let line = page
        .pieces()
        .add(role, &fit(label, LABEL, ""))
        .gap(gap)
        .add(role, figure);
    page.push(line);
}

fn reckon(page: &mut Page, arithmetic: &Arithmetic) {
    let Arithmetic { memory, load, .. } = arithmetic;
    let plain = Role::Plain;
    sum(page, plain, "memory that the engine can use", memory.vm);
    sum(page, plain, "- its own system", memory.system);
    if memory.gateway > 0 {
        sum(page, plain, "- the gateway", memory.gateway);
    }
    sum(
        page,
        plain,
        "- containers that are no sandboxes",
        memory.others,
    );
    sum(page, Role::Strong, "= for sandboxes", memory.available);
    sum(page, plain, "- kept free for bursts", memory.keep);
    let busy = format!("- {} busy, each for its cap", load.busy_count);
    sum(page, plain, &busy, load.busy);
    let idle = format!("- {} idle, for what they use", load.idle_count);
    sum(page, plain, &idle, load.idle);
    let left = memory
        .available
        .saturating_sub(memory.keep)
        .saturating_sub(load.busy)
        .saturating_sub(load.idle);
    sum(page, Role::Strong, "= left", left);
    let assumed = if arithmetic.cap_assumed {
        "no cap is configured, assumed"
    } else {
        "the configured cap"
    };
    let each = format!("each further one takes ({assumed})");
    sum(page, plain, &each, arithmetic.cap);
    page.gap();
    number(
        page,
        plain,
        "so many fit by memory",
        &arithmetic.safe.to_string(),
    );
    let hard = arithmetic.hard.to_string();
    number(page, Role::Muted, "  with nothing kept free", &hard);
    let cores = format!(
        "by {} cores at {} each{}",
        arithmetic.cpus,
        arithmetic.cpu_cap,
        if arithmetic.cpu_cap_assumed {
            " (assumed)"
        } else {
            ""
        }
    );
    number(page, plain, &cores, &arithmetic.by_cpu.to_string());
    let disk = arithmetic
        .by_disk
        .map_or("not known".to_owned(), |count| count.to_string());
    number(page, plain, "by disk space", &disk);
    let pressure = match arithmetic.pressure {
        Some(PressureLevel::Normal) => "normal",
        Some(PressureLevel::Warning) => "halves it",
        Some(PressureLevel::Critical) => "makes it 0",
        None => "not known",
    };
    number(page, plain, "memory pressure on the host", pressure);
    page.gap();
    let (headroom, limit) = (arithmetic.headroom, arithmetic.limit.word());
    let role = if headroom == 0 {
        Role::Bad
    } else {
        Role::Strong
    };
    let verdict = format!("{headroom} more can be busy at the same time, limited by {limit}.");
    page.text(role, 0, &verdict);
    let commitment = format!(
        "All caps together are {:.0} % of what is there for sandboxes; above 100 % is no harm while most are idle.",
        arithmetic.commitment * 100.0
    );
    page.text(Role::Muted, 0, &commitment);
}
