//! What happens to containers, told by the engine.

use std::time::Duration;

use clawdoctor::deadline::Deadline;
use clawdoctor::engine::{
    Action, CommandLines, ContainerEvent, ContainerSpec, Engine, EngineError, Events, Moment,
};

use super::{Bench, Outcome, Test, script, sure, within};

pub const TESTS: [(&str, Test); 6] = [
    ("a_life_is_told_from_create_to_destroy", life),
    ("what_was_before_is_told_once_more", backlog),
    ("commands_are_told_with_their_exit_codes", commands),
    ("a_kill_for_want_of_memory_is_told", oom),
    ("a_forged_exit_code_shows_at_the_beginning", forged),
    ("a_listener_that_gives_up_misses_nothing", given_up),
];

async fn listen(engine: &Engine) -> Result<Events, EngineError> {
    engine
        .events(None, None, CommandLines::Drop, within(10))
        .await
}

/// The events of one container up to the first of this kind.
async fn until(
    events: &mut Events,
    name: &str,
    is_last: impl Fn(&Action) -> bool,
) -> Result<Vec<ContainerEvent>, EngineError> {
    let d = within(20);
    let mut told = Vec::new();
    while let Some(event) = d.bound(events.next()).await?? {
        if event.name == name {
            let is_end = is_last(&event.action);
            told.push(event);
            if is_end {
                break;
            }
        }
    }
    Ok(told)
}

fn is_destroy(action: &Action) -> bool {
    *action == Action::Destroy
}

fn actions(told: &[ContainerEvent]) -> Vec<&Action> {
    told.iter().map(|event| &event.action).collect()
}

async fn live(engine: &Engine, name: &str, text: &str) -> Result<String, EngineError> {
    let d = within(20);
    let id = engine.create(name, &script(text, name), d).await?;
    engine.start(&id, d).await?;
    Ok(id)
}

fn life(at: &Bench) -> Outcome {
    let name = at.name("life");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let mut events = listen(&at.engine).await?;
        let ran = at
            .engine
            .run_to_end(&script("exit 7", &name), &name, None, within(20))
            .await?;
        sure(ran.exit_code == 7, ran)?;
        let told = until(&mut events, &name, is_destroy).await?;
        let expected = [
            &Action::Create,
            &Action::Attach,
            &Action::Start,
            &Action::Die { exit_code: Some(7) },
            &Action::Destroy,
        ];
        sure(actions(&told) == expected, &told)?;
        let first = &told[0];
        sure(first.image == "clawdoctor-test/busybox:1", first)?;
        sure(first.attributes["clawdoctor.test.run"] == name, first)?;
        sure(told.is_sorted_by_key(|event| event.at_nanos), &told)?;
        sure(events.skipped() == 0, events.skipped())
    })
}

fn backlog(at: &Bench) -> Outcome {
    let _turn = Bench::remembers();
    let name = at.name("backlog");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let mut events = listen(&at.engine).await?;
        at.engine
            .run_to_end(&script("true", &name), &name, None, within(20))
            .await?;
        let told = until(&mut events, &name, is_destroy).await?;
        let moment = |at: usize| Some(Moment(told[at].at_nanos));
        let mut past = at
            .engine
            .events(moment(0), moment(4), CommandLines::Drop, within(10))
            .await?;
        let again = until(&mut past, &name, is_destroy).await?;
        sure(again == told, (&again, &told))?;
        let over = within(10).bound(past.next()).await;
        sure(matches!(over, Ok(Ok(None))), over)?;
        // From the start on, and on it goes with what comes.
        let mut later = at
            .engine
            .events(moment(2), None, CommandLines::Drop, within(10))
            .await?;
        let rest = until(&mut later, &name, is_destroy).await?;
        sure(rest == told[2..], (&rest, &told))?;
        let next = at.name("backlog-next");
        at.engine
            .run_to_end(&script("true", &next), &next, None, within(20))
            .await?;
        let told = until(&mut later, &next, is_destroy).await?;
        sure(told.len() == 5, told)
    })
}

