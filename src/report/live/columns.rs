//! The cells of the columns that somebody has chosen, one for each.

use super::table::{UNKNOWN, cpu, memory, pids, span, state};
use crate::checklist::isolation::of_sandbox;
use crate::checklist::verdict::Level;
use crate::facts::openclaw::Agent;
use crate::live::column::Column;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::live::order;
use crate::live::sandbox::Sandbox;
use crate::units::Size;

/// `now` by our clock.
pub fn cell(column: Column, one: &Sandbox, model: &Model, now: Moment) -> String {
    let clock = model.engine_clock(now);
    let known = |value: Option<String>| value.unwrap_or_else(|| UNKNOWN.to_owned());
    match column {
        Column::Owner => match one.owner().words() {
            words if words.is_empty() => one.about.name.clone(),
            words => words,
        },
        Column::Name => one.about.name.clone(),
        Column::State => state(one),
        Column::Age => known(one.created.map(|at| span(clock.since(at)))),
        Column::Start => known(one.latency.map(span)),
        Column::Running => one.running.len().to_string(),
        Column::Made => one.ended().made().to_string(),
        Column::Failed => one.ended().failed().to_string(),
        Column::Cpu => cpu(one),
        Column::Memory => memory(one),
        Column::Pids => pids(one),
        Column::Idle if !one.running.is_empty() || !one.state.is_alive() => String::new(),
        Column::Idle => known(one.idle_since().map(|at| span(clock.since(at)))),
        Column::Marks => marks(one, model),
        Column::Network => known(one.detail.as_ref().map(|d| d.standing.network_mode.clone())),
        Column::Traffic => {
            let both = one.usage.received.zip(one.usage.sent);
            known(both.map(|(received, sent)| format!("{}+{}", rate(received), rate(sent))))
        }
        Column::Restarts => known(one.restarts.all().map(|all| all.to_string())),
        Column::Figures => known(one.usage.age(now).map(span)),
        Column::Image => one.image.clone(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes, not negative"
)]
fn rate(bytes: f64) -> Size {
    Size(bytes.max(0.0) as u64)
}

/// What the column of marks is sorted by.
pub fn weight(one: &Sandbox, model: &Model) -> usize {
    let levels = complaints(one, model).unwrap_or_default();
    let dangers = levels.iter().filter(|level| **level == Level::Fail);
    let dangers = dangers.count();
    order::marks(dangers, levels.len() - dangers, one)
}

/// Of how it is isolated, once it has been inspected.
fn complaints(one: &Sandbox, model: &Model) -> Option<Vec<Level>> {
    let agents = model.node.as_ref().and_then(|node| node.agents.as_ref());
    let agents: Vec<&Agent> = agents.into_iter().flatten().collect();
    let detail = one.detail.as_ref()?;
    let found = of_sandbox(&detail.standing, &agents);
    Some(found.iter().map(|complaint| complaint.level).collect())
}

/// As on the dashboard: `!!` danger, `!` weak, `oom`, `~2` differences from the configuration.
fn marks(one: &Sandbox, model: &Model) -> String {
    let mut parts = Vec::new();
    match complaints(one, model) {
        None if one.state.is_alive() => parts.push("?".to_owned()),
        None => {}
        Some(levels) => match levels.into_iter().max() {
            Some(Level::Fail) => parts.push("!!".to_owned()),
            Some(Level::Warn) => parts.push("!".to_owned()),
            Some(Level::Note) | None => {}
        },
    }
    if one.ooms > 0 {
        parts.push("oom".to_owned());
    }
    if let Some(drift) = one.drift.as_ref().filter(|drift| !drift.is_empty()) {
        parts.push(format!("~{}", drift.len()));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::catalog::Catalog;
    use crate::checklist::judge::Judge;
    use crate::live::scope::Scope;

    #[test]
    fn restarts_that_nobody_has_counted_yet_are_not_none() {
        let catalog = Catalog::built_in().expect("our own files");
        let mut judges = catalog.checks().iter().map(|check| &check.spec.judge);
        let rules = judges.find_map(|judge| match judge {
            Judge::SandboxHeadroom(rules) => Some(rules.clone()),
            _ => None,
        });
        let model = Model::new(Scope::default(), rules.expect("it is shipped"));
        let now = Moment(0);
        let mut one = Sandbox::new("a", now);
        assert_eq!(cell(Column::Restarts, &one, &model, now), UNKNOWN);
        one.restarts.counted(0);
        assert_eq!(cell(Column::Restarts, &one, &model, now), "0");
    }
}
