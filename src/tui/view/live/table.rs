//! The table of what is there: a row for each sandbox, or for each agent and its sandboxes.
//!
//! ```text
//!   agent/session     state       age▲ run fail        cpu            memory idle
//! › main/telegram     ▶ busy       12s   1    0 ██░░░░ 0.21/0.5 █░░░░░ 123M/512M
//!   ▾ ops (3)         1 busy             1    2          0.40          310M
//! ```

use ratatui::layout::Rect;

use super::Look;
use super::cells::{figures, group_cell};
use super::plan::{Spec, owner, plan};
use crate::tui::layout::live::Areas;
use crate::tui::screen::live::{Column, Pane, Row};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::pen::Pen;
use crate::tui::widget::text::{columns, head};

/// Below this width the symbol stands for the state.
const WORDS: u16 = 40;
/// The pointer and a blank.
const POINTER: usize = 2;

pub fn draw(look: Look<'_>, areas: &Areas, pen: &mut Pen<'_>) {
    let area = areas.table;
    let plan = planned(look, area);
    titles(look, areas.titles, &plan, pen);
    let at = look.live.position();
    let rows = look.live.rows.iter().enumerate().skip(look.live.sight.top);
    for (y, (index, row)) in (0..area.height).zip(rows) {
        let here = at == Some(index);
        let pointer = if here { look.theme.pointer() } else { " " };
        pen.row(area, y).text(Role::Plain, pointer).gap(1);
        match row {
            Row::Group(index) => {
                let group = &look.live.groups[*index];
                for (column, width) in &plan {
                    group_cell(look, *column, *width, group, pen);
                    pen.gap(1);
                }
            }
            Row::Sandbox(id) => {
                let Some(one) = look.model().sandboxes.get(id) else {
                    continue;
                };
                for (column, width) in &plan {
                    figures(look, *column, *width, one, pen);
                    pen.gap(1);
                }
            }
        }
        if look.is_stale() {
            pen.wash(look.theme.look(Role::Muted));
        }
        if here {
            pen.wash(Theme::cursor(look.live.sight.focus == Pane::Table));
        }
    }
}

fn planned(look: Look<'_>, area: Rect) -> Vec<(Column, usize)> {
    let words = area.width >= WORDS;
    let wanted = &look.live.columns;
    let mut specs: Vec<Spec<Column>> = Vec::with_capacity(Column::ALL.len());
    specs.extend(wanted.iter().map(|column| spec(*column, words)));
    // What it is sorted by can be seen, and how old the numbers are when no new ones come.
    let sorted = words.then_some(look.live.sight.sort);
    let stale = look.is_stale().then_some(Column::Figures);
    for column in [sorted, stale].into_iter().flatten() {
        match specs.iter_mut().find(|spec| spec.column == column) {
            Some(spec) => spec.rank = 1,
            None => specs.push(Spec {
                rank: 1,
                ..spec(column, words)
            }),
        }
    }
    plan(usize::from(area.width).saturating_sub(POINTER), &specs)
}

fn spec(column: Column, words: bool) -> Spec<Column> {
    let (rank, least, most) = match column {
        Column::Owner if words => (0, 16, 22),
        Column::Owner => (0, 10, 22),
        Column::State if words => (1, 10, 10),
        Column::State => (1, 1, 1),
        Column::Memory => (2, 9, 17),
        Column::Cpu => (3, 5, 17),
        Column::Running => (4, 4, 4),
        Column::Age => (5, 5, 5),
        Column::Failed => (6, 5, 5),
        Column::Marks => (7, 6, 9),
        Column::Made => (10, 5, 5),
        Column::Idle => (9, 4, 5),
        Column::Start => (11, 6, 6),
        Column::Pids => (12, 7, 7),
        Column::Name => (13, 14, 26),
        Column::Figures => (8, 5, 6),
        Column::Network => (14, 7, 8),
        Column::Restarts => (15, 4, 4),
        Column::Traffic => (16, 9, 11),
        Column::Image => (17, 14, 30),
    };
    Spec {
        column,
        rank,
        least,
        most,
    }
}

fn is_figure(column: Column) -> bool {
    match column {
        Column::Owner
        | Column::Name
        | Column::State
        | Column::Marks
        | Column::Network
        | Column::Image => false,
        Column::Age
        | Column::Start
        | Column::Running
        | Column::Made
        | Column::Failed
        | Column::Cpu
        | Column::Memory
        | Column::Pids
        | Column::Idle
        | Column::Traffic
        | Column::Restarts
        | Column::Figures => true,
    }
}

/// The titles, with an arrow at the one by which the table is sorted.
fn titles(look: Look<'_>, area: Rect, plan: &[(Column, usize)], pen: &mut Pen<'_>) {
    if area.height == 0 {
        return;
    }
    pen.row(area, 0).gap(POINTER);
    for (column, width) in plan {
        let sorted = *column == look.live.sight.sort;
        let (role, arrow) = if sorted {
            (Role::Strong, look.theme.order(look.live.sight.descending))
        } else {
            (Role::Muted, "")
        };
        let room = width.saturating_sub(columns(arrow));
        let title = match column {
            Column::Owner => owner(room),
            column => head(column.title(), room),
        };
        if is_figure(*column) {
            pen.figure(role, format_args!("{title}{arrow}"), *width);
        } else {
            pen.cell_of(role, format_args!("{title}{arrow}"), *width);
        }
        pen.gap(1);
    }
}
