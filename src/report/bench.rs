//! What `clawdoctor bench` prints: how long a sandbox takes to start, beside what the guide expects
//! and what former runs measured, and where the time goes.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::style::Mark;
use super::wrap::{columns, cut, pad, wrap};
use super::{Role, Style};
use crate::bench::history::{Before, History};
use crate::bench::quantile;
use crate::bench::tally::{Row, Spread};
use crate::bench::{Guide, Way};
use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::units::Size;

/// How long sandboxes take to start, as a document. Seconds, bytes, CPUs.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BenchReport {
    pub schema_version: u32,
    /// `clawdoctor.bench`
    pub report: &'static str,
    pub tool: Tool,
    pub started_at: String,
    /// Whether all that was planned was measured.
    pub complete: bool,
    /// What ended it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    pub sandbox: Subject,
    /// How many more sandboxes could be busy; so many at once were not exceeded.
    pub headroom: u64,
    /// How many measurements of each kind were asked for.
    pub runs: u32,
    /// How p50 and p95 are reckoned.
    pub quantiles: &'static str,
    pub rows: Vec<Compared>,
    /// What was not measured, and why.
    pub left_out: Vec<LeftOut>,
    /// What the reader has to know of the numbers.
    pub notes: Vec<String>,
}

/// What was started.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subject {
    /// The agents whose sandboxes are made like this.
    pub agents: Vec<String>,
    pub image: String,
    pub network: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// No limit is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpus: Option<f64>,
    /// The engine's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
}

/// A row beside what it is measured against.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    #[serde(flatten)]
    pub row: Row,
    /// Of one at a time alone: the guide says nothing of more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guide: Option<Guide>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LeftOut {
    pub way: Way,
    pub why: String,
}

/// What became of the measuring.
#[derive(Clone, Debug, Default)]
pub struct Ended {
    pub complete: bool,
    pub stopped: Option<String>,
    pub left_out: Vec<LeftOut>,
    pub notes: Vec<String>,
}

impl BenchReport {
    pub fn new(
        started_at: String,
        sandbox: Subject,
        (headroom, runs): (u64, u32),
        rows: Vec<Compared>,
        ended: Ended,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            report: "clawdoctor.bench",
            tool: Tool::this(),
            started_at,
            complete: ended.complete,
            stopped: ended.stopped,
            sandbox,
            headroom,
            runs,
            quantiles: quantile::DEFINITION,
            rows,
            left_out: ended.left_out,
            notes: ended.notes,
        }
    }
}

impl Compared {
    pub fn of(row: Row, history: &History, subject: &str) -> Self {
        Self {
            guide: (row.at_once == 1).then(|| row.way.guide()),
            before: history.before(subject, &row),
            row,
        }
    }
}

const LABEL: usize = 13;
const NUMBER: usize = 7;
const STAGE: usize = 16;

/// Writes it for people. Milliseconds.
pub fn write(report: &BenchReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    if !style.quiet {
        subject(report, style, to)?;
    }
    totals(report, style, to)?;
    for left in &report.left_out {
        let words = format!("{} was not measured: {}", left.way.words(), left.why);
        paragraph(&words, Role::Unsure, style, to)?;
    }
    if let Some(stopped) = &report.stopped {
        paragraph(
            &format!("Not all was measured: {stopped}"),
            Role::Bad,
            style,
            to,
        )?;
    }
    for note in &report.notes {
        paragraph(note, Role::Warn, style, to)?;
    }
    if style.quiet {
        return Ok(());
    }
    writeln!(to)?;
    stages(report, style, to)?;
    let words = format!(
        "Milliseconds, or seconds with an s; p50 and p95 by {}. A sandbox is ready with its first output after the start \
         call; p50, p95 and max are from the create call until then, of a command until it has \
         ended.",
        report.quantiles
    );
    paragraph(&words, Role::Muted, style, to)
}