fn commands(at: &Bench) -> Outcome {
    let name = at.name("commands");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let mut dropped = listen(&at.engine).await?;
        let mut kept = at
            .engine
            .events(None, None, CommandLines::Keep, within(10))
            .await?;
        let id = live(&at.engine, &name, "sleep 3333").await?;
        let is_start = |action: &Action| *action == Action::Start;
        until(&mut kept, &name, is_start).await?;
        until(&mut dropped, &name, is_start).await?;
        let command = ["sh", "-c", "echo 'a: b\u{1b}[2J'; exit 5"];
        let ran = at.engine.exec(&id, &command, within(20)).await?;
        sure(ran.exit_code == 5, ran)?;
        let is_last = |action: &Action| matches!(action, Action::ExecDie { .. });
        let told = until(&mut kept, &name, is_last).await?;
        let Action::ExecDie {
            exec_id: Some(exec_id),
            exit_code: Some(5),
        } = &told[2].action
        else {
            return sure(false, told);
        };
        let line = "sh -c echo 'a: b\\u{1b}[2J'; exit 5";
        let expected = [
            &Action::ExecCreate {
                exec_id: Some(exec_id.clone()),
                command_line: Some(line.to_owned()),
            },
            &Action::ExecStart {
                exec_id: Some(exec_id.clone()),
                command_line: Some(line.to_owned()),
            },
            &told[2].action,
        ];
        sure(actions(&told) == expected, &told)?;
        let bare = until(&mut dropped, &name, is_last).await?;
        sure(
            bare.len() == 3 && !format!("{bare:?}").contains("echo"),
            bare,
        )?;
        // The longest command that the kernel takes comes through.
        let long = "x".repeat(120_000);
        at.engine
            .exec(&id, &["true", &long, &long], within(20))
            .await?;
        let told = until(&mut dropped, &name, is_last).await?;
        sure(told.len() == 3 && dropped.skipped() == 0, told)
    })
}

fn oom(at: &Bench) -> Outcome {
    let name = at.name("oom");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let spec = ContainerSpec {
        memory: Some(16 << 20),
        memory_swap: Some(16 << 20),
        cmd: ["tail", "/dev/zero"].map(str::to_owned).to_vec(),
        ..script("", &name)
    };
    if !super::stats::are_counted(at)? {
        return Ok(());
    }
    at.run(async {
        let mut events = listen(&at.engine).await?;
        let ran = at.engine.run_to_end(&spec, &name, None, within(20)).await?;
        sure(ran.exit_code == 137, ran)?;
        let told = until(&mut events, &name, is_destroy).await?;
        sure(actions(&told).contains(&&Action::Oom), told)
    })
}

/// Both engines lay labels over what they tell themselves.
fn forged(at: &Bench) -> Outcome {
    let name = at.name("forged");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let (engine, d) = (&at.engine, within(20));
        let mut spec = script("exit 7", &name);
        spec.labels.insert("exitCode".to_owned(), "0".to_owned());
        let mut events = listen(engine).await?;
        let id = engine.create(&name, &spec, d).await?;
        engine.start(&id, d).await?;
        let is_end = |action: &Action| matches!(action, Action::Die { .. });
        let told = until(&mut events, &name, is_end).await?;
        let forged = Action::Die { exit_code: Some(0) };
        sure(
            told.last().is_some_and(|event| event.action == forged),
            &told,
        )?;
        sure(told[0].attributes.contains_key("exitCode"), &told)?;
        let details = engine.details(&id, d).await?;
        sure(details.exit_code == Some(7), details)
    })
}

fn given_up(at: &Bench) -> Outcome {
    let name = at.name("listener");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let mut events = listen(&at.engine).await?;
        let (engine, own) = (at.engine.clone(), name.clone());
        let running = tokio::spawn(async move {
            let spec = script("true", &own);
            engine.run_to_end(&spec, &own, None, within(20)).await
        });
        let d = within(20);
        let mut told = Vec::new();
        while d.remaining() > Duration::ZERO {
            let impatient = Deadline::after(Duration::from_micros(200));
            let Ok(event) = impatient.bound(events.next()).await else {
                continue;
            };
            let event = event?.ok_or("the engine ended the stream")?;
            if event.name == name {
                told.push(event.action);
                if told.last() == Some(&Action::Destroy) {
                    break;
                }
            }
        }
        running.await??;
        sure(told.len() == 5, told)
    })
}
