//! How a run of repairs is told while it happens: text for a person, lines of JSON for a program,
//! or nothing but the document at the end. Progress goes to standard error, and on a terminal it
//! is drawn and taken away again.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::out::Out;
use super::told::{Teller, Told};
use crate::failure::Failure;
use crate::fix::apply::News;
use crate::fix::outcome::{FixReport, RepairReport};
use crate::fix::record::RunId;
use crate::fix::repair::{Plan, Repair};
use crate::fix::run::Event;
use crate::fix::words;
use crate::redact::Redactor;
use crate::report::{Format, Role, repairs};
use crate::text::{wash, wash_block};

/// Between two pictures of what is under way.
const TICK: Duration = Duration::from_millis(120);

/// Characters of one line of what happens.
const LONGEST: usize = 2000;

/// Layers that are drawn at once; an image may have a hundred.
const MOST_BARS: usize = 8;

/// Whatever happens goes to this voice.
pub fn teller(voice: &Arc<Mutex<Voice>>) -> Teller {
    let voice = Arc::clone(voice);
    Teller::new(move |told| match voice.lock() {
        Ok(mut voice) => voice.told(told),
        Err(_) => Ok(()),
    })
}

pub struct Voice {
    format: Format,
    out: Out,
    drawn: Option<Drawn>,
    /// The last word on each layer, so that only changes are told where nothing can be drawn.
    layers: BTreeMap<String, String>,
    redactor: Option<Redactor>,
}

/// What is drawn on standard error.
struct Drawn {
    all: MultiProgress,
    head: ProgressBar,
    bars: BTreeMap<String, ProgressBar>,
}

impl Voice {
    /// With a redactor nothing that a program reads tells names or secrets; a person at the
    /// terminal has to see what is really changed.
    pub fn new(format: Format, out: &Out, redactor: Option<Redactor>) -> Self {
        let voice = Self {
            format,
            out: out.clone(),
            drawn: out.draws().then(Drawn::new),
            layers: BTreeMap::new(),
            redactor,
        };
        let version = json!({
            "schemaVersion": crate::checklist::report::SCHEMA_VERSION,
            "report": "clawdoctor.fix",
            "tool": crate::checklist::report::Tool::this(),
        });
        voice.event_line("version", version);
        voice
    }

    /// Says what happened, each in its way.
    pub fn told(&mut self, told: Told<'_>) -> Result<(), Failure> {
        match told {
            Told::Looking => self.looking(),
            Told::Verifying(check) => self.verifying(check),
            Told::Quiet => self.quiet(),
            Told::Run(id) => self.run(id),
            Told::Event(event) => self.event(event),
            Told::News(news) => self.news(news),
            Told::Became(report) => return self.became(report),
            Told::Line(text) => self.line(text),
        }
        Ok(())
    }

    fn is_text(&self) -> bool {
        self.format.is_for_people()
    }

    /// A line on standard error, above what is drawn.
    fn line(&self, text: &str) {
        let text = wash_block(text, LONGEST);
        match &self.drawn {
            Some(drawn) => drop(drawn.all.println(text)),
            None if self.is_text() => self.out.complain(&format!("{text}\n")),
            None => {}
        }
    }

    fn event_line(&self, kind: &str, mut value: Value) {
        if self.format != Format::Ndjson {
            return;
        }
        if let Some(redactor) = &self.redactor {
            value = redactor.json(value);
        }
        value["type"] = json!(kind);
        // A reader that went away is no failure.
        self.out.print_text(&format!("{value}\n")).unwrap_or(());
    }

    fn looking(&self) {
        self.head("looking at the node");
    }

    fn verifying(&self, check: &str) {
        self.head(&format!("checking {check} again"));
    }

    fn head(&self, words: &str) {
        if let Some(drawn) = &self.drawn {
            drawn.head.set_message(wash(words, LONGEST));
            drawn.head.enable_steady_tick(TICK);
        }
    }

