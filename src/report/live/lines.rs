//! One line of JSON for each thing that happens.

use serde_json::{Map, Value, json};

use super::{instant, link_word, name, seconds};
use crate::checklist::report::{SCHEMA_VERSION, Tool};
use crate::live::event::{Answered, Link, Moment};
use crate::live::model::Model;
use crate::live::note::{News, Note, Seen, Victim};
use crate::live::sandbox::Sandbox;

/// The first line of a stream.
pub fn version_line() -> Value {
    json!({
        "type": "version",
        "schemaVersion": SCHEMA_VERSION,
        "report": "clawdoctor.watch",
        "tool": Tool::this(),
    })
}

/// What happened. `at` is the instant by the engine's clock for what the engine told, else by ours.
pub fn line(note: &Note) -> Value {
    let mut line = Map::new();
    let (kind, more) = told(&note.what);
    line.insert("type".to_owned(), json!(kind));
    line.insert("at".to_owned(), json!(instant(note.stamp)));
    if let Some(about) = &note.about {
        line.insert("container".to_owned(), json!(name(about)));
    }
    if let Value::Object(more) = more {
        line.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
    }
    Value::Object(line)
}

fn told(news: &News) -> (&'static str, Value) {
    match news {
        News::Created => ("created", json!({})),
        News::Started { latency } => (
            "started",
            json!({ "startLatencySeconds": latency.map(seconds) }),
        ),
        News::Paused => ("paused", json!({})),
        News::Unpaused => ("unpaused", json!({})),
        News::Oom {
            cap,
            peak,
            engine_memory,
            victim,
        } => (
            "oom",
            json!({
                "memoryCapBytes": cap,
                "memoryPeakBytes": peak,
                "engineMemoryBytes": engine_memory,
                "endedExecId": match victim {
                    Some(Victim::Call { exec }) => Some(exec),
                    Some(Victim::Container) | None => None,
                },
                "endedContainer": (*victim == Some(Victim::Container)).then_some(true),
            }),
        ),
        News::Killed { signal } => ("killed", json!({ "signal": signal })),
        News::Died {
            exit_code,
            lifetime,
            oom,
            seen,
        } => (
            "died",
            json!({
                "exitCode": exit_code,
                "lifetimeSeconds": lifetime.map(seconds),
                "oom": oom,
                "seenAfterwards": (*seen != Seen::Told).then_some(true),
                "notBefore": match seen {
                    Seen::After(last) => last.map(instant),
                    Seen::Told | Seen::Afterwards => None,
                },
            }),
        ),
        News::Stopped => ("stopped", json!({})),
        News::Restarted => ("restarted", json!({})),
        News::Renamed { from } => ("renamed", json!({ "from": from })),
        News::Updated => ("updated", json!({})),
        News::Health { status } => ("health", json!({ "status": status })),
        News::Destroyed => ("destroyed", json!({})),
        News::Vanished { last, ended } => (
            "vanished",
            json!({ "notBefore": last.map(instant), "hadEnded": ended }),
        ),
        News::CallStarted { exec, command } => {
            ("callStarted", json!({ "execId": exec, "command": command }))
        }
        News::CallEnded {
            exec,
            exit_code,
            duration,
            oom,
        } => (
            "callEnded",
            json!({
                "execId": exec,
                "exitCode": exit_code,
                "durationSeconds": duration.map(seconds),
                "oom": oom,
            }),
        ),
        News::Link(link) => engine(link),
        News::Stalled { answered } => stalled(*answered),
        News::StallOver {
            took,
            worst,
            lasted,
        } => (
            "engineStallOver",
            json!({
                "latencySeconds": seconds(*took),
                "worstSeconds": seconds(*worst),
                "lastedSeconds": seconds(*lasted),
            }),
        ),
        News::Alert(alert) => (
            "alert",
            json!({ "cause": alert.cause.code(), "message": alert.words }),
        ),
    }
}

fn engine(link: &Link) -> (&'static str, Value) {
    let why = match link {
        Link::Lost { why } => Some(why),
        Link::Connecting | Link::Up | Link::Hung => None,
    };
    ("engine", json!({ "engine": link_word(link), "why": why }))
}

fn stalled(answered: Answered) -> (&'static str, Value) {
    let line = json!({
        "question": answered.question.code(),
        "latencySeconds": seconds(answered.took()),
        "waits": answered.waits.then_some(true),
    });
    ("engineStall", line)
}

