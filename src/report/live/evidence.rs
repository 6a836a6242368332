//! All that is known at one instant, to be kept: what is there, what has gone, what happened, the
//! calls that have ended, and the alerts.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{document, happening, instant, line, name, seconds, table};
use crate::live::alert::Raised;
use crate::live::call::PastCall;
use crate::live::event::Moment;
use crate::live::model::Model;
use crate::report::Style;

/// The document. `now` by our clock.
pub fn evidence(model: &Model, now: Moment) -> Value {
    let mut all = match document(model, now) {
        Value::Object(all) => all,
        _ => Map::new(),
    };
    all.insert("report".to_owned(), json!("clawdoctor.evidence"));
    let timeline: Vec<Value> = model.timeline.iter().map(line).collect();
    all.insert("timeline".to_owned(), Value::Array(timeline));
    let calls = model.past_calls.iter().map(call).collect();
    all.insert("pastCalls".to_owned(), Value::Array(calls));
    let alerts = model.alerts.raised.iter().map(alert).collect();
    all.insert("alerts".to_owned(), Value::Array(alerts));
    Value::Object(all)
}

/// The same for people.
pub fn evidence_text(model: &Model, now: Moment, to: &mut dyn Write) -> io::Result<()> {
    let style = Style {
        width: 160,
        ..Style::default()
    };
    writeln!(to, "clawdoctor evidence, {}\n", instant(now))?;
    table(model, now, &style, to)?;
    writeln!(to, "\nWhat happened")?;
    for note in &model.timeline {
        writeln!(to, "{}", happening(note, &style))?;
    }
    writeln!(to, "\nAlerts")?;
    for raised in &model.alerts.raised {
        let at = instant(raised.at);
        writeln!(to, "{at} {} ({}x)", raised.alert.words, raised.times)?;
    }
    Ok(())
}

fn call(past: &PastCall) -> Value {
    let call = &past.call;
    without_nulls(json!({
        "container": name(&past.about),
        "exec": call.exec,
        "command": call.command,
        "startedAt": call.started.map(instant),
        "endedAt": call.end.map(|end| instant(end.at)),
        "exitCode": call.end.and_then(|end| end.exit_code),
        "oom": call.end.is_some_and(|end| end.oom),
        "durationSeconds": call.duration().map(seconds),
    }))
}

fn alert(raised: &Raised) -> Value {
    json!({
        "cause": raised.alert.cause.code(),
        "words": raised.alert.words,
        "at": instant(raised.at),
        "last": instant(raised.last),
        "times": raised.times,
    })
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let known = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(known.collect())
        }
        other => other,
    }
}
