//! Containers that run: what they are, and what is done to them.

use clawdoctor::engine::{ContainerSpec, Details, Engine, EngineError};
use clawdoctor::facts::WhyKind;

use super::{Bench, Outcome, Test, script, sure, within};

pub const TESTS: [(&str, Test); 4] = [
    ("a_container_is_told_as_it_is_all_its_life", details),
    ("a_command_is_told_as_it_is", command),
    ("a_container_is_paused_killed_and_stopped", acts),
    ("a_grace_period_is_waited_for", grace),
];

async fn live(engine: &Engine, name: &str, spec: &ContainerSpec) -> Result<String, EngineError> {
    let d = within(20);
    let id = engine.create(name, spec, d).await?;
    engine.start(&id, d).await?;
    Ok(id)
}

fn status(details: &Details) -> &str {
    &details.standing.state
}

fn details(at: &Bench) -> Outcome {
    let name = at.name("details");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let spec = ContainerSpec {
        memory: Some(32 << 20),
        memory_swap: Some(48 << 20),
        cpus: Some(0.5),
        pids_limit: Some(40),
        read_only_root: true,
        cap_drop: vec!["ALL".to_owned()],
        user: Some("1000:1000".to_owned()),
        ..script("trap 'exit 3' TERM; sleep 3333 & wait", &name)
    };
    at.run(async {
        let (engine, d) = (&at.engine, within(30));
        let id = engine.create(&name, &spec, d).await?;
        let made = engine.details(&id, d).await?;
        sure(status(&made) == "created" && !made.running, &made)?;
        sure(made.exit_code.is_none() && made.pid.is_none(), &made)?;
        sure(
            made.started_nanos.is_none() && made.created_nanos.is_some(),
            &made,
        )?;
        let how = &made.standing;
        sure(how.id == id && how.name == name, how)?;
        sure(how.memory == 32 << 20 && how.memory_swap == 48 << 20, how)?;
        sure((how.cpus - 0.5).abs() < 1e-9 && how.pids_limit == 40, how)?;
        sure(how.read_only_root && how.cap_drop == ["ALL"], how)?;
        sure(how.user == "1000:1000" && how.network_mode == "none", how)?;
        sure(made.labels["clawdoctor.test.run"] == name, &made)?;

        engine.start(&id, d).await?;
        let running = engine.details(&name, d).await?;
        sure(status(&running) == "running" && running.running, &running)?;
        sure(
            running.pid.is_some() && running.exit_code.is_none(),
            &running,
        )?;
        sure(running.started_nanos > running.created_nanos, &running)?;
        sure(
            running.exec_ids.is_empty() && running.health.is_none(),
            &running,
        )?;

        engine.pause(&id, d).await?;
        let paused = engine.details(&id, d).await?;
        sure(
            status(&paused) == "paused" && paused.paused && paused.running,
            &paused,
        )?;
        engine.unpause(&id, d).await?;

        engine.stop(&id, 10, d).await?;
        let ended = engine.details(&id, d).await?;
        sure(
            status(&ended) == "exited" && ended.exit_code == Some(3),
            &ended,
        )?;
        sure(ended.finished_nanos > ended.started_nanos, &ended)?;
        sure(ended.pid.is_none() && !ended.oom_killed, &ended)?;

        engine.remove(&id, d).await?;
        let gone = engine.details(&id, d).await;
        let kind = gone.as_ref().err().map(|why| why.kind);
        sure(kind == Some(WhyKind::Absent), gone)
    })
}

