//! The report as Markdown, to be pasted into an issue: what is wrong as a table, the whole report
//! folded below it. Text from the node cannot mention people, link issues or leave its cell.

use std::io;

use super::Style;
use super::tally::{self, Tally};
use crate::checklist::report::Report;
use crate::checklist::run::short;
use crate::checklist::verdict::Status;
use crate::text::wash;

const LONGEST: usize = 600;

pub fn write(report: &Report, _style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let rows = tally::rows(report);
    writeln!(out, "### clawdoctor report\n")?;
    let node = &report.node;
    let told = [
        ("clawdoctor", Some(report.tool.version.clone())),
        ("OS", joined(&[&node.os, &node.os_version, &node.arch])),
        ("engine", joined(&[&node.runtime, &node.runtime_version])),
        ("OpenClaw", node.openclaw_version.clone()),
    ];
    for (name, value) in told {
        if let Some(value) = value {
            writeln!(out, "- {name}: {}", cell(&value))?;
        }
    }
    if report.error.is_none() {
        let duration = tally::duration(report.duration_ms);
        writeln!(out, "- checks: {} in {duration}", Tally::of(&rows).words())?;
    }
    writeln!(out)?;
    table(report, out)?;
    details(report, out)
}

fn table(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let open: Vec<_> = report
        .checks
        .iter()
        .filter(|c| c.status == Status::Error)
        .collect();
    if report.findings.is_empty() && open.is_empty() {
        return writeln!(out, "Nothing was found.\n");
    }
    writeln!(out, "| Severity | Check | What | Hint |\n|---|---|---|---|")?;
    for finding in &report.findings {
        writeln!(
            out,
            "| {} | `{}` | {} | {} |",
            finding.severity.word(),
            short(&finding.check_id),
            cell(&finding.message),
            cell(finding.fix_hint.as_deref().unwrap_or_default())
        )?;
    }
    for check in open {
        writeln!(
            out,
            "| inconclusive | `{}` | {} | |",
            short(&check.check_id),
            cell(&check.summary)
        )?;
    }
    writeln!(out)
}

fn details(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let json = serde_json::to_string_pretty(report)?;
    let fence = fence(&json);
    writeln!(out, "<details>\n<summary>The whole report</summary>\n")?;
    writeln!(out, "{fence}json\n{json}\n{fence}\n\n</details>")
}

/// Longer than any run of backticks in the text, so that the text cannot close it.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

fn joined(parts: &[&Option<String>]) -> Option<String> {
    let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Text as text: no markup, no mention, no reference to an issue.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in wash(text, LONGEST).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '#' => safe.push_str("&#35;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn markdown(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &Style::default(), &mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn what_is_wrong_is_a_table_and_the_rest_is_folded() {
        let text = markdown(&sample::warnings());
        let (above, below) = text.split_once("<details>").expect("folded");
        insta::assert_snapshot!(above);
        assert!(below.contains("\"report\": \"clawdoctor.report\""));
    }

    #[test]
    fn foreign_text_mentions_nobody_and_stays_in_its_cell() {
        let text = markdown(&sample::hostile());
        let row = text
            .lines()
            .find(|l| l.starts_with("| error"))
            .expect("a row");
        assert!(!row.contains('@') && !row.contains(" #1"), "{row}");
        let bars = row.replace("\\|", "").matches('|').count();
        assert_eq!(bars, 5, "{row}");
        assert!(
            text.contains("\n````json\n"),
            "a longer fence than the text's own"
        );
    }
}
