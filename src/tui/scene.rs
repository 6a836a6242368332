//! Scenes for tests: an app in front of our own catalogue, told what a test wants it told.

pub mod live;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Size;

use super::Style;
use super::app::App;
use super::msg::{Chord, Cmd, Judged, Msg, Probe, Stamped};
use super::screen::Screen;
use super::screen::checklist::Checklist;
use super::theme::Theme;
use super::update::{open, update};
use super::view::view;
use super::widget::text::columns;
use crate::checklist::catalog::Catalog;
use crate::checklist::check::{Check, Severity};
use crate::checklist::isolation::picture;
use crate::checklist::report::{Finding, FixOffer, Outcome, Report};
use crate::checklist::run::{NOT_DEEP, Terms, evaluate};
use crate::checklist::verdict::{Evidence, SkipReason, Status};
use crate::facts::{Facts, Section};
use crate::fix::repair::{PLAN_VERSION, Plan};

pub struct Scene {
    pub app: App,
    pub cmds: Vec<Cmd>,
}

impl Scene {
    /// The app as it opens, its first gathering asked for.
    pub fn open(width: u16, height: u16) -> Self {
        Self::styled(width, height, Style::default())
    }

    pub fn styled(width: u16, height: u16, style: Style) -> Self {
        let catalog = Arc::new(Catalog::built_in().expect("our own files are right"));
        let checklist = Checklist::new(catalog, is_usual);
        let mut app = App::new(checklist, Theme::new(style), Size { width, height });
        let cmds = open(&mut app);
        Self { app, cmds }
    }

    /// As `open`, with this as the result of a gathering of 1.2 seconds.
    pub fn told(width: u16, height: u16, report: impl Fn(&Catalog) -> Report) -> Self {
        let mut scene = Self::open(width, height);
        scene.at(1200);
        scene.finish(report);
        scene
    }

    pub fn at(&mut self, milliseconds: u64) {
        self.app.now = Duration::from_millis(milliseconds);
    }

    pub fn send(&mut self, what: Msg) {
        let at = self.app.now;
        self.cmds = update(&mut self.app, Stamped { at, what });
    }

    pub fn key(&mut self, code: KeyCode) {
        self.send(Msg::Key(Chord::plain(code)));
    }

    pub fn keys(&mut self, keys: &str) {
        for c in keys.chars() {
            self.key(KeyCode::Char(c));
        }
    }

    pub fn start(&mut self, sections: &[Section]) {
        for section in sections {
            self.send(Msg::Probe(Probe::Started(*section)));
        }
    }

    pub fn done(&mut self, sections: &[Section], report: impl Fn(&Catalog) -> Report) {
        for section in sections {
            let judged = self.judged(&report, &Facts::default());
            self.send(Msg::Probe(Probe::Done(*section, judged)));
        }
    }

    pub fn finish(&mut self, report: impl Fn(&Catalog) -> Report) {
        self.plan(report, &no_plan());
    }

    /// As [`Self::finish`], with what can be done about it.
    pub fn plan(&mut self, report: impl Fn(&Catalog) -> Report, plan: &Plan) {
        let judged = self.judged(report, &Facts::default());
        self.send(Msg::Probe(Probe::Finished(judged, Box::new(plan.clone()))));
    }

    fn judged(&self, report: impl Fn(&Catalog) -> Report, facts: &Facts) -> Box<Judged> {
        Box::new(Judged {
            report: report(&self.app.checklist.catalog),
            picture: picture(facts),
        })
    }

    /// As `told`, with everything that comes of these facts, and on this screen.
    pub fn of(width: u16, height: u16, facts: &Facts, screen: Screen) -> Self {
        let mut scene = Self::open(width, height);
        scene.at(1200);
        let judged = scene.judged(|catalog| evaluate(catalog, facts, &terms(catalog)), facts);
        scene.send(Msg::Probe(Probe::Finished(judged, Box::new(no_plan()))));
        let key = scene.app.keys.leads(scene.app.screen, screen);
        let key = key.expect("every screen has a digit").to_owned();
        scene.keys(&key);
        scene
    }

