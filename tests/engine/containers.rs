//! Helper containers, and the volumes and networks that they use.

use std::time::Duration;

use clawdoctor::deadline::Deadline;
use clawdoctor::engine::{ContainerSpec, EngineError, NetworkReach};
use clawdoctor::facts::WhyKind;

use super::support::proxy::{Does, Fault, Part, Proxy};
use super::{BUSYBOX, Bench, Outcome, Test, archive, engine_at, labels, script, sure, within};

pub const TESTS: [(&str, Test); 9] = [
    ("a_helper_reads_its_input_and_says_all", helper),
    ("a_helper_with_one_capability_owns_a_volume", capability),
    ("a_helper_given_up_is_removed", given_up),
    ("a_helper_that_does_not_end_is_removed_in_time", endless),
    ("a_helper_that_cannot_start_is_removed", no_start),
    ("a_helper_that_is_made_late_is_removed", late),
    ("a_name_that_is_taken_is_left_alone", taken),
    ("a_container_in_which_a_command_runs_is_told", executing),
    ("a_network_is_made_found_and_removed", network),
];

/// The containers of this run, by a label of its own.
fn left(at: &Bench, run: &str) -> String {
    let filter = format!("label=clawdoctor.test.run={run}");
    at.real
        .docker(&["ps", "-aq", "--filter", &filter])
        .unwrap_or_else(|error| error)
}

fn helper(at: &Bench) -> Outcome {
    let name = at.name("helper");
    let text =
        "cat /in/f; stat -c %u:%a /in/f; printf '\\377' >&2; head -c 300000 /dev/zero; exit 7";
    let input = archive(&[("in/f", "hello\n")]);
    let ran = at.run(
        at.engine
            .run_to_end(&script(text, &name), &name, Some(input), within(30)),
    )?;
    sure(ran.exit_code == 7, ran.exit_code)?;
    sure(
        ran.stdout.starts_with(b"hello\n1000:640\n\0"),
        ran.stdout.len(),
    )?;
    sure(ran.stdout.len() == 300_015, ran.stdout.len())?;
    sure(ran.stderr == [0xff], &ran.stderr)?;
    sure(left(at, &name).is_empty(), "it is still there")
}

fn capability(at: &Bench) -> Outcome {
    let name = at.name("volume");
    let label = "clawdoctor.test=1";
    at.real
        .docker(&["volume", "create", "--label", label, &name])?;
    let _end = at.at_the_end(&[&["rm", "-f", &name], &["volume", "rm", &name]]);
    let spec = ContainerSpec {
        binds: vec![format!("{name}:/v")],
        cap_drop: vec!["ALL".to_owned()],
        cap_add: vec!["CHOWN".to_owned()],
        ..script("chown 1234:1234 /v && stat -c %u:%g /v", &name)
    };
    let d = within(30);
    at.run(async {
        let volume = at.engine.volume(&name, d).await?;
        sure(
            volume.labels == labels() && volume.driver == "local",
            &volume,
        )?;
        sure(
            volume.mountpoint.ends_with(&format!("{name}/_data")),
            &volume,
        )?;
        sure(at.engine.volume_users(&name, d).await?.is_empty(), "users")?;

        let ran = at.engine.run_to_end(&spec, &name, None, d).await?;
        sure(ran.stdout == b"1234:1234\n", &ran)?;

        at.engine.create(&name, &spec, d).await?;
        let users = at.engine.volume_users(&name, d).await?;
        sure(users.len() == 1 && users[0].name == name, &users)?;
        let none = at.engine.volume("h1-none", d).await;
        let kind = none.as_ref().err().map(|why| why.kind);
        sure(kind == Some(WhyKind::Absent), &none)
    })
}

fn given_up(at: &Bench) -> Outcome {
    let name = at.name("given-up");
    let (engine, spec, own) = (at.engine.clone(), script("sleep 3333", &name), name.clone());
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let running = at
        .runtime
        .spawn(async move { engine.run_to_end(&spec, &own, None, within(60)).await });
    at.until("it runs", |at| !left(at, &name).is_empty())?;
    running.abort();
    at.until("it is noticed", |_| running.is_finished())?;
    at.run(at.engine.settled(within(10)))?;
    sure(left(at, &name).is_empty(), "it is still there")
}

fn endless(at: &Bench) -> Outcome {
    let name = at.name("endless");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let spec = script("trap '' TERM; echo on; sleep 3333", &name);
    let ran = at.run(at.engine.run_to_end(&spec, &name, None, within(4)));
    sure(matches!(ran, Err(EngineError::Timeout(_))), &ran)?;
    at.run(at.engine.settled(within(10)))?;
    sure(left(at, &name).is_empty(), "it is still there")
}

