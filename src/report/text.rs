//! The report for people: one line for each step, detail only where something is wrong, and a
//! last line that sums up and says what to type next.
//!
//! ```text
//! clawdoctor 0.1.0 · mini-07 · macOS 26.1 (aarch64) · Docker Desktop 4.90.0
//!
//! ✓ Step 0  Prerequisites                   18 checks
//! ✗ Step 2  Docker socket access            1 problem, 2 passed
//!   ✗ docker/running  Docker engine running
//!     Nobody listens on the socket …
//!     seen  docker.connection = …
//!     fix   open -g -a Docker
//!     more  clawdoctor explain docker/running
//! – Step 3  Sandbox image pre-pulled        5 wait for docker/running
//!
//! 1 problem, 20 passed, 5 skipped in 0.6 s — next: clawdoctor explain docker/running
//! ```

use std::io;

use super::style::{Mark, Role, Style};
use super::tally::{self, Row, Tally, counted};
use super::wrap::{columns, cut, pad, wrap};
use crate::checklist::check::Step;
use crate::checklist::report::{Conclusion, Finding, Report};
use crate::checklist::run::short;
use crate::checklist::verdict::{Evidence, SkipReason, Status};

/// Columns of the longest title of a step.
const TITLE: usize = 30;
/// Columns of the words before a detail: `seen`, `want`, `fix`, `more`.
const LABEL: usize = 6;
/// Values of evidence shown for a finding before `-vv`.
const FEW: usize = 3;

pub fn write(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { style, out };
    if let Some(error) = &report.error {
        return page.could_not_run(report, &error.message);
    }
    let rows = tally::rows(report);
    if !style.quiet {
        page.header(report)?;
        page.blank()?;
    }
    for step in Step::ALL {
        let of_step: Vec<Row> = rows
            .iter()
            .filter(|row| tally::step(row) == step && row.is_selected())
            .cloned()
            .collect();
        page.step(step, &of_step)?;
    }
    page.waived(&report.suppressed_findings)?;
    for warning in &report.warnings {
        page.entry(0, "note", warning, Role::Plain)?;
    }
    if !style.quiet {
        page.blank()?;
    }
    page.sum(report, &rows)
}

struct Page<'a> {
    style: &'a Style,
    out: &'a mut dyn io::Write,
}