    /// Sections that are done, with all that is known by then.
    pub fn done_with(&mut self, sections: &[Section], facts: &Facts) {
        for section in sections {
            let judged = self.judged(|catalog| evaluate(catalog, facts, &terms(catalog)), facts);
            self.send(Msg::Probe(Probe::Done(*section, judged)));
        }
    }

    pub fn buffer(&self) -> Buffer {
        let Size { width, height } = self.app.size;
        let mut terminal =
            Terminal::new(TestBackend::new(width, height)).expect("a test terminal cannot fail");
        terminal
            .draw(|frame| view(&self.app, frame))
            .expect("a test terminal cannot fail");
        terminal.backend().buffer().clone()
    }

    /// The screen as text, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width).max(1);
        let rows = buffer.content.chunks(width).map(|row| {
            let row: String = seen(row).map(Cell::symbol).collect();
            row.trim_end().to_owned()
        });
        let rows: Vec<String> = rows.collect();
        rows.join("\n")
    }
}

/// The cells of a row that a terminal shows: behind a wide one there is none.
pub fn seen(row: &[Cell]) -> impl Iterator<Item = &Cell> {
    let mut hidden = 0;
    row.iter().filter(move |cell| {
        let shows = hidden == 0;
        hidden = if shows {
            columns(cell.symbol()).saturating_sub(1)
        } else {
            hidden - 1
        };
        shows
    })
}

/// A recorded node, judged: the whole way from facts to a frame.
pub fn healthy_m4(catalog: &Catalog) -> Report {
    evaluate(catalog, &m4(), &terms(catalog))
}

/// The facts of the recorded healthy Mac.
pub fn m4() -> Facts {
    recorded(&[M4])
}

/// Those of a Mac whose engine accepts connections and does not answer.
pub fn hung() -> Facts {
    let stopped = include_str!("../../tests/nodes/desktop-not-running.toml");
    let hung = include_str!("../../tests/nodes/engine-hung.toml");
    recorded(&[M4, stopped, hung])
}

const M4: &str = include_str!("../../tests/nodes/healthy-m4.toml");

/// A node on top of those that it names as its base, as `tests/nodes.rs` reads it.
fn recorded(texts: &[&str]) -> Facts {
    let mut facts = toml::Table::new();
    for text in texts {
        let mut node: toml::Table = toml::from_str(text).expect("a recorded node");
        if let Some(toml::Value::Table(above)) = node.remove("facts") {
            merge(&mut facts, above);
        }
    }
    facts.try_into().expect("the facts of a node")
}

/// A whole reading is one statement: nothing of the one below shines through.
fn merge(below: &mut toml::Table, above: toml::Table) {
    let is_reading = |table: &toml::Table| {
        let has = |key| table.contains_key(key);
        has("unknown") || (has("known") && has("from"))
    };
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) if !is_reading(&above) => {
                merge(below, above);
            }
            (_, value) => drop(below.insert(key, value)),
        }
    }
}

pub fn no_plan() -> Plan {
    Plan {
        schema_version: PLAN_VERSION,
        report: "clawdoctor.plan".to_owned(),
        tool_version: String::new(),
        made_at: String::new(),
        node_id: "node".to_owned(),
        repairs: Vec::new(),
        advice: Vec::new(),
    }
}

/// Asked without `--deep`.
fn is_usual(check: &Check) -> bool {
    !check.spec.judge.sections().contains(&Section::Doctor)
}

