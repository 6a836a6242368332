//! The history of a figure.
//!
//! ```text
//! CPU, 8m to now, top 0.5 cores (cap)
//! ▁▁▂▇█▇▅▃▂▁▁  ▁▁▂▇█▇▅▃▂▁▁
//! ```

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar, Widget};

use super::super::Look;
use crate::live::event::Moment;
use crate::live::sandbox::Sandbox;
use crate::live::usage::Point;
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::page::Page;

const HEIGHT: u16 = 2;
/// So many steps of a cell's eighth: finer cannot be drawn.
const STEPS: f64 = 1000.0;
/// Between two samples that are further apart nothing is known.
const GAP: Duration = Duration::from_secs(45);

pub struct Graph {
    pub title: &'static str,
    pub cap: Option<f64>,
    pub value: fn(&Point) -> Option<f64>,
    pub label: fn(f64) -> String,
}

impl Graph {
    pub fn draw(&self, look: Look<'_>, one: &Sandbox, page: &mut Page) {
        let history = &one.usage.history;
        let (Some(first), Some(last)) = (history.front(), history.back()) else {
            return;
        };
        let span = last.read.since(first.read);
        let width = u16::try_from(page.width).unwrap_or(u16::MAX);
        let bins = self.bins(history.iter(), first.read, span, usize::from(width));
        let highest = bins.iter().flatten().copied().fold(0.0, f64::max);
        // Against the cap, so that a height means the same for all; what is far below it is
        // enlarged, and the top is told.
        let (top, whose) = match self.cap {
            Some(cap) if highest > cap / 8.0 => (cap.max(highest), " (cap)"),
            Some(_) | None => (highest, ""),
        };
        let whose = if self.cap == Some(top) { whose } else { "" };
        page.gap();
        let age = Short(span);
        let head = format!(
            "{}, the last {age}, top {}{whose}",
            self.title,
            (self.label)(top)
        );
        page.push(page.pieces().add(Role::Muted, &head));
        let area = Rect::new(0, 0, width, HEIGHT);
        let mut buffer = Buffer::empty(area);
        let bars = bins
            .into_iter()
            .map(|bin| SparklineBar::from(bin.map(|v| step(v, top))));
        Sparkline::default()
            .data(bars)
            .max(step(top, top).max(1))
            .style(look.theme.look(Role::Busy))
            .absent_value_symbol(" ")
            .render(area, &mut buffer);
        for y in 0..HEIGHT {
            let spans = (0..width).map(|x| {
                let cell = &buffer[(x, y)];
                Span::styled(cell.symbol().to_owned(), cell.style())
            });
            page.lines.push(spans.collect::<Line<'_>>());
        }
    }

    /// The most of each stretch of time. What was measured holds until the next sample.
    fn bins<'a>(
        &self,
        points: impl Iterator<Item = &'a Point>,
        from: Moment,
        span: Duration,
        width: usize,
    ) -> Vec<Option<f64>> {
        let mut bins = vec![None; width];
        if width == 0 {
            return bins;
        }
        let mut before: Option<(usize, Moment, f64)> = None;
        for point in points {
            let at = place(point.read.since(from), span, width);
            let Some(value) = (self.value)(point) else {
                before = None;
                continue;
            };
            if let Some((last, read, old)) = before
                && point.read.since(read) <= GAP
            {
                for bin in bins.iter_mut().take(at).skip(last + 1) {
                    *bin = Some(old);
                }
            }
            let bin: &mut Option<f64> = &mut bins[at];
            *bin = Some(bin.unwrap_or(0.0).max(value));
            before = Some((at, point.read, value));
        }
        bins
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "columns of a screen"
)]
fn place(after: Duration, span: Duration, width: usize) -> usize {
    let share = after.as_secs_f64() / span.as_secs_f64().max(0.001);
    ((share * (width - 1) as f64).round() as usize).min(width - 1)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 0 and the number of steps"
)]
fn step(value: f64, top: f64) -> u64 {
    if top <= 0.0 {
        return 0;
    }
    (value / top * STEPS).clamp(0.0, STEPS) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: Graph = Graph {
        title: "CPU",
        cap: None,
        value: |point| point.cores.map(f64::from),
        label: |_| String::new(),
    };

    fn point(second: i64, cores: Option<f32>) -> Point {
        Point {
            read: Moment(second * 1_000_000_000),
            cores,
            memory: None,
        }
    }

    #[test]
    fn what_was_measured_holds_and_a_gap_stays_one() {
        let points = [
            point(0, Some(1.0)),
            point(20, Some(2.0)),
            point(80, Some(3.0)),
            point(90, None),
            point(100, Some(1.0)),
        ];
        let bins = GRAPH.bins(points.iter(), Moment(0), Duration::from_secs(100), 11);
        let shown: Vec<i32> = bins
            .iter()
            .map(|bin| {
                #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
                bin.map_or(-1, |value| value as i32)
            })
            .collect();
        assert_eq!(shown, [1, 1, 2, -1, -1, -1, -1, -1, 3, -1, 1]);
    }
}
