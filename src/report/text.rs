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

pub mod page;
mod words;

use std::io;

use page::{LABEL, Page};
use words::{counts, is_one_value, next_step, seen};

use super::style::{Mark, Role, Style};
use super::tally::{self, Row, Tally, counted};
use super::wrap::{columns, cut, pad, wrap};
use crate::checklist::check::{Severity, Step};
use crate::checklist::report::{Finding, Report};
use crate::checklist::run::short;
use crate::checklist::verdict::Evidence;

/// Columns of the longest title of a step.
const TITLE: usize = 30;
/// Columns of a duration.
const TIME: usize = 6;
/// Values of evidence shown for a finding before `-vv`.
const FEW: usize = 3;

pub fn write(report: &Report, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page::new(style, out);
    if let Some(error) = &report.error {
        return page.could_not_run(report, &error.message);
    }
    let rows = tally::rows(report);
    if !style.quiet {
        page.header(report)?;
        page.gap_after();
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
        page.gap()?;
        page.entry(0, "note", warning, Role::Plain)?;
    }
    if !style.quiet {
        page.gap_after();
    }
    page.gap()?;
    page.sum(report, &rows)
}

impl Page<'_> {
    fn step(&mut self, step: Step, rows: &[Row]) -> io::Result<()> {
        let mark = words::mark(rows);
        if rows.is_empty() || (self.style.quiet && mark <= Mark::Pass) {
            return Ok(());
        }
        let (label, title) = match step.number() {
            Some(number) => (format!("Step {number}"), step.title()),
            None => ("Always".to_owned(), "Isolation, volumes, headroom"),
        };
        self.section(mark, &label, title, &counts(rows))?;
        if self.style.verbose > 0 {
            self.every_check(rows)
        } else {
            for row in rows.iter().filter(|row| row.mark() > Mark::Pass) {
                self.detail(row)?;
            }
            Ok(())
        }
    }

    fn section(&mut self, mark: Mark, label: &str, title: &str, told: &str) -> io::Result<()> {
        self.gap()?;
        let mark = self.style.mark(mark);
        let name = self.paint(Role::Strong, &pad(title, TITLE));
        let before = self.style.mark_width() + 1 + 6 + 2 + TITLE + 2;
        if self.style.width < before + 24 {
            self.line(&format!("{mark} {label}  {name}"))?;
            return self.paragraph(self.style.mark_width() + 1 + 8, told, Role::Muted);
        }
        for (index, told) in wrap(told, self.style.width - before).iter().enumerate() {
            let told = self.paint(Role::Muted, told);
            if index == 0 {
                self.line(&format!("{mark} {label}  {name}  {told}"))?;
            } else {
                self.line(&format!("{}{told}", " ".repeat(before)))?;
            }
        }
        Ok(())
    }

    /// `-v`: each check in its place, with what it says and how long it took.
    fn every_check(&mut self, rows: &[Row]) -> io::Result<()> {
        let widest = rows.iter().map(|row| columns(row.id())).max().unwrap_or(0);
        for row in rows {
            if row.mark() > Mark::Pass {
                self.detail(row)?;
                continue;
            }
            self.gap()?;
            self.one_line(row, widest)?;
            if self.style.verbose > 1 {
                self.seen_by(row)?;
            }
        }
        Ok(())
    }

    fn one_line(&mut self, row: &Row, widest: usize) -> io::Result<()> {
        let time = match row.check.duration_ms {
            0 => String::new(),
            _ if row.mark() == Mark::Skip => String::new(),
            spent => tally::duration(spent),
        };
        let before = self.indent() + widest + 2;
        let room = self.style.width.saturating_sub(before + TIME + 1);
        let summary = wrap(&row.check.summary, room);
        let mark = self.style.mark(row.mark());
        let id = pad(row.id(), widest);
        let first = pad(summary.first().map_or("", String::as_str), room);
        let time = self.paint(Role::Muted, &format!("{time:>TIME$}"));
        self.line(&format!("  {mark} {id}  {first} {time}"))?;
        for rest in summary.iter().skip(1) {
            self.line(&format!("{}{rest}", " ".repeat(before)))?;
        }
        Ok(())
    }

    /// A check that is not well: what is wrong, on what evidence, and what to do.
    fn detail(&mut self, row: &Row) -> io::Result<()> {
        self.gap()?;
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
        let hint = common(&row.findings, |finding| finding.fix_hint.as_deref());
        let want = common(&row.findings, |finding| finding.requirement.as_deref());
        let indent = self.indent();
        for finding in &row.findings {
            if finding.severity == Severity::Info && self.style.verbose == 0 {
                continue;
            }
            self.paragraph(indent, &tally::told(finding), Role::Plain)?;
            if let Some(requirement) = finding.requirement.as_deref().filter(|_| want.is_none()) {
                self.entry(indent, "want", requirement, Role::Plain)?;
            }
            if let Some(hint) = finding.fix_hint.as_deref().filter(|_| hint.is_none()) {
                self.entry(indent, "fix", hint, Role::Code)?;
            }
        }
        if let Some(want) = want {
            self.entry(indent, "want", want, Role::Plain)?;
        }
        self.seen_by(row)?;
        if let Some(hint) = hint {
            self.entry(indent, "fix", hint, Role::Code)?;
        }
        let more = format!("clawdoctor explain {}", row.id());
        self.entry(indent, "more", &more, Role::Code)?;
        self.gap_after();
        Ok(())
    }

    fn unsure(&mut self, row: &Row) -> io::Result<()> {
        let code = row.check.error_code.as_deref();
        let reason = code.map_or(String::new(), |code| format!(" ({code})"));
        let summary = row.check.summary.trim_end_matches('.');
        self.paragraph(
            self.indent(),
            &format!("Could not be determined: {summary}{reason}."),
            Role::Plain,
        )?;
        if row.leaves_the_run_open() {
            self.paragraph(
                self.indent(),
                "It is required, so this run says neither yes nor no.",
                Role::Plain,
            )?;
        }
        Ok(())
    }

    fn seen_by(&mut self, row: &Row) -> io::Result<()> {
        let evidence = &row.check.evidence;
        let evidence: Vec<&Evidence> = match row.findings.first() {
            Some(finding) if evidence.is_empty() => finding.evidence.iter().collect(),
            _ => evidence.iter().collect(),
        };
        // A list or a table is no line to read: `-vv` shows it whole.
        let all = self.style.verbose > 1;
        let evidence: Vec<&Evidence> = evidence
            .into_iter()
            .filter(|one| all || is_one_value(one))
            .collect();
        let most = if self.style.verbose > 1 {
            usize::MAX
        } else {
            FEW
        };
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

    fn waived(&mut self, findings: &[Finding]) -> io::Result<()> {
        if findings.is_empty() || self.style.quiet {
            return Ok(());
        }
        let told = counted(findings.len(), "finding", "findings");
        self.section(Mark::Skip, "Waived", "Accepted by the operator", &told)?;
        for finding in findings {
            self.line(&format!(
                "{}{}",
                " ".repeat(self.indent()),
                short(&finding.check_id)
            ))?;
            self.paragraph(self.indent(), &finding.message, Role::Plain)?;
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

/// What all findings say alike; none when they differ or there is nothing.
fn common<'a>(
    findings: &[&'a Finding],
    of: impl Fn(&'a Finding) -> Option<&'a str>,
) -> Option<&'a str> {
    let first = findings.first().and_then(|finding| of(finding))?;
    findings
        .iter()
        .all(|finding| of(finding) == Some(first))
        .then_some(first)
}

#[cfg(test)]
mod tests;