fn terms(catalog: &Catalog) -> Terms {
    let usual = catalog.checks().iter().filter(|check| is_usual(check));
    Terms {
        selected: usual.map(|check| check.id.clone()).collect(),
        waivers: Vec::new(),
        today: "2027-01-01".parse().expect("a date"),
        fail_on: Severity::Error,
        node_id: "node".to_owned(),
        duration_ms: 1200,
        spent: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// All is as it should be.
pub fn well(catalog: &Catalog) -> Report {
    let mut report = evaluate(catalog, &Facts::default(), &terms(catalog));
    report.findings.clear();
    let usual = |one: &&mut Outcome| one.summary != NOT_DEEP;
    for outcome in report.checks.iter_mut().filter(usual) {
        outcome.status = Status::Pass;
        outcome.skip_reason = None;
        outcome.blocked_by.clear();
        outcome.error_code = None;
        outcome.duration_ms = 12;
        "as it should be".clone_into(&mut outcome.summary);
    }
    report.node.os = Some("macos".to_owned());
    report.node.os_version = Some("26.1".to_owned());
    report.node.arch = Some("aarch64".to_owned());
    report.node.runtime = Some("docker-desktop".to_owned());
    report.node.runtime_version = Some("4.90.0".to_owned());
    report.node.openclaw_version = Some("2026.9.6".to_owned());
    let memory = outcome(&mut report, "host/memory");
    "16 GiB".clone_into(&mut memory.summary);
    memory.observed = Some((16_u64 << 30).into());
    memory.expected = Some((16_u64 << 30).into());
    memory.unit = Some("bytes".to_owned());
    count(&mut report);
    report
}

/// The engine does not run; what hangs on it is blocked; and one warning besides.
pub fn engine_down(catalog: &Catalog) -> Report {
    let mut report = well(catalog);
    let running = "clawdoctor/docker/running".to_owned();
    for check in catalog.checks() {
        let needs = catalog.closure([check.id.clone()]);
        if check.id.full() != running && needs.iter().any(|id| id.full() == running) {
            let blocked = outcome(&mut report, check.id.as_str());
            blocked.status = Status::Skip;
            blocked.skip_reason = Some(SkipReason::Blocked);
            blocked.blocked_by = vec![running.clone()];
            "waits for docker/running".clone_into(&mut blocked.summary);
        }
    }
    report.node.runtime_version = None;
    wrong(
        &mut report,
        "docker/running",
        Severity::Error,
        "nothing listens at /Users/me/.docker/run/docker.sock (ENOENT)",
        "start Docker Desktop: open -a Docker",
    );
    wrong(
        &mut report,
        "host/power",
        Severity::Warning,
        "this Mac goes to sleep after 10 minutes",
        "sudo pmset -a sleep 0",
    );
    let hung = outcome(&mut report, "net/host-dns");
    hung.status = Status::Error;
    hung.error_code = Some("timeout".to_owned());
    "no answer from 192.0.2.53 in 5 s".clone_into(&mut hung.summary);
    count(&mut report);
    report
}

fn outcome<'a>(report: &'a mut Report, id: &str) -> &'a mut Outcome {
    let full = format!("clawdoctor/{id}");
    let mut checks = report.checks.iter_mut();
    checks
        .find(|one| one.check_id == full)
        .expect("a core check")
}

pub fn wrong(report: &mut Report, id: &str, severity: Severity, message: &str, hint: &str) {
    let evidence = vec![Evidence::new(
        "/docker/connection",
        serde_json::json!({"state": "refused", "errno": "ENOENT"}),
    )];
    let one = outcome(report, id);
    one.status = match severity {
        Severity::Error => Status::Fail,
        Severity::Warning | Severity::Info => Status::Warn,
    };
    message.clone_into(&mut one.summary);
    one.evidence.clone_from(&evidence);
    let title = one.title.clone();
    report.findings.push(Finding {
        check_id: format!("clawdoctor/{id}"),
        severity,
        message: message.to_owned(),
        source: "clawdoctor".to_owned(),
        error_code: "wrong".to_owned(),
        path: Some("/Users/me/.docker/run/docker.sock".to_owned()),
        target: None,
        requirement: None,
        fix_hint: Some(hint.to_owned()),
        title,
        docs_url: None,
        fingerprint: "00000000".to_owned(),
        fix: FixOffer {
            id: id.replace('/', "."),
            mode: crate::checklist::check::FixMode::Manual,
            risk: None,
            reversible: true,
            needs: Vec::new(),
            commands: Vec::new(),
        },
        reported_by: None,
        evidence,
        waiver: None,
    });
}

fn count(report: &mut Report) {
    let count = |status| report.checks.iter().filter(|c| c.status == status).count();
    let (pass, warn, fail, skip, error) = (
        count(Status::Pass),
        count(Status::Warn),
        count(Status::Fail),
        count(Status::Skip),
        count(Status::Error),
    );
    report.summary.pass = pass;
    report.summary.warn = warn;
    report.summary.fail = fail;
    report.summary.skip = skip;
    report.summary.error = error;
}