fn no_start(at: &Bench) -> Outcome {
    let name = at.name("no-start");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let spec = ContainerSpec {
        cmd: vec!["/none".to_owned()],
        ..script("", &name)
    };
    let ran = at.run(at.engine.run_to_end(&spec, &name, None, within(20)));
    sure(ran.is_err(), &ran)?;
    sure(left(at, &name).is_empty(), "it is still there")
}

/// The engine makes the container after we have given up waiting.
fn late(at: &Bench) -> Outcome {
    let name = at.name("late");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("s");
    let faults = vec![Fault {
        call: "POST /containers/create".to_owned(),
        does: Does::Slow(1200),
    }];
    let part = Part {
        faults,
        ..Part::default()
    };
    let proxy = Proxy::start(&socket, &at.real.socket, part)?;
    let engine = engine_at(&socket);
    let d = Deadline::after(Duration::from_millis(1200));
    let ran = at.run(engine.run_to_end(&script("true", &name), &name, None, d));
    sure(matches!(ran, Err(EngineError::Timeout(_))), &ran)?;
    at.run(engine.settled(within(10)))?;
    // With the containerd image store the engine notices that nobody waits, and makes none.
    let is_removed = proxy.saw("DELETE /containers/");
    sure(is_removed || at.real.name != "classic", "it was never made")?;
    sure(left(at, &name).is_empty(), "it is still there")
}

fn taken(at: &Bench) -> Outcome {
    let name = at.name("taken");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.real.docker(&[
        "create",
        "--name",
        &name,
        "--label",
        "clawdoctor.test=1",
        BUSYBOX,
    ])?;
    let ran = at.run(
        at.engine
            .run_to_end(&script("true", &name), &name, None, within(20)),
    );
    sure(matches!(ran, Err(EngineError::Conflict(_))), &ran)?;
    at.run(at.engine.settled(within(10)))?;
    at.real.docker(&["inspect", &name])?;
    Ok(())
}

fn executing(at: &Bench) -> Outcome {
    let name = at.name("executing");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let label = format!("clawdoctor.test.run={name}");
    let d = within(30);
    let id = at.run(async {
        let id = at
            .engine
            .create(&name, &script("sleep 3333", &name), d)
            .await?;
        at.engine.start(&id, d).await?;
        Ok::<_, EngineError>(id)
    })?;
    let idle = at.run(at.engine.executing(&label, d))?;
    sure(idle.is_empty(), &idle)?;
    at.real.docker(&["exec", "-d", &id, "sleep", "3333"])?;
    at.until("the command is told", |at| {
        let found = at.run(at.engine.executing(&label, within(10)));
        found.is_ok_and(|found| found.len() == 1 && found[0].id == id)
    })
}

fn network(at: &Bench) -> Outcome {
    let name = at.name("network");
    let member = at.name("member");
    let _end = at.at_the_end(&[&["rm", "-f", &member], &["network", "rm", &name]]);
    let d = within(40);
    at.run(async {
        let engine = &at.engine;
        let id = engine
            .create_network(&name, "bridge", NetworkReach::Inside, &labels(), d)
            .await?;
        let again = engine
            .create_network(&name, "bridge", NetworkReach::Outside, &labels(), d)
            .await;
        sure(matches!(again, Err(EngineError::Conflict(_))), &again)?;
        let network = engine.network(&name, d).await?;
        sure(network.id == id && network.labels == labels(), &network)?;
        sure(network.reach == NetworkReach::Inside, &network)?;
        let beginning = engine.network(&id[..12], d).await;
        sure(beginning.is_err(), &beginning)?;

        let spec = ContainerSpec {
            network: name.clone(),
            ..script("sleep 3333", &member)
        };
        let container = engine.create(&member, &spec, d).await?;
        let users = engine.network_users(&name, d).await?;
        sure(users.len() == 1 && users[0].id == container, &users)?;
        engine.start(&container, d).await?;
        let network = engine.network(&name, d).await?;
        sure(
            network.containers.get(&container) == Some(&member),
            &network,
        )?;
        let refused = engine.remove_network(&id, d).await;
        sure(
            matches!(refused, Err(EngineError::Refused { status: 403, .. })),
            &refused,
        )?;
        let by_name = engine.remove_network(&name, d).await;
        sure(matches!(by_name, Err(EngineError::NotFound(_))), &by_name)?;

        engine.remove(&container, d).await?;
        engine.remove_network(&id, d).await?;
        engine.remove_network(&id, d).await?;
        let gone = engine.network(&name, d).await;
        let kind = gone.as_ref().err().map(|why| why.kind);
        sure(kind == Some(WhyKind::Absent), &gone)
    })
}