    /// Nothing is under way.
    fn quiet(&mut self) {
        self.layers.clear();
        if let Some(drawn) = &mut self.drawn {
            drawn.clear();
        }
    }

    pub fn plan(
        &mut self,
        plan: &Plan,
        allow: &dyn Fn(&Repair) -> Option<String>,
    ) -> Result<(), Failure> {
        self.quiet();
        let repairs: Vec<&str> = plan.repairs.iter().map(|r| r.id.as_str()).collect();
        self.event_line(
            "plan",
            json!({ "digest": plan.digest(), "repairs": repairs }),
        );
        if !self.is_text() {
            return Ok(());
        }
        let style = self.out.style;
        written(self.out.print(|to| {
            let head = match plan.repairs.len() {
                0 => "Nothing for a program to mend.".to_owned(),
                1 => "Plan: 1 repair".to_owned(),
                count => format!("Plan: {count} repairs"),
            };
            writeln!(to, "{}\n", style.paint(Role::Title, &head))?;
            repairs::plan(plan, allow, &style, to)
        }))
    }

    fn run(&self, id: &RunId) {
        self.event_line("run", json!({ "runId": id }));
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::RepairBegun(repair) => {
                self.event_line(
                    "apply_start",
                    json!({ "id": repair.id, "title": repair.title }),
                );
                self.head(&repair.title);
                if self.drawn.is_none() {
                    self.line(&format!("apply: {}", repair.title));
                }
            }
            Event::StepBegun { seq, step } => {
                let effect = words::effect(step);
                self.event_line("step_start", json!({ "seq": seq, "effect": effect }));
                self.head(&effect);
            }
            Event::StepAlready { step } => {
                self.event_line("step_already", json!({ "effect": words::effect(step) }));
            }
            Event::StepDone { seq, .. } => {
                self.event_line("step_end", json!({ "seq": seq, "status": "done" }));
                self.quiet();
            }
            Event::StepFailed { step, trouble } => {
                let told = json!({ "effect": words::effect(step), "status": "failed", "error": trouble.to_string() });
                self.event_line("step_end", told);
                self.quiet();
                self.line(&format!("failed: {trouble}"));
            }
            Event::Undone { seq, step, stays } => {
                let effect = words::effect(step);
                let mut told = json!({ "seq": seq, "effect": effect });
                if let Some(why) = stays {
                    told["stays"] = json!(why);
                }
                self.event_line("undone", told);
                self.line(&match stays {
                    Some(why) => format!("stays as it is: {effect}: {why}"),
                    None => format!("taken back: {effect}"),
                });
            }
            Event::UndoFailed { seq, step, trouble } => {
                let told = json!({ "seq": seq, "effect": words::effect(step), "error": trouble.to_string() });
                self.event_line("undo_failed", told);
                self.line(&format!(
                    "not taken back: {}: {trouble}",
                    words::effect(step)
                ));
            }
        }
    }

    fn news(&mut self, news: &News) {
        match news {
            News::Line(text) => {
                let text = wash(text, 300);
                self.event_line("progress", json!({ "line": text }));
                match &self.drawn {
                    Some(drawn) => drawn.head.set_message(text),
                    None => self.line(&format!("  {text}")),
                }
            }
            News::Waiting { what, seconds } => {
                self.event_line(
                    "progress",
                    json!({ "waitingFor": what, "seconds": seconds }),
                );
                match &self.drawn {
                    Some(drawn) => drawn
                        .head
                        .set_message(format!("waiting for {what}, {seconds} s")),
                    // One line in ten seconds is enough for a log.
                    None if seconds % 10 == 0 => {
                        self.line(&format!("  waiting for {what}, {seconds} s"));
                    }
                    None => {}
                }
            }
            News::Layer {
                layer,
                state,
                current,
                total,
            } => self.layer(layer, state, *current, *total),
        }
    }

    fn layer(&mut self, layer: &str, state: &str, current: Option<u64>, total: Option<u64>) {
        if let Some(drawn) = &mut self.drawn {
            drawn.layer(layer, state, current, total);
        }
        let is_news = self.layers.get(layer).map(String::as_str) != Some(state);
        if is_news {
            self.layers.insert(layer.to_owned(), state.to_owned());
            self.event_line(
                "progress",
                json!({ "layer": layer, "state": state, "current": current, "total": total }),
            );
            if self.drawn.is_none() {
                self.line(&format!("  layer {layer}: {state}"));
            }
        }
    }

    fn became(&mut self, told: &RepairReport) -> Result<(), Failure> {
        self.quiet();
        let value = serde_json::to_value(told).expect("plain data");
        self.event_line("apply_end", value);
        if !self.is_text() {
            return Ok(());
        }
        let style = self.out.style;
        written(self.out.print(|to| repairs::became(told, &style, to)))
    }

    pub fn end(&mut self, fix: &FixReport) -> Result<(), Failure> {
        self.quiet();
        let style = self.out.style;
        if self.is_text() {
            return written(self.out.print(|to| repairs::end(fix, &style, to)));
        }
        if self.format == Format::Ndjson {
            self.event_line("summary", serde_json::to_value(fix).expect("plain data"));
            return Ok(());
        }
        let fix = match &self.redactor {
            Some(redactor) => redacted(fix, redactor),
            None => fix.clone(),
        };
        let text = if style.pretty {
            serde_json::to_string_pretty(&fix)
        } else {
            serde_json::to_string(&fix)
        };
        let text = text.expect("plain data");
        written(self.out.print_text(&format!("{text}\n")))
    }
}

