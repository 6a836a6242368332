//! What `clawdoctor headroom` prints: the arithmetic, and what one change would add.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use super::wrap::{columns, pad, wrap};
use super::{Role, Style};
use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::headroom::advice::Change;
use crate::headroom::{Arithmetic, Entry, Limit, Weight};

/// How many more sandboxes can be busy at the same time, as a document.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeadroomReport {
    pub schema_version: u32,
    /// `clawdoctor.headroom`
    pub report: &'static str,
    pub tool: Tool,
    /// Sandboxes that can be busy besides those that are.
    pub headroom: u64,
    /// What limits it: `memory`, `cpu`, `disk`, `pressure`.
    #[schemars(with = "String")]
    pub limit: Limit,
    /// How many were asked for.
    pub need: u64,
    /// Whether so many fit.
    pub enough: bool,
    /// Every number that led to it. Bytes, sandboxes, CPUs.
    #[schemars(with = "serde_json::Value")]
    pub arithmetic: Arithmetic,
    /// What one change would add, the one that adds most first.
    #[schemars(with = "Vec<serde_json::Value>")]
    pub changes: Vec<Change>,
    /// What the reader has to know of the numbers.
    pub notes: Vec<String>,
}

impl HeadroomReport {
    pub fn new(
        arithmetic: Arithmetic,
        changes: Vec<Change>,
        need: u64,
        notes: Vec<String>,
    ) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            report: "clawdoctor.headroom",
            tool: Tool::this(),
            headroom: arithmetic.headroom,
            limit: arithmetic.limit,
            need,
            enough: arithmetic.headroom >= need,
            arithmetic,
            changes,
            notes,
        }
    }
}

const LABEL: usize = 46;
const FIGURE: usize = 10;

/// Writes it for people.
pub fn write(report: &HeadroomReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    let arithmetic = &report.arithmetic;
    if !style.quiet {
        account(&arithmetic.memory_account(), style, to)?;
        writeln!(to)?;
        account(&arithmetic.limits_account(), style, to)?;
        writeln!(to)?;
    }
    let role = if report.enough { Role::Good } else { Role::Bad };
    paragraph(&arithmetic.verdict(), role, style, to)?;
    if !report.enough {
        let words = format!("{} were asked for.", report.need);
        writeln!(to, "{}", style.paint(role, &words))?;
    }
    if style.quiet {
        return Ok(());
    }
    paragraph(&arithmetic.commitment_in_words(), Role::Muted, style, to)?;
    for note in &report.notes {
        paragraph(note, Role::Warn, style, to)?;
    }
    writeln!(to)?;
    if report.changes.is_empty() {
        return paragraph(
            "No single change that this machine allows would add any.",
            Role::Plain,
            style,
            to,
        );
    }
    writeln!(to, "{}", style.paint(Role::Title, "One change would add"))?;
    for change in &report.changes {
        let adds = format!("{:>4}  ", format!("+{}", change.adds));
        let room = style.width.saturating_sub(adds.len());
        let mut lead = adds.as_str();
        let blank = " ".repeat(adds.len());
        for line in wrap(&change.what.words(), room) {
            writeln!(to, "{}{line}", style.paint(Role::Strong, lead))?;
            lead = &blank;
        }
        for line in wrap(&change.what.how(), room) {
            writeln!(to, "{blank}{}", style.paint(Role::Muted, &line))?;
        }
    }
    Ok(())
}

fn paragraph(text: &str, role: Role, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    for line in wrap(text, style.width) {
        writeln!(to, "{}", style.paint(role, &line))?;
    }
    Ok(())
}

fn account(entries: &[Entry], style: &Style, to: &mut dyn Write) -> io::Result<()> {
    for entry in entries {
        let role = match entry.weight {
            Weight::Plain => Role::Plain,
            Weight::Sum => Role::Strong,
            Weight::Aside => Role::Muted,
        };
        let room = LABEL.min(style.width.saturating_sub(FIGURE));
        let words = entry.label.trim_start();
        let indent = " ".repeat(entry.label.len() - words.len());
        let mut label = wrap(words, room.saturating_sub(indent.len()));
        let last = label.pop().unwrap_or_default();
        for line in label {
            writeln!(to, "{}", style.paint(role, &format!("{indent}{line}")))?;
        }
        let gap = " ".repeat(FIGURE.saturating_sub(columns(&entry.figure)));
        let line = format!(
            "{}{gap}{}",
            pad(&format!("{indent}{last}"), room),
            entry.figure
        );
        writeln!(to, "{}", style.paint(role, &line))?;
    }
    Ok(())
}
