//! Images: built, loaded, named.

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use clawdoctor::engine::{Build, EngineError, Loading};

use super::{BUSYBOX, Bench, Outcome, Test, archive, labels, sure, within};

pub const TESTS: [(&str, Test); 9] = [
    ("a_build_gives_an_image_its_name_and_labels", builds),
    ("a_failing_step_is_named_with_its_last_words", fails),
    ("a_dockerfile_that_is_none_is_refused", refuses),
    ("a_build_given_up_stops_and_leaves_no_container", given_up),
    ("an_archive_is_loaded_plain_and_compressed", loads),
    ("an_archive_that_is_cut_fails", cut),
    ("a_name_is_given_and_taken_and_the_image_stays", names),
    ("the_last_name_is_never_taken", last_name),
    ("what_the_disk_holds_is_told", disk),
];

fn build(at: &Bench, what: &str, steps: &str) -> Build {
    let dockerfile = format!("FROM {BUSYBOX}\n{steps}\n");
    Build {
        context: archive(&[("Dockerfile", &dockerfile), ("f", "content\n")]),
        tag: at.tag(what),
        labels: labels(),
        platform: None,
        cache: clawdoctor::engine::Cache::Used,
    }
}

/// The ids of the images that steps have made, of what the builder tells.
fn made(lines: &[String]) -> Vec<String> {
    let steps = lines.iter().skip_while(|line| !line.contains("Running in"));
    steps
        .filter_map(|line| line.strip_prefix("---> "))
        .filter(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(str::to_owned)
        .collect()
}

fn builds(at: &Bench) -> Outcome {
    let build = build(at, "build", "COPY f /f\nRUN cat /f; echo to stderr >&2");
    let tag = build.tag.clone();
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let mut lines = Vec::new();
    let id = at.run(
        at.engine
            .build(build, &mut |line| lines.push(line.to_owned()), within(60)),
    )?;
    sure(lines.contains(&"content".to_owned()), &lines)?;
    sure(lines.contains(&"to stderr".to_owned()), &lines)?;
    let image = at.run(at.engine.image(&tag, within(10)))?;
    sure(image.id == id, (&image.id, &id))?;
    let format = "{{index .Config.Labels \"clawdoctor.test\"}}";
    let label = at.real.docker(&["image", "inspect", "-f", format, &id])?;
    sure(label == "1", label)
}

fn fails(at: &Bench) -> Outcome {
    let build = build(
        at,
        "fails",
        "RUN echo fine\nRUN echo last words; echo complaint >&2; exit 3",
    );
    let mut lines = Vec::new();
    let mut tell = |line: &str| lines.push(line.to_owned());
    let result = at.run(at.engine.build(build, &mut tell, within(60)));
    for id in made(&lines) {
        at.real.docker(&["rmi", &id])?;
    }
    let Err(EngineError::Build {
        step,
        message,
        last,
    }) = result
    else {
        return Err(format!("{result:?}").into());
    };
    let step = step.unwrap_or_default();
    sure(step.starts_with("Step 3/4 : RUN echo last words"), &step)?;
    sure(message.contains("non-zero code: 3"), &message)?;
    let mut last = last;
    last.sort();
    sure(last == ["complaint", "last words"], &last)
}

fn refuses(at: &Bench) -> Outcome {
    let build = build(at, "refuses", "SURELY not");
    let result = at.run(at.engine.build(build, &mut |_| {}, within(30)));
    let is_so = matches!(&result, Err(EngineError::Refused { status: 400, .. }));
    sure(is_so, &result)
}

fn given_up(at: &Bench) -> Outcome {
    let build = build(at, "given-up", "RUN sleep 3333");
    let (sender, started) = mpsc::channel();
    let engine = at.engine.clone();
    let building = at.runtime.spawn(async move {
        let mut tell = |line: &str| {
            if let Some(id) = line.strip_prefix("---> Running in ") {
                sender.send(id.to_owned()).expect("somebody listens");
            }
        };
        engine.build(build, &mut tell, within(60)).await
    });
    let container = started.recv_timeout(Duration::from_secs(20))?;
    let _end = at.at_the_end(&[&["rm", "-f", &container]]);
    at.until("the step runs", |at| {
        let filter = format!("id={container}");
        let args = ["ps", "-q", "--filter", &filter];
        at.real.docker(&args).is_ok_and(|ids| !ids.is_empty())
    })?;
    building.abort();
    at.until("its container is gone", |at| {
        at.real.docker(&["inspect", &container]).is_err()
    })
}

/// An image of our own in a file, and not in the engine any more.
fn saved(at: &Bench, what: &str, file: &Path) -> Result<String, libtest_mimic::Failed> {
    let build = build(at, what, "COPY f /f");
    let tag = build.tag.clone();
    at.run(at.engine.build(build, &mut |_| {}, within(60)))?;
    at.real
        .docker(&["save", "-o", &file.display().to_string(), &tag])?;
    at.real.docker(&["rmi", &tag])?;
    Ok(tag)
}

fn loads(at: &Bench) -> Outcome {
    let folder = tempfile::tempdir()?;
    let plain = folder.path().join("image.tar");
    let tag = saved(at, "load", &plain)?;
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let size = std::fs::metadata(&plain)?.len();
    let mut sent = (0, 0);
    let mut tell = |news| {
        if let Loading::Sent { current, total } = news {
            sent = (current, total);
        }
    };
    let names = at.run(at.engine.load(&plain, &mut tell, within(60)))?;
    sure(names == [tag.clone()], &names)?;
    sure(sent.1 == size && sent.0 > 0, sent)?;
    at.run(at.engine.image(&tag, within(10)))?;

    at.real.docker(&["rmi", &tag])?;
    sure(Command::new("gzip").arg(&plain).status()?.success(), "gzip")?;
    let packed = folder.path().join("image.tar.gz");
    let names = at.run(at.engine.load(&packed, &mut |_| {}, within(60)))?;
    sure(names == [tag], &names)
}

fn cut(at: &Bench) -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("image.tar");
    let tag = saved(at, "cut", &file)?;
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let whole = std::fs::read(&file)?;
    std::fs::write(&file, &whole[..whole.len() / 2])?;
    let result = at.run(at.engine.load(&file, &mut |_| {}, within(60)));
    sure(matches!(result, Err(EngineError::Failed(_))), &result)?;
    let none = folder.path().join("none.tar");
    let result = at.run(at.engine.load(&none, &mut |_| {}, within(60)));
    sure(matches!(result, Err(EngineError::Broken(_))), &result)
}