/// Nothing stays on the screen of what was under way, however a run ends.
impl Drop for Voice {
    fn drop(&mut self) {
        self.quiet();
    }
}

/// Through plain data and back, so that the keys stay in the order of the contract.
fn redacted(fix: &FixReport, redactor: &Redactor) -> FixReport {
    let value = serde_json::to_value(fix).expect("plain data");
    serde_json::from_value(redactor.json(value)).expect("redaction changes texts alone")
}

fn written(result: io::Result<()>) -> Result<(), Failure> {
    result.map_err(|error| Failure::system("cannot write to standard output").cause(error))
}

impl Drawn {
    fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let head = all.add(ProgressBar::new_spinner());
        head.set_style(
            ProgressStyle::with_template("{spinner} {wide_msg}").expect("our own template"),
        );
        Self {
            all,
            head,
            bars: BTreeMap::new(),
        }
    }

    fn clear(&mut self) {
        for bar in std::mem::take(&mut self.bars).into_values() {
            bar.finish_and_clear();
        }
        self.head.disable_steady_tick();
        self.head.set_message("");
        // Nothing stays on the screen of what is only under way.
        drop(self.all.clear());
    }

    fn layer(&mut self, layer: &str, state: &str, current: Option<u64>, total: Option<u64>) {
        if matches!(state, "done" | "already there") {
            if let Some(bar) = self.bars.remove(layer) {
                bar.finish_and_clear();
            }
            return;
        }
        if !self.bars.contains_key(layer) && self.bars.len() >= MOST_BARS {
            return;
        }
        let all = &self.all;
        let bar = self.bars.entry(layer.to_owned()).or_insert_with(|| {
            let bar = all.add(ProgressBar::new(0));
            bar.set_style(
                ProgressStyle::with_template(
                    "  {prefix:14} {msg:12} {bar:24} {binary_bytes:>10} / {binary_total_bytes}",
                )
                .expect("our own template")
                .progress_chars("=> "),
            );
            bar.set_prefix(wash(layer, 14));
            bar
        });
        bar.set_message(wash(state, 12));
        bar.set_length(total.unwrap_or(0));
        bar.set_position(current.unwrap_or(0));
    }
}