fn subject(report: &BenchReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    let sandbox = &report.sandbox;
    let title = format!(
        "Start latency of the sandbox of {}",
        sandbox.agents.join(", ")
    );
    let title = cut(&title, style.width, style.ascii);
    writeln!(to, "{}", style.paint(Role::Title, &title))?;
    let memory = sandbox
        .memory
        .map_or("no memory limit".to_owned(), |bytes| {
            Size(bytes).to_string()
        });
    let cpus = sandbox
        .cpus
        .map_or("no CPU limit".to_owned(), |cpus| format!("{cpus} CPU"));
    let image = [
        sandbox.image.clone(),
        format!("network {}", sandbox.network),
        memory,
        cpus,
    ];
    let engine = sandbox
        .engine
        .as_ref()
        .map(|version| format!("engine {version}"));
    let headroom = Some(format!("headroom {}", report.headroom));
    let engine: Vec<String> = engine.into_iter().chain(headroom).collect();
    for parts in [&image[..], &engine[..]] {
        paragraph(&parts.join(style.separator()), Role::Muted, style, to)?;
    }
    writeln!(to)
}

fn totals(report: &BenchReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    let gap = " ".repeat(style.mark_width() + 1);
    let numbers = ["runs", "p50", "p95", "max"]
        .map(|name| right(name, NUMBER))
        .concat();
    let heading = format!(
        "{gap}{}{numbers}   {}  before",
        pad("", LABEL),
        pad("guide", 8)
    );
    writeln!(to, "{}", style.paint(Role::Muted, &heading))?;
    for compared in by_way(report) {
        let Compared { row, guide, before } = compared;
        let spread = [row.total.p50, row.total.p95, row.total.max];
        let numbers = spread
            .map(|seconds| right(&milliseconds(seconds), NUMBER))
            .concat();
        let mark = match guide {
            Some(guide) if row.total.p50 <= guide.most => style.mark(Mark::Pass),
            Some(_) => style.mark(Mark::Warn),
            None => " ".repeat(style.mark_width()),
        };
        let label = pad(&label(row), LABEL);
        let runs = right(&row.runs.to_string(), NUMBER);
        let guide = guide.map_or(String::new(), |guide| guide_words(guide, style));
        let before = before.map_or(String::new(), |before| before_words(&before));
        let line = format!(
            "{mark} {label}{runs}{numbers}   {}  {before}",
            pad(&guide, 8)
        );
        writeln!(to, "{}", line.trim_end())?;
    }
    Ok(())
}

/// By kind, for the eye, and not in the order in which they were measured.
fn by_way(report: &BenchReport) -> Vec<&Compared> {
    let mut rows: Vec<&Compared> = report.rows.iter().collect();
    rows.sort_by_key(|compared| (compared.row.way, compared.row.at_once));
    rows
}

/// `cached`, and below it `2 at once`.
fn label(row: &Row) -> String {
    match row.at_once {
        1 => row.way.words().to_owned(),
        many => format!("  {many} at once"),
    }
}

fn guide_words(guide: Guide, style: &Style) -> String {
    let most = milliseconds(guide.most);
    match guide.least {
        Some(least) => {
            let to = if style.ascii { "-" } else { "–" };
            format!("{}{to}{most}", milliseconds(least))
        }
        None => format!("under {most}"),
    }
}

/// `212 +4 % (3)`: what it was, what has changed, and of how many former runs.
fn before_words(before: &Before) -> String {
    format!(
        "{} {:+.0} % ({})",
        milliseconds(before.p50),
        before.change * 100.0,
        before.benches
    )
}

fn stages(report: &BenchReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    let gap = " ".repeat(style.mark_width() + 1);
    let names = ["create", "start", "ready", "remove"]
        .map(|name| right(name, STAGE))
        .concat();
    let heading = format!("{gap}{}{names}", pad("p50/p95/max", LABEL));
    writeln!(to, "{}", style.paint(Role::Muted, heading.trim_end()))?;
    for Compared { row, .. } in by_way(report) {
        let stages = [
            Some(row.create),
            Some(row.start),
            Some(row.ready),
            row.remove,
        ];
        let stages = stages
            .map(|spread| right(&spread.map_or(style.dash().to_owned(), triple), STAGE))
            .concat();
        writeln!(to, "{gap}{}{stages}", pad(&label(row), LABEL))?;
    }
    Ok(())
}