impl Page<'_> {
    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    fn blank(&mut self) -> io::Result<()> {
        self.line("")
    }

    fn paint(&self, role: Role, text: &str) -> String {
        self.style.paint(role, text)
    }

    /// Where details begin: below the text of a check's own line.
    fn indent(&self) -> usize {
        2 + self.style.mark_width() + 1
    }

    fn header(&mut self, report: &Report) -> io::Result<()> {
        let node = &report.node;
        let versioned = |name: &str, version: &Option<String>| match version {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        };
        let mut parts = vec![format!("clawdoctor {}", report.tool.version)];
        if !node.id.is_empty() {
            parts.push(node.id.clone());
        }
        if let Some(os) = &node.os {
            let os = versioned(product(os), &node.os_version);
            parts.push(match &node.arch {
                Some(arch) => format!("{os} ({arch})"),
                None => os,
            });
        }
        if let Some(runtime) = &node.runtime {
            parts.push(versioned(product(runtime), &node.runtime_version));
        }
        if let Some(version) = &node.openclaw_version {
            parts.push(format!("OpenClaw {version}"));
        }
        let separator = self.style.separator();
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            let part = cut(&part, self.style.width, self.style.ascii);
            match lines.last_mut() {
                Some(line)
                    if columns(line) + columns(separator) + columns(&part) <= self.style.width =>
                {
                    line.push_str(separator);
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let role = if index == 0 { Role::Title } else { Role::Muted };
            let line = self.paint(role, line);
            self.line(&line)?;
        }
        Ok(())
    }

    fn step(&mut self, step: Step, rows: &[Row]) -> io::Result<()> {
        let tally = Tally::of(rows);
        let well = matches!(tally.worst(), Mark::Pass | Mark::Skip);
        if rows.is_empty() || (self.style.quiet && well) {
            return Ok(());
        }
        let (label, title) = match step.number() {
            Some(number) => (format!("Step {number}"), step.title()),
            None => ("Always".to_owned(), "Isolation, volumes, headroom"),
        };
        let mark = self.style.mark(tally.worst());
        let name = self.paint(Role::Strong, &pad(title, TITLE));
        let told = self.paint(Role::Muted, &in_words(tally, rows));
        self.line(&format!("{mark} {label}  {name}  {told}"))?;
        if self.style.verbose > 0 {
            self.every_check(rows)?;
        }
        for row in rows {
            match row.mark() {
                Mark::Fail | Mark::Warn | Mark::Unsure => self.detail(row)?,
                Mark::Pass | Mark::Skip if self.style.verbose > 1 => {
                    self.seen_by(row)?;
                }
                Mark::Pass | Mark::Skip => {}
            }
        }
        if self.style.verbose == 0 && tally.worst() != Mark::Skip {
            self.waiting(rows)?;
        }
        Ok(())
    }

    /// `-v`: one line for each check, with what it says and how long it took.
    fn every_check(&mut self, rows: &[Row]) -> io::Result<()> {
        let widest = rows.iter().map(|row| columns(row.id())).max().unwrap_or(0);
        for row in rows {
            let time = if row.check.duration_ms > 0 && row.mark() != Mark::Skip {
                tally::duration(row.check.duration_ms)
            } else {
                String::new()
            };
            let before = self.indent() + widest + 2;
            let room = self.style.width.saturating_sub(before + 9).max(20);
            let summary = wrap(&row.check.summary, room);
            let mark = self.style.mark(row.mark());
            let id = pad(row.id(), widest);
            let first = pad(summary.first().map_or("", String::as_str), room);
            let time = self.paint(Role::Muted, &format!("{time:>8}"));
            self.line(&format!("  {mark} {id}  {first} {time}"))?;
            for rest in summary.iter().skip(1) {
                self.line(&format!("{}{rest}", " ".repeat(before)))?;
            }
        }
        Ok(())
    }

    /// A check that is not well: what is wrong, on what evidence, and what to do.
    fn detail(&mut self, row: &Row) -> io::Result<()> {
        let mark = self.style.mark(row.mark());
        let id = self.paint(row.mark().role(), row.id());
        let room = self
            .style
            .width
            .saturating_sub(self.indent() + columns(row.id()) + 2);
        let title = self.paint(Role::Strong, &cut(&row.check.title, room, self.style.ascii));
        self.line(&format!("  {mark} {id}  {title}"))?;
        if row.mark() == Mark::Unsure {
            self.unsure(row)?;
        }
        let hints: Vec<Option<&str>> = row.findings.iter().map(|f| f.fix_hint.as_deref()).collect();
        let one_hint = hints.windows(2).all(|pair| pair[0] == pair[1]);
        for finding in &row.findings {
            self.block(&finding.message)?;
            if let Some(requirement) = &finding.requirement {
                self.entry(self.indent(), "want", requirement, Role::Plain)?;
            }
            if let Some(hint) = finding.fix_hint.as_deref().filter(|_| !one_hint) {
                self.entry(self.indent(), "fix", hint, Role::Code)?;
            }
        }
        self.seen_by(row)?;
        if let Some(hint) = hints.first().copied().flatten().filter(|_| one_hint) {
            self.entry(self.indent(), "fix", hint, Role::Code)?;
        }
        let more = format!("clawdoctor explain {}", row.id());
        self.entry(self.indent(), "more", &more, Role::Code)
    }

    fn unsure(&mut self, row: &Row) -> io::Result<()> {
        let code = row.check.error_code.as_deref();
        let reason = code.map_or(String::new(), |code| format!(" ({code})"));
        let summary = row.check.summary.trim_end_matches('.');
        self.block(&format!("Could not be determined: {summary}{reason}."))?;
        if row.leaves_the_run_open() {
            self.block("It is required, so this run says neither yes nor no.")?;
        }
        Ok(())
    }

    fn seen_by(&mut self, row: &Row) -> io::Result<()> {
        let evidence = &row.check.evidence;
        let evidence: Vec<&Evidence> = match row.findings.first() {
            Some(finding) if evidence.is_empty() => finding.evidence.iter().collect(),
            _ => evidence.iter().collect(),
        };
        let most = if self.style.verbose > 1 {
            usize::MAX
        } else {
            FEW
        };
        if !evidence.is_empty() && matches!(row.mark(), Mark::Pass | Mark::Skip) {
            let id = self.paint(Role::Muted, row.id());
            self.line(&format!("{}{id}", " ".repeat(self.indent())))?;
        }
        for (index, one) in evidence.iter().take(most).enumerate() {
            let label = if index == 0 { "seen" } else { "" };
            let text = seen(one);
            let text = if self.style.verbose > 1 {
                text
            } else {
                let room = self.style.width.saturating_sub(self.indent() + LABEL);
                cut(&text, room, self.style.ascii)
            };
            self.entry(self.indent(), label, &text, Role::Muted)?;
        }
        if let Some(left) = evidence.len().checked_sub(most).filter(|left| *left > 0) {
            self.entry(
                self.indent(),
                "",
                &format!("and {left} more with -vv"),
                Role::Muted,
            )?;
        }
        Ok(())
    }

    /// What waits for a failure elsewhere, in one line for each cause.
    fn waiting(&mut self, rows: &[Row]) -> io::Result<()> {
        for line in waits(rows) {
            let mark = self.style.mark(Mark::Skip);
            let line = self.paint(Role::Muted, &line);
            self.line(&format!("  {mark} {line}"))?;
        }
        Ok(())
    }

    fn waived(&mut self, findings: &[Finding]) -> io::Result<()> {
        if findings.is_empty() || self.style.quiet {
            return Ok(());
        }
        let mark = self.style.mark(Mark::Skip);
        let name = self.paint(Role::Strong, &pad("Accepted by the operator", TITLE));
        let told = counted(findings.len(), "finding", "findings");
        let told = self.paint(Role::Muted, &told);
        self.line(&format!("{mark} Waived  {name}  {told}"))?;
        for finding in findings {
            self.line(&format!(
                "{}{}",
                " ".repeat(self.indent()),
                short(&finding.check_id)
            ))?;
            self.block(&finding.message)?;
            if let Some(waiver) = &finding.waiver {
                let by = waiver
                    .by
                    .as_ref()
                    .map_or(String::new(), |by| format!(" by {by}"));
                let until = format!("until {}{by}: {}", waiver.expires, waiver.reason);
                self.entry(self.indent(), "waived", &until, Role::Muted)?;
            }
        }
        Ok(())
    }

    /// A paragraph below a check.
    fn block(&mut self, text: &str) -> io::Result<()> {
        let indent = self.indent();
        for line in wrap(text, self.style.width.saturating_sub(indent)) {
            self.line(&format!("{}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }

    /// A word and what belongs to it, hanging.
    fn entry(&mut self, indent: usize, label: &str, text: &str, role: Role) -> io::Result<()> {
        let gap = LABEL.max(columns(label) + 1);
        let lines = wrap(text, self.style.width.saturating_sub(indent + gap));
        for (index, line) in lines.iter().enumerate() {
            let label = pad(if index == 0 { label } else { "" }, gap);
            let label = self.paint(Role::Muted, &label);
            let line = self.paint(role, line);
            self.line(&format!("{}{label}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }

    fn sum(&mut self, report: &Report, rows: &[Row]) -> io::Result<()> {
        let selected: Vec<Row> = rows.iter().filter(|r| r.is_selected()).cloned().collect();
        let tally = Tally::of(&selected);
        let counts = format!(
            "{} in {}",
            tally.words(),
            tally::duration(report.duration_ms)
        );
        let (lead, next) = next_step(report, &selected);
        let tail = match &next {
            Some(next) => format!("{lead}{next}"),
            None => lead.to_owned(),
        };
        let dash = format!(" {} ", self.style.dash());
        let painted = self.paint(tally.worst().role(), &counts);
        let lead = self.paint(Role::Plain, lead);
        let next = self.paint(Role::Code, next.as_deref().unwrap_or_default());
        if columns(&counts) + columns(&dash) + columns(&tail) <= self.style.width {
            return self.line(&format!("{painted}{dash}{lead}{next}"));
        }
        self.line(&painted)?;
        self.line(&format!("{lead}{next}"))
    }

    fn could_not_run(&mut self, report: &Report, message: &str) -> io::Result<()> {
        let mark = self.style.mark(Mark::Fail);
        let title = self.paint(Role::Strong, "clawdoctor could not run");
        self.line(&format!("{mark} {title}"))?;
        let indent = self.style.mark_width() + 1;
        for line in wrap(message, self.style.width.saturating_sub(indent)) {
            self.line(&format!("{}{line}", " ".repeat(indent)))?;
        }
        for finding in tally::orphans(report) {
            if let Some(hint) = &finding.fix_hint {
                self.entry(indent, "fix", hint, Role::Code)?;
            }
        }
        Ok(())
    }
}

/// A step's counts; where all is well only how many there are.
fn in_words(tally: Tally, rows: &[Row]) -> String {
    if tally.worst() == Mark::Pass && tally.skipped == 0 {
        return counted(tally.passed, "check", "checks");
    }
    if tally.worst() == Mark::Skip {
        let waiting = waits(rows);
        let blocked = rows.iter().filter(|row| row.is_blocked()).count();
        if blocked == rows.len() {
            return waiting.join("; ");
        }
    }
    tally.words()
}

/// `4 checks wait for docker/running`, for each distinct cause.
fn waits(rows: &[Row]) -> Vec<String> {
    let mut causes: Vec<(String, usize)> = Vec::new();
    for row in rows.iter().filter(|row| row.is_blocked()) {
        let ids: Vec<&str> = row.check.blocked_by.iter().map(|id| short(id)).collect();
        let cause = ids.join(", ");
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => causes.push((cause, 1)),
        }
    }
    causes
        .into_iter()
        .map(|(cause, count)| {
            format!(
                "{} for {cause}",
                counted(count, "check waits", "checks wait")
            )
        })
        .collect()
}

/// Evidence on one line: `docker.connection = "refused"`.
fn seen(evidence: &Evidence) -> String {
    let place = evidence.pointer.trim_start_matches('/').replace('/', ".");
    let value = match &evidence.value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    format!("{place} = {value}")
}

/// What to do now: the words before a command, and the command.
fn next_step(report: &Report, rows: &[Row]) -> (&'static str, Option<String>) {
    let first = |mark: Mark| rows.iter().find(|row| row.mark() == mark);
    if let Some(row) = first(Mark::Fail) {
        return ("next: ", Some(format!("clawdoctor explain {}", row.id())));
    }
    if let Some(row) = rows.iter().find(|row| row.leaves_the_run_open()) {
        let longer = if row.check.error_code.as_deref() == Some("timeout") {
            " --timeout 60s"
        } else {
            ""
        };
        let command = format!("clawdoctor check --only {} -vv{longer}", row.id());
        return ("next: ", Some(command));
    }
    if let Some(row) = first(Mark::Warn).or_else(|| first(Mark::Unsure)) {
        return ("next: ", Some(format!("clawdoctor explain {}", row.id())));
    }
    let all_asked = report.checks.iter().all(|check| {
        check.status == Status::Pass
            || matches!(
                check.skip_reason,
                Some(SkipReason::NotApplicable | SkipReason::Waived)
            )
    });
    if report.outcome == Conclusion::Clean && all_asked && !rows.is_empty() {
        return ("this node is ready for OpenClaw's sandboxes", None);
    }
    ("nothing wrong in what was asked", None)
}

/// A product's own spelling for the word that a report has.
fn product(word: &str) -> &str {
    match word {
        "macos" => "macOS",
        "linux" => "Linux",
        "docker-desktop" => "Docker Desktop",
        "orbstack" => "OrbStack",
        "colima" => "Colima",
        "rancher-desktop" => "Rancher Desktop",
        "podman" => "Podman",
        "linux-engine" => "Docker Engine",
        other => other,
    }
}

#[cfg(test)]
mod tests;
