//! All that is known of the selected check: what was found, why it matters, how to mend it. Of a
//! step: its checks, each on a line.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use serde_json::Value;

use super::state::{WORD, activity, state};
use super::{offer, put};
use crate::checklist::check::Step;
use crate::checklist::id::CheckId;
use crate::checklist::report::Finding;
use crate::checklist::run::short;
use crate::checklist::verdict::{Evidence, Status};
use crate::text::wash;
use crate::tui::app::App;
use crate::tui::gathering::Live;
use crate::tui::screen::checklist::{Cursor, Told};
use crate::tui::theme::{Role, role};
use crate::tui::widget::page::Page;
use crate::tui::widget::text::{fit, paragraphs, wrap};
use crate::tui::widget::time;
use crate::units::Size;

/// A value longer than this is cut: the whole of it is in the JSON report.
const VALUE: usize = 600;

pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let lines = lines(app, area.width);
    let shown = lines.into_iter().skip(app.checklist.sight.scroll);
    for (y, line) in (0..area.height).zip(shown) {
        put(buffer, area, y, line);
    }
}

/// Which lines of how many are on the screen; empty when all are.
pub fn position(app: &App, area: Rect) -> String {
    let all = lines(app, area.width).len();
    let height = usize::from(area.height);
    if all <= height {
        return String::new();
    }
    let from = app.checklist.sight.scroll;
    format!("{}-{} of {all}", from + 1, (from + height).min(all))
}

/// The whole text in lines of this width.
pub fn lines(app: &App, width: u16) -> Vec<Line<'static>> {
    let mut detail = Detail {
        app,
        page: Page::new(app.theme, usize::from(width)),
    };
    // What the filter leaves none of is not read about either.
    if app.checklist.rows().is_empty() {
        return Vec::new();
    }
    match app.checklist.sight.cursor {
        Cursor::Step(step) => detail.step(step),
        Cursor::Check(index) => detail.check(index),
    }
    detail.page.lines
}

struct Detail<'a> {
    app: &'a App,
    page: Page,
}