fn names(at: &Bench) -> Outcome {
    let name = at.tag("names");
    let _end = at.at_the_end(&[&["rmi", "-f", &name]]);
    let d = within(30);
    at.run(async {
        let id = at.engine.image(BUSYBOX, d).await?.id;
        at.engine.tag(&id, &name, d).await?;
        let names = at.engine.image_names(&id, d).await?;
        sure(names.contains(&name) && names.len() >= 2, &names)?;
        at.engine.untag(&format!("docker.io/{name}"), d).await?;
        let names = at.engine.image_names(&id, d).await?;
        sure(!names.contains(&name), &names)?;
        let result = at.engine.untag(&name, d).await;
        sure(matches!(result, Err(EngineError::NotFound(_))), &result)
    })
}

fn last_name(at: &Bench) -> Outcome {
    let build = build(at, "last", "LABEL last=1");
    let tag = build.tag.clone();
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let d = within(60);
    at.run(async {
        let id = at.engine.build(build, &mut |_| {}, d).await?;
        let result = at.engine.untag(&tag, d).await;
        sure(matches!(result, Err(EngineError::LastName(_))), &result)?;
        for no_name in [id.as_str(), &id[7..19], &format!("{tag}@{id}")] {
            let result = at.engine.untag(no_name, d).await;
            sure(matches!(result, Err(EngineError::NotFound(_))), &result)?;
        }
        let image = at.engine.image(&tag, d).await?;
        sure(image.id == id, image)
    })
}

fn disk(at: &Bench) -> Outcome {
    let usage = at.run(at.engine.disk_usage(within(60)))?;
    sure(usage.images > Some(1_000_000), &usage)?;
    sure(usage.images_reclaimable <= usage.images, &usage)?;
    let all = [
        usage.images_reclaimable,
        usage.containers,
        usage.volumes,
        usage.build_cache,
        usage.build_cache_reclaimable,
        usage.dangling_images,
    ];
    sure(all.iter().all(Option::is_some), &usage)
}
