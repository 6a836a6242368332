//! The live dashboard.
//!
//! ```text
//! ● up  6 sandboxes  2 busy calls  12 gone     watching: 0.4% cpu 9M 3/s      header
//! ████░░░░░░ 4 more fit, limited by memory            reaches back 12m       gauge
//! ─ 1 Checklist ─ [2 Live] ─ 3 Isolation ─────────────────────────────       rule
//! ! sbx-3: killed for memory (OOM), cap 512 MiB    3x  12s  a all  x dismiss       alert
//!   agent/session   state      age▲ run fail   cpu       memory              titles
//! › main/telegram   ▶ busy      12s   1    0   42% 123M/512M                 table
//! ─ timeline ─────────────────────────────────────────────────────────
//!  12s ✗ main/telegram   killed for memory (OOM), exit 137                   timeline
//!  q quit  ? help  enter read  n trouble  / filter                           footer
//! ```

mod alert;
pub mod alerts;
pub mod cells;
pub mod deeds;
pub mod detail;
mod empty;
mod gauge;
mod gone;
mod header;
mod keeping;
pub mod logs;
mod plan;
pub mod room;
mod table;
mod timeline;
pub mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::Size;

use super::{footer, put, tabs};
use crate::live::event::{Link, Moment};
use crate::live::model::Model;
use crate::tui::app::App;
use crate::tui::layout::Shape;
use crate::tui::layout::live::{Areas, areas};
use crate::tui::screen::live::{List, Live, Pane};
use crate::tui::theme::{Role, Theme};
use crate::tui::widget::line::Pieces;
use crate::tui::widget::pen::Pen;

/// What every part is drawn from.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    app: &'a App,
    live: &'a Live,
    theme: Theme,
    /// What our clock and the engine's show.
    ours: Moment,
    engine: Moment,
}

impl<'a> Look<'a> {
    fn new(app: &'a App, live: &'a Live) -> Self {
        let ours = live.ours(app.now);
        Self {
            app,
            live,
            theme: app.theme,
            ours,
            engine: live.model.engine_clock(ours),
        }
    }

    fn model(&self) -> &'a Model {
        &self.live.model
    }

    /// Nothing new comes: what is on the screen is as it was.
    fn is_stale(&self) -> bool {
        match self.model().link {
            Link::Lost { .. } | Link::Hung => true,
            Link::Connecting | Link::Up => false,
        }
    }

    /// When the engine was heard of last, by our clock: nothing that is told of it is newer.
    fn last(&self) -> Moment {
        if self.is_stale() {
            self.ours.minus(self.live.link_age(self.ours))
        } else {
            self.ours
        }
    }

    /// The same by the engine's clock.
    fn heard(&self) -> Moment {
        self.model().engine_clock(self.last())
    }

    fn dash(&self) -> &'static str {
        self.theme.dash()
    }
}

/// Where everything is for this state.
pub fn areas_of(app: &App, live: &Live, size: Size) -> Areas {
    let alert = live.unrecorded().is_some() || live.alerts(app.now).next().is_some();
    areas(size, live, alert)
}

pub fn draw(app: &App, live: &Live, size: Size, buffer: &mut Buffer) {
    let areas = areas_of(app, live, size);
    let look = Look::new(app, live);
    let mut pen = Pen::new(buffer, app.theme);
    if areas.shape == Shape::Tiny {
        header::tiny(look, areas.header, &mut pen);
        return;
    }
    header::draw(look, &areas, &mut pen);
    alert::draw(look, areas.alert, &mut pen);
    match live.sight.list {
        List::Standing if live.rows.is_empty() => empty::draw(look, &areas, &mut pen),
        List::Standing => table::draw(look, &areas, &mut pen),
        List::Gone => gone::draw(look, &areas, &mut pen),
    }
    timeline::draw(look, &areas, &mut pen);
    detail::draw(look, areas.detail, buffer);
    partings(look, &areas, buffer);
    footer::draw(app, areas.footer, buffer);
}

/// When there is no dashboard to draw.
pub fn unwatched(app: &App, size: Size, buffer: &mut Buffer) {
    let mut pen = Pen::new(buffer, app.theme);
    let area = ratatui::layout::Rect::new(0, 0, size.width, size.height);
    pen.row(area, 0)
        .text(Role::Muted, "no engine is watched in this session");
    let footer = ratatui::layout::Rect::new(0, size.height.saturating_sub(1), size.width, 1);
    footer::draw(app, footer, buffer);
}

fn partings(look: Look<'_>, areas: &Areas, buffer: &mut Buffer) {
    let theme = look.theme;
    let width = usize::from(areas.rule.width);
    let tabs = tabs::titles(look.app, width);
    let used = tabs.used();
    put(buffer, areas.rule, 0, tabs.line());
    let mut pen = Pen::new(buffer, theme);
    pen.row(areas.rule, 0).gap(used);
    keeping::mark(look, &mut pen);
    pen.fill(Role::Muted, theme.rule());
    if areas.parting.width == 1 {
        for y in 0..areas.parting.height {
            pen.row(areas.parting, y).text(Role::Muted, theme.wall());
        }
    } else if areas.parting.height == 1 {
        pen.row(areas.parting, 0)
            .text(Role::Muted, theme.rule())
            .text(title_role(look, Pane::Detail), " detail ")
            .fill(Role::Muted, theme.rule());
        let position = detail::position(look.app, look.live, areas.detail);
        if !position.is_empty() {
            let room = areas.parting.width.saturating_sub(4);
            let end =
                Pieces::new(theme, usize::from(room)).add(Role::Muted, &format!(" {position} "));
            let x = areas
                .parting
                .right()
                .saturating_sub(u16::try_from(end.used()).unwrap_or(0).saturating_add(2));
            let place = ratatui::layout::Rect::new(x, areas.parting.y, room, 1);
            put(buffer, place.intersection(areas.parting), 0, end.line());
        }
    }
}

/// The title of the pane that has the keys is strong.
fn title_role(look: Look<'_>, pane: Pane) -> Role {
    if look.live.sight.focus == pane {
        Role::Strong
    } else {
        Role::Muted
    }
}
