//! What `clawdoctor drill` prints: what each step measured, how many ran without harm beside how
//! many were computed, and why it ended.

use std::io::{self, Write};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::wrap::{columns, wrap};
use super::{Role, Style};
use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::drill::harm::level_word;
use crate::drill::plan::Plan;
use crate::drill::step::{Drilled, Step, Stop};
use crate::headroom::Limit;
use crate::units::{Size, Span};

/// How many sandboxes the node bore, as a document. Bytes, cores, milliseconds.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrillReport {
    pub schema_version: u32,
    /// `clawdoctor.drill`
    pub report: &'static str,
    pub tool: Tool,
    /// Whose sandboxes they were.
    pub agent: String,
    pub image: String,
    pub memory_cap: u64,
    /// No cap is configured: the usual one was taken for it.
    pub memory_cap_assumed: bool,
    /// Absent where none is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_cap: Option<f64>,
    pub load: LoadReport,
    /// So many fit by the arithmetic of `clawdoctor headroom`.
    pub computed: u64,
    /// What limits that: `memory`, `cpu`, `disk`, `pressure`.
    #[schemars(with = "String")]
    pub limit: Limit,
    /// So many were to be reached: the computed number and what was asked for beyond, or the
    /// ceiling.
    pub target: u64,
    /// So many ran at the same time without harm.
    pub measured: u64,
    /// Whether those are at least as many as were computed.
    pub reached: bool,
    /// Why it ended: its `reason`, with the `sign` of harm where that was it.
    #[schemars(with = "serde_json::Value")]
    pub stopped: Stop,
    /// The same in a sentence.
    pub stopped_words: String,
    pub steps: Vec<Step>,
    pub hold_milliseconds: u64,
    pub duration_ms: u64,
    /// What the reader has to know of the numbers.
    pub notes: Vec<String>,
}

/// What ran in each of them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoadReport {
    /// `python3` or `sh`; absent where none came so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Bytes that it held.
    pub memory: u64,
    /// Processes that spun.
    pub spinners: u32,
}

/// What a drill was about, for its report.
#[derive(Clone, Debug)]
pub struct Subject {
    pub agent: String,
    pub image: String,
    pub memory_cap_assumed: bool,
    pub limit: Limit,
    pub hold_milliseconds: u64,
    pub duration_ms: u64,
    pub notes: Vec<String>,
}

impl DrillReport {
    pub fn new(subject: Subject, plan: &Plan, drilled: Drilled) -> Self {
        let measured = drilled.measured();
        Self {
            schema_version: SCHEMA_VERSION,
            report: "clawdoctor.drill",
            tool: Tool::this(),
            agent: subject.agent,
            image: subject.image,
            memory_cap: plan.cap,
            memory_cap_assumed: subject.memory_cap_assumed,
            cpu_cap: plan.cpu_cap,
            load: LoadReport {
                tool: drilled.tool,
                memory: plan.load(),
                spinners: plan.spinners(),
            },
            computed: plan.computed,
            limit: subject.limit,
            target: plan.target(),
            measured,
            reached: measured >= plan.computed,
            stopped_words: drilled.stop.words(),
            stopped: drilled.stop,
            steps: drilled.steps,
            hold_milliseconds: subject.hold_milliseconds,
            duration_ms: subject.duration_ms,
            notes: subject.notes,
        }
    }

    /// `6 ran at the same time without harm, as many as were computed.`
    pub fn verdict(&self) -> String {
        let Self {
            measured, computed, ..
        } = self;
        let beside = if measured == computed {
            "as many as were computed".to_owned()
        } else {
            format!("{computed} were computed")
        };
        format!("{measured} ran at the same time without harm, {beside}.")
    }
}

/// Column heads with their width; each is set right.
const COLUMNS: [(&str, usize); 7] = [
    ("ran", 4),
    ("start", 10),
    ("memory", 11),
    ("engine left", 13),
    ("cores", 8),
    ("throttled", 11),
    ("pressure", 10),
];

/// Writes it for people.
pub fn write(report: &DrillReport, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    if !style.quiet {
        let cores = report
            .cpu_cap
            .map_or("cores without a cap".to_owned(), |cap| {
                format!("{cap} of a core")
            });
        let assumed = if report.memory_cap_assumed {
            " (assumed)"
        } else {
            ""
        };
        let title = format!(
            "Sandboxes of {} ({}): {}{assumed} and {cores} each",
            report.agent,
            report.image,
            Size(report.memory_cap)
        );
        paragraph(&title, Role::Title, style, to)?;
        writeln!(to)?;
        table(&report.steps, style, to)?;
        writeln!(to)?;
    }
    let role = if report.reached {
        Role::Good
    } else {
        Role::Bad
    };
    paragraph(&report.verdict(), role, style, to)?;
    let role = match report.stopped {
        Stop::Reached => Role::Muted,
        Stop::Ceiling { .. } | Stop::Deadline | Stop::Call { .. } => Role::Warn,
        Stop::NoRoom { .. } | Stop::Harm(_) if report.reached => Role::Warn,
        Stop::NoRoom { .. } | Stop::Harm(_) => Role::Bad,
    };
    if report.stopped != Stop::Reached {
        paragraph(&report.stopped_words, role, style, to)?;
    }
    if style.quiet {
        return Ok(());
    }
    if let Some(tool) = &report.load.tool {
        let words = format!(
            "Each held {} with {tool} and spun {} {}; each step was held for {}.",
            Size(report.load.memory),
            report.load.spinners,
            if report.load.spinners == 1 {
                "process"
            } else {
                "processes"
            },
            Span(Duration::from_millis(report.hold_milliseconds))
        );
        paragraph(&words, Role::Muted, style, to)?;
    }
    for note in &report.notes {
        paragraph(note, Role::Warn, style, to)?;
    }
    Ok(())
}

