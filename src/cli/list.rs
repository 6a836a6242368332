//! `clawdoctor list`: all checks by step. Pure: what is known goes in, text comes out.

use serde_json::{Value, json};

use crate::checklist::check::{Check, Severity, Step};
use crate::checklist::id::CheckId;
use crate::checklist::waiver::Waiver;
use crate::report::wrap::{columns, cut, pad, wrap};
use crate::report::{Role, Style};
use crate::text::wash;

/// The checks as a table under each step.
pub fn text(checks: &[Check], waivers: &[Waiver], style: &Style) -> String {
    let widest = checks.iter().map(|check| columns(check.id.as_str())).max();
    let widest = widest.unwrap_or(0);
    let mut page = String::new();
    for step in Step::ALL {
        let of_step: Vec<&Check> = checks.iter().filter(|c| c.spec.step == step).collect();
        if of_step.is_empty() {
            continue;
        }
        if !page.is_empty() {
            page.push('\n');
        }
        page.push_str(&style.paint(Role::Title, &heading(step)));
        page.push('\n');
        for check in of_step {
            page.push_str(&row(check, widest, style));
            page.push('\n');
        }
    }
    page.push_str(&accepted(waivers, style));
    let required = checks.iter().filter(|check| check.spec.required).count();
    let all = checks.len();
    let dash = style.dash();
    let sum = format!("\n{all} checks, {required} of them required (*) {dash} more about one: ");
    page.push_str(&sum);
    page.push_str(&style.paint(Role::Code, "clawdoctor explain ID"));
    page.push('\n');
    page
}

/// The operator's waivers, if there are any.
fn accepted(waivers: &[Waiver], style: &Style) -> String {
    if waivers.is_empty() {
        return String::new();
    }
    let mut lines = format!("\n{}\n", style.paint(Role::Title, "Waivers"));
    for waiver in waivers {
        let target = waiver
            .target
            .as_deref()
            .map(|target| format!(" on {}", wash(target, 80)));
        let by = waiver
            .by
            .as_deref()
            .map(|by| format!(" (by {})", wash(by, 40)));
        let line = format!(
            "{}{} until {}: {}{}",
            waiver.check,
            target.unwrap_or_default(),
            waiver.expires,
            wash(&waiver.reason, 200),
            by.unwrap_or_default()
        );
        for (index, part) in wrap(&line, style.width.saturating_sub(4))
            .iter()
            .enumerate()
        {
            let indent = if index == 0 { 2 } else { 4 };
            lines.push_str(&" ".repeat(indent));
            lines.push_str(part);
            lines.push('\n');
        }
    }
    lines
}

fn row(check: &Check, widest: usize, style: &Style) -> String {
    let spec = &check.spec;
    let role = match spec.severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
        Severity::Info => Role::Muted,
    };
    let severity = style.paint(role, &pad(spec.severity.word(), 7));
    let star = if spec.required { "*" } else { " " };
    let own = if is_built_in(check) { "" } else { " (yours)" };
    let room = style
        .width
        .saturating_sub(2 + widest + 2 + 7 + 1 + 1 + 2 + own.len());
    let title = cut(&spec.title, room.max(16), style.ascii);
    format!(
        "  {}  {severity} {star}  {title}{own}",
        pad(check.id.as_str(), widest)
    )
}

/// `Step 2  Docker socket access`, and what always holds.
pub fn heading(step: Step) -> String {
    match step.number() {
        Some(number) => format!("Step {number}  {}", step.title()),
        None => "Always  Isolation, volumes, headroom".to_owned(),
    }
}

pub fn is_built_in(check: &Check) -> bool {
    check.origin == "built in"
}

/// The same for programs, on one line.
pub fn json(checks: &[Check], waivers: &[Waiver]) -> String {
    let checks: Vec<Value> = checks.iter().map(entry).collect();
    let document = json!({
        "schemaVersion": 1,
        "report": "clawdoctor.list",
        "checks": checks,
        "waivers": waivers.iter().map(waived).collect::<Vec<Value>>(),
    });
    format!("{document}\n")
}

fn waived(waiver: &Waiver) -> Value {
    json!({
        "checkId": waiver.check.full(),
        "target": waiver.target,
        "reason": waiver.reason,
        "by": waiver.by,
        "expires": waiver.expires.to_string(),
    })
}

/// What `list` and `explain` both say of a check.
pub fn entry(check: &Check) -> Value {
    let spec = &check.spec;
    let needs: Vec<String> = spec.needs.iter().map(CheckId::full).collect();
    let mut entry = json!({
        "checkId": check.id.full(),
        "title": spec.title,
        "severity": spec.severity,
        "required": spec.required,
        "needs": needs,
        "timeoutSeconds": spec.timeout.0.as_secs_f64(),
        "fix": { "mode": spec.fix.mode, "risk": spec.fix.risk, "reversible": spec.fix.reversible },
        "docsUrl": spec.references.first(),
        "origin": check.origin,
    });
    // Absent for what always holds, as in the report.
    if let (Some(number), Value::Object(map)) = (spec.step.number(), &mut entry) {
        map.insert("step".to_owned(), json!(number));
    }
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::catalog::Catalog;

    #[test]
    fn every_check_stands_once_under_its_step() {
        let catalog = Catalog::built_in().expect("our own files");
        let text = text(catalog.checks(), &[], &Style::default());
        for check in catalog.checks() {
            let id = format!("  {} ", check.id);
            assert_eq!(text.matches(&id).count(), 1, "{id}");
        }
        assert!(text.starts_with("Step 0  Prerequisites\n"), "{text}");
        for line in text.lines() {
            assert!(columns(line) <= 80, "{line}");
        }
    }

    #[test]
    fn programs_get_one_document_with_full_ids() {
        let catalog = Catalog::built_in().expect("our own files");
        let document: Value = serde_json::from_str(&json(catalog.checks(), &[])).expect("JSON");
        let checks = document["checks"].as_array().expect("a list");
        assert_eq!(checks.len(), catalog.checks().len());
        let id = checks[0]["checkId"].as_str().expect("an id");
        assert!(id.starts_with("clawdoctor/"), "{id}");
    }

    #[test]
    fn an_operators_own_check_is_marked() {
        let catalog = Catalog::built_in().expect("our own files");
        let mut checks = catalog.checks()[..1].to_vec();
        checks[0].origin = "/etc/claw/checks/host/memory.toml".to_owned();
        assert!(text(&checks, &[], &Style::default()).contains(" (yours)\n"));
    }
}