impl Detail<'_> {
    fn step(&mut self, step: Step) {
        self.page
            .push(self.page.pieces().add(Role::Strong, step.title()));
        self.page.gap();
        let members: Vec<usize> = self.app.checklist.members(step).collect();
        for index in members {
            self.line_of(index);
        }
        self.run();
    }

    /// Troubles of the run itself, which belong to no check.
    fn run(&mut self) {
        let broke = self.app.gathering.ended().and_then(|e| e.broke.as_ref());
        let warnings = self.app.report.iter().flat_map(|report| &report.warnings);
        let troubles: Vec<String> = broke.into_iter().chain(warnings).cloned().collect();
        if !troubles.is_empty() {
            self.page.heading("Troubles of this run");
        }
        for trouble in troubles {
            self.page.text(Role::Warn, 2, &wash(&trouble, VALUE));
        }
    }

    fn line_of(&mut self, index: usize) {
        let state = state(self.app, index);
        let activity = activity(self.app, index).unwrap_or_default();
        let title = &self.app.checklist.check(index).spec.title;
        let pieces = self
            .page
            .pieces()
            .add(state.role, state.mark)
            .gap(1)
            .add(state.role, &fit(state.word, WORD, ""))
            .gap(1)
            .add(Role::Plain, title)
            .right(self.page.pieces().add(Role::Busy, &activity));
        self.page.push(pieces);
    }

    fn check(&mut self, index: usize) {
        self.head(index);
        if let Some(told) = self.app.checklist.items[index].told.clone() {
            self.found(&told);
            self.blocked(&told);
        }
        offer::offer(self.app, index, &mut self.page);
        let spec = &self.app.checklist.check(index).spec;
        let (why, remedy) = (paragraphs(&spec.why), paragraphs(&spec.remedy));
        let references = spec.references.clone();
        self.page.heading("Why it matters");
        for line in why {
            self.page.text(Role::Plain, 0, &line);
        }
        self.page.heading("How to mend it");
        for line in remedy {
            // Indented lines are commands, two blanks in; deeper ones go on with an item.
            let command = line.starts_with("  ") && !line.starts_with("   ");
            if command {
                self.page.text(Role::Code, 4, line.trim_start());
            } else {
                let hang =
                    if line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with(' ') {
                        3
                    } else {
                        0
                    };
                for line in wrap(&line, self.page.width, hang) {
                    self.page.push(self.page.pieces().add(Role::Plain, &line));
                }
            }
        }
        self.evidence(index);
        self.neighbours(index);
        if !references.is_empty() {
            self.page.heading("Read more");
            for link in references {
                self.page.text(Role::Plain, 2, &link);
            }
        }
    }

    fn head(&mut self, index: usize) {
        let app = self.app;
        let check = app.checklist.check(index);
        let state = state(app, index);
        let title = self
            .page
            .pieces()
            .add(state.role, state.mark)
            .gap(1)
            .add(state.role, state.word)
            .gap(2)
            .add(Role::Strong, &check.spec.title);
        self.page.push(title);
        let mut facts = vec![check.id.to_string()];
        if check.spec.required {
            facts.push("required".to_owned());
        }
        facts.push(format!(
            "a failure is {}",
            article(check.spec.severity.word())
        ));
        if check.origin != "built in" {
            facts.push(wash(&check.origin, VALUE));
        }
        let item = &app.checklist.items[index];
        match (&item.told, item.live(&app.gathering)) {
            (Some(told), Live::Settled) => {
                let spent = std::time::Duration::from_millis(told.outcome.duration_ms);
                facts.push(format!("took {}", time::took(spent)));
            }
            (Some(told), Live::Waiting | Live::Running { .. }) => {
                let old = time::old(app.now.saturating_sub(told.at));
                facts.push(format!("{old}, being refreshed"));
            }
            (None, Live::Running { since }) => {
                facts.push(time::elapsed(app.now.saturating_sub(since)));
            }
            (None, Live::Waiting | Live::Settled) => {}
        }
        self.page
            .text(Role::Muted, 0, &facts.join(app.theme.separator()));
        let broke = app.gathering.ended().and_then(|ended| ended.broke.as_ref());
        if let Some(told) = &item.told {
            let summary = &told.outcome.summary;
            let mut said = told.findings.iter().chain(&told.waived);
            if !said.any(|finding| finding.message == *summary) {
                self.page.text(Role::Plain, 0, summary);
            }
        } else if let Some(why) = broke {
            let text = format!("not determined: {}", wash(why, VALUE));
            self.page.text(Role::Unsure, 0, &text);
        }
    }

    fn found(&mut self, told: &Told) {
        if !told.findings.is_empty() {
            self.page.heading("Found");
        }
        for finding in &told.findings {
            self.finding(finding);
        }
        if !told.waived.is_empty() {
            self.page.heading("Found, and waived");
        }
        for finding in &told.waived {
            self.finding(finding);
            if let Some(waiver) = &finding.waiver {
                let text = format!("until {}: {}", waiver.expires, waiver.reason);
                self.page.field(Role::Plain, "waived", &wash(&text, VALUE));
            }
        }
        let outcome = &told.outcome;
        if outcome.status == Status::Error {
            self.page.heading("Not determined");
            let code = outcome.error_code.clone().unwrap_or_default();
            self.page.field(Role::Unsure, "reason", &code);
        }
    }

    fn finding(&mut self, finding: &Finding) {
        match finding.reported_by {
            Some(_) => {
                let told = format!("{}: {}", finding.check_id, finding.message);
                self.page.text(Role::Plain, 2, &told);
            }
            None => self.page.text(Role::Plain, 2, &finding.message),
        }
        let fields = [
            ("on", &finding.target),
            ("where", &finding.path),
            ("rule", &finding.requirement),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                self.page.field(Role::Plain, name, value);
            }
        }
        if let Some(hint) = &finding.fix_hint {
            self.page.field(Role::Code, "next", hint);
        }
    }

    fn blocked(&mut self, told: &Told) {
        if told.outcome.blocked_by.is_empty() {
            return;
        }
        self.page.heading("Waits for");
        for id in &told.outcome.blocked_by {
            self.reference(short(id));
        }
    }

    /// Another check with its state.
    fn reference(&mut self, id: &str) {
        let found = self
            .app
            .checklist
            .catalog
            .checks()
            .iter()
            .position(|check| check.id.as_str() == id);
        let Some(index) = found else {
            self.page.text(Role::Plain, 2, id);
            return;
        };
        let state = state(self.app, index);
        let pieces = self
            .page
            .pieces()
            .gap(2)
            .add(state.role, state.mark)
            .gap(1)
            .add(state.role, &fit(state.word, WORD, ""))
            .gap(1)
            .add(Role::Plain, id);
        self.page.push(pieces);
    }

    fn neighbours(&mut self, index: usize) {
        let check = self.app.checklist.check(index);
        let needs: Vec<CheckId> = check.spec.needs.clone();
        let id = check.id.clone();
        let needed: Vec<CheckId> = self
            .app
            .checklist
            .catalog
            .checks()
            .iter()
            .filter(|other| other.spec.needs.contains(&id))
            .map(|other| other.id.clone())
            .collect();
        for (heading, ids) in [("Needs", needs), ("Needed by", needed)] {
            if !ids.is_empty() {
                self.page.heading(heading);
            }
            for id in ids {
                self.reference(id.as_str());
            }
        }
    }

    fn evidence(&mut self, index: usize) {
        let Some(told) = &self.app.checklist.items[index].told else {
            return;
        };
        let outcome = told.outcome.clone();
        let unit = outcome.unit.as_deref();
        let values = [
            ("observed", &outcome.observed),
            ("expected", &outcome.expected),
        ];
        let none = values.iter().all(|(_, value)| value.is_none());
        if none && outcome.evidence.is_empty() {
            return;
        }
        self.page.heading("Evidence");
        for (name, value) in values {
            if let Some(value) = value {
                let role = if name == "observed" {
                    role(outcome.status)
                } else {
                    Role::Plain
                };
                self.page.field(role, name, &told_value(value, unit));
            }
        }
        for Evidence { pointer, value } in &outcome.evidence {
            let text = format!("{pointer} = {}", told_value(value, None));
            self.page.text(Role::Muted, 2, &text);
        }
    }
}

fn article(severity: &str) -> String {
    let article = if severity.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {severity}")
}

/// A machine value as people read it. Washed here, since a JSON text may hold what a terminal obeys.
pub(super) fn told_value(value: &Value, unit: Option<&str>) -> String {
    if let (Some("bytes"), Some(bytes)) = (unit, value.as_u64()) {
        return Size(bytes).to_string();
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = wash(&text, VALUE);
    match unit {
        Some(unit) if value.is_number() => format!("{text} {unit}"),
        Some(_) | None => text,
    }
}