fn table(steps: &[Step], style: &Style, to: &mut dyn Write) -> io::Result<()> {
    if steps.is_empty() {
        return writeln!(to, "{}", style.paint(Role::Muted, "none was started"));
    }
    let heads = COLUMNS.map(|(head, _)| head.to_owned());
    writeln!(to, "{}", style.paint(Role::Muted, &row(&heads)))?;
    for step in steps {
        let role = if step.harmless {
            Role::Plain
        } else {
            Role::Bad
        };
        writeln!(to, "{}", style.paint(role, &row(&cells(step))))?;
    }
    Ok(())
}

fn cells(step: &Step) -> [String; 7] {
    let unknown = || "?".to_owned();
    let size = |bytes: Option<u64>| bytes.map_or_else(unknown, |bytes| Size(bytes).to_string());
    [
        step.sandboxes.to_string(),
        step.start_milliseconds
            .map_or_else(unknown, |milliseconds| format!("{milliseconds} ms")),
        size(step.memory),
        size(step.left),
        step.cores
            .map_or_else(unknown, |cores| format!("{cores:.2}")),
        step.throttled
            .map_or_else(unknown, |share| format!("{:.0} %", share * 100.0)),
        step.pressure
            .map_or_else(unknown, |level| level_word(level).to_owned()),
    ]
}

fn row(cells: &[String; 7]) -> String {
    let set = |(cell, (_, width)): (&String, (&str, usize))| {
        format!("{}{cell}", " ".repeat(width.saturating_sub(columns(cell))))
    };
    cells.iter().zip(COLUMNS).map(set).collect()
}

fn paragraph(text: &str, role: Role, style: &Style, to: &mut dyn Write) -> io::Result<()> {
    for line in wrap(text, style.width) {
        writeln!(to, "{}", style.paint(role, &line))?;
    }
    Ok(())
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::drill::harm::Harm;
    use crate::facts::host::PressureLevel;

    const MIB: u64 = 1 << 20;

    fn step(sandboxes: u64, start: u64) -> Step {
        Step {
            sandboxes,
            start_milliseconds: Some(start),
            memory: Some(sandboxes * 435 * MIB),
            left: Some(7168 * MIB - sandboxes * 435 * MIB),
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            cores: Some(0.5 * sandboxes as f64),
            throttled: Some(0.99),
            pressure: Some(PressureLevel::Normal),
            harmless: true,
        }
    }

    /// A drill that went well, and one that did not.
    pub fn samples() -> [DrillReport; 2] {
        let plan = Plan {
            computed: 3,
            beyond: 0,
            most: 32,
            cap: 512 * MIB,
            cpu_cap: Some(0.5),
            engine_memory: 8192 * MIB,
            reserve: 1228 * MIB,
        };
        let subject = Subject {
            agent: "main".to_owned(),
            image: "openclaw-sandbox:bookworm-slim".to_owned(),
            memory_cap_assumed: false,
            limit: Limit::Memory,
            hold_milliseconds: 5000,
            duration_ms: 31_000,
            notes: Vec::new(),
        };
        let steps = vec![step(1, 212), step(2, 240), step(3, 455)];
        let good = Drilled {
            steps: steps.clone(),
            stop: Stop::Reached,
            tool: Some("python3".to_owned()),
        };
        let mut steps = steps;
        steps[2] = Step {
            sandboxes: 3,
            start_milliseconds: Some(455),
            ..Step::default()
        };
        let bad = Drilled {
            steps,
            stop: Stop::Harm(Harm::Oom {
                container: "postgres".to_owned(),
                ours: false,
            }),
            tool: Some("python3".to_owned()),
        };
        [
            DrillReport::new(subject.clone(), &plan, good),
            DrillReport::new(subject, &plan, bad),
        ]
    }

    #[test]
    fn it_fits_eighty_columns_and_says_what_was_measured() {
        let mut text = Vec::new();
        for report in samples() {
            write(&report, &Style::default(), &mut text).expect("into memory");
            text.extend_from_slice(b"----\n");
        }
        let text = String::from_utf8(text).expect("a text");
        assert!(text.lines().all(|line| columns(line) <= 80), "{text}");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn only_as_many_as_were_computed_are_enough() {
        let [good, bad] = samples();
        assert!(good.reached && !bad.reached);
        assert_eq!((good.measured, bad.measured), (3, 2));
        let told = serde_json::to_value(&bad).expect("plain data");
        assert_eq!(told["stopped"]["reason"], "harm");
        assert_eq!(told["stopped"]["sign"], "oom");
        assert!(told["steps"][2].get("memory").is_none(), "{told:#}");
    }
}