fn command(at: &Bench) -> Outcome {
    let name = at.name("exec");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let id = at.run(live(&at.engine, &name, &script("sleep 3333", &name)))?;
    let wait = "while [ ! -e /go ]; do sleep 0.05; done; exit 9";
    at.real.docker(&["exec", "-d", &id, "sh", "-c", wait])?;
    let found = |at: &Bench| at.run(at.engine.details(&id, within(10)));
    at.until("the command is told", |at| {
        found(at).is_ok_and(|details| details.exec_ids.len() == 1)
    })?;
    let exec = found(at)?.exec_ids.remove(0);
    let told = |at: &Bench| at.run(at.engine.exec_details(&exec, within(10)));
    at.until("it has a process", |at| {
        told(at).is_ok_and(|exec| exec.pid.is_some())
    })?;
    let running = told(at)?;
    sure(running.running && running.exit_code.is_none(), &running)?;
    sure(running.container_id == id, &running)?;
    at.real.docker(&["exec", &id, "touch", "/go"])?;
    at.until("it is over", |at| told(at).is_ok_and(|exec| !exec.running))?;
    let over = told(at)?;
    sure(over.exit_code == Some(9), over)?;
    for none in ["00ff", "../x"] {
        let none = at.run(at.engine.exec_details(none, within(10)));
        let kind = none.as_ref().err().map(|why| why.kind);
        sure(kind == Some(WhyKind::Absent), none)?;
    }
    Ok(())
}

fn acts(at: &Bench) -> Outcome {
    let name = at.name("acts");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let (engine, d) = (&at.engine, within(40));
        let id = live(engine, &name, &script("trap '' TERM; sleep 3333", &name)).await?;
        let is_conflict = |done: &Result<(), EngineError>| {
            matches!(done, Err(EngineError::Conflict(said)) if !said.is_empty())
        };
        // 20.10 and later answer 500 to this one: "is not paused".
        let is_early = |done: &Result<(), EngineError>| {
            matches!(done, Err(EngineError::Refused { .. } | EngineError::Conflict(_)))
        };
        let early = engine.unpause(&id, d).await;
        sure(is_early(&early), &early)?;
        engine.pause(&id, d).await?;
        let again = engine.pause(&id, d).await;
        sure(is_conflict(&again), &again)?;
        engine.unpause(&id, d).await?;
        let odd = engine.kill(&id, "NONSENSE&x=1", d).await;
        let is_refused = matches!(&odd, Err(EngineError::Refused { .. }));
        sure(is_refused, &odd)?;

        let before = engine.details(&id, d).await?;
        engine.restart(&id, 0, d).await?;
        let after = engine.details(&id, d).await?;
        sure(after.running && after.started_nanos > before.started_nanos, &after)?;

        engine.kill(&id, "KILL", d).await?;
        while engine.details(&id, d).await?.running {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let killed = engine.details(&id, d).await?;
        sure(killed.exit_code == Some(137), &killed)?;
        let stopped = engine.stop(&id, 1, d).await;
        sure(matches!(stopped, Err(EngineError::Already(_))), &stopped)?;
        for done in [engine.kill(&id, "KILL", d).await, engine.pause(&id, d).await] {
            sure(is_conflict(&done), done)?;
        }
        for id in ["h1-none", "../x"] {
            for done in [
                engine.stop(id, 1, d).await,
                engine.kill(id, "KILL", d).await,
                engine.pause(id, d).await,
                engine.unpause(id, d).await,
                engine.restart(id, 1, d).await,
            ] {
                sure(matches!(done, Err(EngineError::NotFound(_))), done)?;
            }
        }
        Ok(())
    })
}

fn grace(at: &Bench) -> Outcome {
    let name = at.name("grace");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let (engine, d) = (&at.engine, within(30));
        let id = live(
            engine,
            &name,
            &script("trap '' TERM; while :; do sleep 1; done", &name),
        )
        .await?;
        let hasty = engine.stop(&id, 20, within(1)).await;
        sure(matches!(hasty, Err(EngineError::Timeout(_))), &hasty)?;
        let details = engine.details(&id, d).await?;
        sure(details.running, &details)?;
        engine.stop(&id, 1, d).await?;
        let details = engine.details(&id, d).await?;
        sure(details.exit_code == Some(137), details)
    })
}
