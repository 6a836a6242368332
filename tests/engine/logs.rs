//! What containers write, line by line.

use clawdoctor::engine::{Engine, EngineError, LogLine, Logs, LogsQuery, Moment, Stream};

use super::{BUSYBOX, Bench, Outcome, Test, script, sure, within};

pub const TESTS: [(&str, Test); 4] = [
    ("the_streams_of_a_container_are_told_apart", streams),
    ("what_is_written_is_followed_to_the_end", follow),
    ("a_terminal_is_read_as_it_is", terminal),
    ("what_is_written_cannot_do_harm", hostile),
];

async fn all(logs: &mut Logs) -> Result<Vec<LogLine>, EngineError> {
    let d = within(20);
    let mut lines = Vec::new();
    while let Some(line) = d.bound(logs.next()).await?? {
        lines.push(line);
    }
    Ok(lines)
}

async fn read(engine: &Engine, id: &str, query: LogsQuery) -> Result<Vec<LogLine>, EngineError> {
    all(&mut engine.logs(id, query, within(10)).await?).await
}

/// A container that has written and ended.
async fn written(engine: &Engine, name: &str, text: &str) -> Result<String, EngineError> {
    let d = within(20);
    let id = engine.create(name, &script(text, name), d).await?;
    engine.start(&id, d).await?;
    let follow = LogsQuery {
        follow: true,
        ..LogsQuery::default()
    };
    read(engine, &id, follow).await?;
    Ok(id)
}

fn of(lines: &[LogLine], stream: Stream) -> Vec<&str> {
    lines
        .iter()
        .filter(|line| line.stream == stream)
        .map(|line| line.text.as_str())
        .collect()
}

fn streams(at: &Bench) -> Outcome {
    let name = at.name("streams");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let text =
        "echo one; echo '  two' >&2; sleep 0.3; printf 'thr'; sleep 0.1; echo ee; printf last";
    at.run(async {
        let engine = &at.engine;
        let id = written(engine, &name, text).await?;
        let lines = read(engine, &id, LogsQuery::default()).await?;
        sure(
            of(&lines, Stream::Stdout) == ["one", "three", "last"],
            &lines,
        )?;
        sure(of(&lines, Stream::Stderr) == ["  two"], &lines)?;
        sure(lines.iter().all(|line| line.at_nanos.is_none()), &lines)?;
        let with_times = LogsQuery {
            timestamps: true,
            ..LogsQuery::default()
        };
        let timed = read(engine, &id, with_times).await?;
        sure(timed.iter().all(|line| line.at_nanos.is_some()), &timed)?;
        let texts = |lines: &[LogLine]| -> Vec<String> {
            let mut texts: Vec<String> = lines.iter().map(|line| line.text.clone()).collect();
            texts.sort();
            texts
        };
        sure(texts(&timed) == texts(&lines), &timed)?;
        let tail = LogsQuery {
            tail: Some(1),
            ..LogsQuery::default()
        };
        let last = read(engine, &id, tail).await?;
        sure(
            of(&last, Stream::Stdout) == ["last"] && last.len() == 1,
            &last,
        )?;
        let first = timed
            .iter()
            .filter_map(|line| line.at_nanos)
            .min()
            .unwrap_or(0);
        let since = LogsQuery {
            since: Some(Moment(first + 150_000_000)),
            ..LogsQuery::default()
        };
        let later = read(engine, &id, since).await?;
        sure(of(&later, Stream::Stdout) == ["three", "last"], &later)?;
        for none in ["h1-none", "../x"] {
            let none = engine.logs(none, LogsQuery::default(), within(10)).await;
            sure(matches!(none, Err(EngineError::NotFound(_))), none.err())?;
        }
        Ok(())
    })
}

fn follow(at: &Bench) -> Outcome {
    let name = at.name("follow");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    at.run(async {
        let (engine, d) = (&at.engine, within(20));
        let text = "echo before; while [ ! -e /go ]; do sleep 0.05; done; echo after";
        let id = engine.create(&name, &script(text, &name), d).await?;
        engine.start(&id, d).await?;
        let query = LogsQuery {
            follow: true,
            timestamps: true,
            ..LogsQuery::default()
        };
        let mut logs = engine.logs(&id, query, d).await?;
        let first = d.bound(logs.next()).await.map_err(EngineError::from)??;
        sure(
            first.as_ref().is_some_and(|line| line.text == "before"),
            &first,
        )?;
        // Nothing comes, and to give up costs nothing.
        let early = within(0).bound(logs.next()).await;
        sure(early.is_err(), &early)?;
        engine.exec(&id, &["touch", "/go"], d).await?;
        let rest = all(&mut logs).await?;
        sure(
            of(&rest, Stream::Stdout) == ["after"] && rest.len() == 1,
            &rest,
        )
    })
}

fn terminal(at: &Bench) -> Outcome {
    let name = at.name("terminal");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let run = [
        "run",
        "-d",
        "-t",
        "--name",
        &name,
        "--label",
        "clawdoctor.test=1",
    ];
    let text = "echo out; echo err >&2; printf '\\001\\000\\000\\000\\000\\000\\000\\003abc'; sleep 0.3; echo; echo end";
    at.real
        .docker(&[&run[..], &["--network", "none", BUSYBOX, "sh", "-c", text]].concat())?;
    let query = LogsQuery {
        follow: true,
        timestamps: true,
        ..LogsQuery::default()
    };
    let lines = at.run(read(&at.engine, &name, query))?;
    let texts = of(&lines, Stream::Stdout);
    sure(lines.len() == 4 && texts.len() == 4, &lines)?;
    sure(texts[..2] == ["out", "err"] && texts[3] == "end", &texts)?;
    sure(
        texts[2].starts_with("\\u{1}\\u{0}") && texts[2].contains("abc"),
        &texts,
    )?;
    sure(lines[0].at_nanos.is_some(), &lines)
}

fn hostile(at: &Bench) -> Outcome {
    let name = at.name("hostile");
    let _end = at.at_the_end(&[&["rm", "-f", &name]]);
    let text = "printf '\\033[2J\\377\\342\\200\\256x\\n'; head -c 90000 /dev/zero | tr '\\0' a; echo; \
                printf 'b\\rc\\n'; head -c 3000000 /dev/zero; echo; echo end";
    at.run(async {
        let id = written(&at.engine, &name, text).await?;
        for timestamps in [false, true] {
            let query = LogsQuery {
                timestamps,
                ..LogsQuery::default()
            };
            let lines = read(&at.engine, &id, query).await?;
            let texts = of(&lines, Stream::Stdout);
            sure(texts.len() == 5, texts.len())?;
            sure(texts[0] == "\\u{1b}[2J\u{fffd}\\u{202e}x", texts[0])?;
            let is_cut = texts[1].starts_with("aaa") && texts[1].ends_with('…');
            sure(is_cut && texts[1].chars().count() == 4097, texts[1].len())?;
            sure(texts[2] == "b c" && texts[4] == "end", (texts[2], texts[4]))?;
            let harmful = |text: &&str| text.chars().any(char::is_control);
            sure(!texts.iter().any(harmful), "control characters")?;
        }
        Ok(())
    })
}