/// What a container uses now.
pub fn sample_line(one: &Sandbox, at: Moment) -> Value {
    let mut line = serde_json::to_value(super::row(one, at)).unwrap_or_default();
    line["type"] = json!("sample");
    line["at"] = json!(instant(at));
    line
}

/// How many more fit, when that has changed.
pub fn headroom_line(model: &Model, at: Moment) -> Value {
    match &model.headroom {
        Ok(arithmetic) => json!({
            "type": "headroom",
            "at": instant(at),
            "headroom": arithmetic.headroom,
            "limit": arithmetic.limit,
        }),
        Err(why) => json!({ "type": "headroom", "at": instant(at), "unknown": why }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::live::note::About;
    use crate::live::scope::Owner;

    #[test]
    fn a_line_says_what_when_and_whose_and_leaves_out_what_is_not_known() {
        let note = Note {
            stamp: Moment(1_795_000_000_123_456_789),
            at: Moment(1_795_000_000_200_000_000),
            about: Some(About {
                id: "abc".to_owned(),
                name: "openclaw-sbx-1".to_owned(),
                owner: Owner::from_key("agent:main:main:workspace:7e"),
            }),
            shown: true,
            what: News::CallEnded {
                exec: "x".to_owned(),
                exit_code: None,
                duration: Some(Duration::from_millis(140)),
                oom: true,
            },
        };
        assert_eq!(
            line(&note),
            json!({
                "type": "callEnded",
                "at": "2026-11-18T11:06:40.123Z",
                "container": {
                    "id": "abc", "name": "openclaw-sbx-1", "agent": "main", "session": "main"
                },
                "execId": "x",
                "durationSeconds": 0.14,
                "oom": true,
            })
        );
    }

    #[test]
    fn a_kill_that_is_told_after_what_it_ended_says_what_that_was() {
        let note = |victim| Note {
            stamp: Moment(1_795_000_000_000_000_000),
            at: Moment(1_795_000_000_000_000_000),
            about: None,
            shown: true,
            what: News::Oom {
                cap: Some(1),
                peak: None,
                engine_memory: None,
                victim,
            },
        };
        let exec = "x".to_owned();
        let call = line(&note(Some(Victim::Call { exec })));
        let container = line(&note(Some(Victim::Container)));
        let fields = |line: &Value| (line["endedExecId"].clone(), line["endedContainer"].clone());
        assert_eq!(fields(&call), (json!("x"), Value::Null));
        assert_eq!(fields(&container), (Value::Null, json!(true)));
        assert_eq!(line(&note(None))["memoryCapBytes"], 1);
    }

    #[test]
    fn a_stall_and_its_end_are_lines_with_what_was_measured() {
        use crate::live::event::Question;

        let note = |what| Note {
            stamp: Moment(1_795_000_000_000_000_000),
            at: Moment(1_795_000_000_000_000_000),
            about: None,
            shown: true,
            what,
        };
        let answered = Answered {
            question: Question::List,
            milliseconds: 3000,
            waits: true,
        };
        assert_eq!(
            line(&note(News::Stalled { answered })),
            json!({
                "type": "engineStall",
                "at": "2026-11-18T11:06:40.000Z",
                "question": "list",
                "latencySeconds": 3.0,
                "waits": true,
            })
        );
        let over = News::StallOver {
            took: Duration::from_millis(12),
            worst: Duration::from_millis(4210),
            lasted: Duration::from_secs(33),
        };
        assert_eq!(
            line(&note(over)),
            json!({
                "type": "engineStallOver",
                "at": "2026-11-18T11:06:40.000Z",
                "latencySeconds": 0.012,
                "worstSeconds": 4.21,
                "lastedSeconds": 33.0,
            })
        );
    }

    #[test]
    fn what_was_seen_afterwards_says_so() {
        let stamp = Moment(1_795_000_000_000_000_000);
        let note = |what| Note {
            stamp,
            at: stamp,
            about: None,
            shown: true,
            what,
        };
        let died = News::Died {
            exit_code: Some(137),
            lifetime: None,
            oom: true,
            seen: Seen::After(Some(Moment(1_794_999_990_000_000_000))),
        };
        let told = line(&note(died));
        assert_eq!(told["seenAfterwards"], json!(true));
        assert_eq!(told["notBefore"], json!("2026-11-18T11:06:30.000Z"));
        let gone = News::Vanished {
            last: None,
            ended: false,
        };
        let told = line(&note(gone));
        assert_eq!(told["type"], json!("vanished"));
        assert_eq!(told.get("notBefore"), None);
    }
}