fn triple(spread: Spread) -> String {
    [spread.p50, spread.p95, spread.max]
        .map(milliseconds)
        .join("/")
}

/// Three digits that count are enough.
fn milliseconds(seconds: f64) -> String {
    let milliseconds = seconds * 1000.0;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1}")
    } else if milliseconds < 9999.5 {
        format!("{milliseconds:.0}")
    } else {
        format!("{seconds:.1}s")
    }
}

fn right(text: &str, width: usize) -> String {
    format!("{}{text}", " ".repeat(width.saturating_sub(columns(text))))
}

fn paragraph(text: &str, role: Role, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    for line in wrap(text, style.width) {
        writeln!(to, "{}", style.paint(role, &line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(p50: f64) -> Spread {
        Spread {
            p50,
            p95: p50 * 1.2,
            max: p50 * 1.5,
        }
    }

    fn row(way: Way, at_once: u32, p50: f64) -> Row {
        Row {
            way,
            at_once,
            runs: 10,
            complete: true,
            total: spread(p50),
            create: spread(p50 / 10.0),
            start: spread(p50 / 2.0),
            ready: spread(p50 / 1.9),
            remove: (way != Way::KeptAlive).then(|| spread(p50 / 3.0)),
        }
    }

    pub fn sample() -> BenchReport {
        let before = Before {
            benches: 3,
            p50: 0.14,
            change: 0.0714,
        };
        let rows = [
            (row(Way::Cold, 1, 0.6123), None),
            (row(Way::Cached, 1, 0.15), Some(before)),
            (row(Way::KeptAlive, 1, 0.0062), None),
            (row(Way::Cached, 16, 12.3456), None),
        ];
        let rows = rows.map(|(row, before)| Compared {
            guide: (row.at_once == 1).then(|| row.way.guide()),
            before,
            row,
        });
        let sandbox = Subject {
            agents: vec!["main".to_owned(), "co\u{1b}[2Jder".to_owned()],
            image: "openclaw-sandbox:bookworm-slim".to_owned(),
            network: "none".to_owned(),
            user: Some("1000:1000".to_owned()),
            memory: Some(512 << 20),
            cpus: Some(0.5),
            engine: Some("28.5.2".to_owned()),
        };
        let ended = Ended {
            complete: false,
            stopped: Some("interrupted".to_owned()),
            left_out: vec![LeftOut {
                way: Way::Cold,
                why: "the images of Docker Desktop are in its VM, whose page cache cannot be \
                      reached from here"
                    .to_owned(),
            }],
            notes: vec!["2 lines of bench.ndjson could not be read and were skipped".to_owned()],
        };
        let at = "2026-01-01T00:00:00Z".to_owned();
        BenchReport::new(at, sandbox, (6, 10), rows.to_vec(), ended)
    }

    fn text(style: &Style) -> String {
        let mut text = Vec::new();
        write(&sample(), style, &mut text).expect("written");
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn it_fits_a_terminal_and_says_each_number_once() {
        let shown = text(&Style::default());
        assert!(shown.lines().all(|line| columns(line) <= 80), "{shown}");
        assert!(!shown.contains('\u{1b}'));
        insta::assert_snapshot!(shown);
        let ascii = Style {
            ascii: true,
            ..Style::default()
        };
        assert!(text(&ascii).is_ascii());
    }

    #[test]
    fn quiet_leaves_the_numbers_and_what_is_wrong() {
        let quiet = Style {
            quiet: true,
            ..Style::default()
        };
        let shown = text(&quiet);
        assert!(shown.contains("cached") && shown.contains("interrupted"));
        assert!(!shown.contains("create") && !shown.contains("Milliseconds"));
    }
}
