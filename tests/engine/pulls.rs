//! Pulls, from a real registry and from stand-ins that are down, slow or full.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use clawdoctor::deadline::Deadline;
use clawdoctor::engine::{Build, EngineError, LayerState, PullProblem, RegistryCredentials};

use super::{BUSYBOX, Bench, Outcome, Test, archive, labels, sure, within};

pub const TESTS: [(&str, Test); 8] = [
    ("a_pull_tells_each_layer_to_its_end", pulls),
    ("what_a_registry_does_not_have_is_not_found", not_found),
    ("an_image_of_another_platform_only_is_told", platform),
    ("a_registry_that_is_down_is_unreachable", down),
    ("a_registry_that_is_full_limits_the_rate", limited),
    ("a_registry_that_wants_credentials_is_told", unauthorised),
    ("a_registry_that_says_nothing_meets_the_deadline", silent),
    ("a_pull_given_up_stops", given_up),
];

fn problem(result: &Result<(), EngineError>) -> Option<PullProblem> {
    match result {
        Err(EngineError::Pull { problem, .. }) => Some(*problem),
        _ => None,
    }
}

fn pull(at: &Bench, reference: &str) -> Result<(), EngineError> {
    pull_as(at, reference, None, None, within(60))
}

fn pull_as(
    at: &Bench,
    reference: &str,
    platform: Option<&str>,
    credentials: Option<&RegistryCredentials>,
    d: Deadline,
) -> Result<(), EngineError> {
    let mut deaf = |_| {};
    at.run(
        at.engine
            .pull(reference, platform, credentials, &mut deaf, d),
    )
}

/// An image with a layer that nobody else has, in the registry and not in the engine.
fn pushed(at: &Bench, what: &str, bytes: usize) -> Result<String, libtest_mimic::Failed> {
    let tag = format!("{}/{}", at.registry, at.tag(what));
    let dockerfile = format!("FROM {BUSYBOX}\nRUN head -c {bytes} /dev/urandom >/random\n");
    let build = Build {
        context: archive(&[("Dockerfile", &dockerfile)]),
        tag: tag.clone(),
        labels: labels(),
        platform: None,
        cache: clawdoctor::engine::Cache::Used,
    };
    at.run(at.engine.build(build, &mut |_| {}, within(60)))?;
    let pushed = at.real.docker(&["push", "-q", &tag]);
    at.real.docker(&["rmi", &tag])?;
    pushed?;
    Ok(tag)
}

fn pulls(at: &Bench) -> Outcome {
    let tag = pushed(at, "pulled", 5_000_000)?;
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let mut told = Vec::new();
    let mut tell = |news| told.push(news);
    at.run(
        at.engine
            .pull(&tag, Some("linux/amd64"), None, &mut tell, within(60)),
    )?;
    let last = told.iter().rfind(|news| news.state == LayerState::Done);
    sure(last.is_some(), &told)?;
    // A layer that comes at once is not counted by every engine.
    let is_counted = told.iter().all(|news| match news.state {
        LayerState::Downloading { total, .. } => total > Some(4_000_000),
        _ => true,
    });
    sure(is_counted, &told)?;
    let other = told
        .iter()
        .find(|news| matches!(news.state, LayerState::Other(_)));
    sure(other.is_none(), other)?;
    at.run(at.engine.image(&tag, within(10)))?;
    // Again: all is there.
    pull(at, &tag)?;
    Ok(())
}

fn not_found(at: &Bench) -> Outcome {
    let result = pull(at, &format!("{}/clawdoctor-test/h1-none", at.registry));
    sure(problem(&result) == Some(PullProblem::NotFound), &result)?;
    let result = pull(at, "no reference");
    sure(matches!(result, Err(EngineError::NotFound(_))), &result)
}

fn platform(at: &Bench) -> Outcome {
    let tag = pushed(at, "platform", 1000)?;
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let result = pull_as(at, &tag, Some("linux/arm64"), None, within(60));
    let is_so = problem(&result) == Some(PullProblem::NoMatchingPlatform);
    sure(is_so, &result)
}

fn down(at: &Bench) -> Outcome {
    // Bound and closed: nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let result = pull(at, &format!("127.0.0.1:{port}/a/b:1"));
    sure(problem(&result) == Some(PullProblem::Unreachable), &result)?;
    let result = pull(at, "registry.invalid/a/b:1");
    sure(problem(&result) == Some(PullProblem::Unreachable), &result)
}

/// What Go's server says to somebody who speaks TLS.
const NO_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\r\n";

/// A registry on loopback that answers every request with this; its port.
fn stand_in(answer: String) -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || {
                let mut stream = stream;
                let mut asked = [0; 4096];
                let read = stream.read(&mut asked).unwrap_or(0);
                if !asked[..read].starts_with(b"GET ") && !asked[..read].starts_with(b"HEAD ") {
                    // The engine tries TLS first.
                    let _ = stream.write_all(NO_TLS);
                    return;
                }
                if answer.is_empty() {
                    std::thread::sleep(Duration::from_secs(30));
                }
                // The engine may have gone.
                let _ = stream.write_all(answer.as_bytes());
            });
        }
    });
    Ok(port)
}

fn limited(at: &Bench) -> Outcome {
    let body = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached"}]}"#;
    for answer in [
        response(
            "429 Too Many Requests",
            "Content-Type: application/json",
            body,
        ),
        // The abuse limit of Docker Hub says no more than this.
        response(
            "429 Too Many Requests",
            "Content-Type: text/plain",
            "Too Many Requests\n",
        ),
        response("429 Too Many Requests", "X-Nothing: 1", ""),
    ] {
        let port = stand_in(answer)?;
        let result = pull(at, &format!("127.0.0.1:{port}/a/b:1"));
        sure(problem(&result) == Some(PullProblem::RateLimited), &result)?;
    }
    Ok(())
}

fn response(status: &str, header: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{header}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

fn unauthorised(at: &Bench) -> Outcome {
    let port = stand_in(response(
        "401 Unauthorized",
        "Www-Authenticate: Basic realm=\"r\"",
        "",
    ))?;
    let reference = format!("127.0.0.1:{port}/a/b:1");
    let result = pull(at, &reference);
    sure(problem(&result) == Some(PullProblem::Unauthorised), &result)?;
    let credentials = RegistryCredentials::Password {
        username: "somebody".to_owned(),
        password: "wrong".to_owned(),
        server: format!("127.0.0.1:{port}"),
    };
    let result = pull_as(at, &reference, None, Some(&credentials), within(60));
    sure(problem(&result) == Some(PullProblem::Unauthorised), &result)
}

fn silent(at: &Bench) -> Outcome {
    let port = stand_in(String::new())?;
    let reference = format!("127.0.0.1:{port}/a/b:1");
    let result = pull_as(at, &reference, None, None, within(2));
    sure(matches!(result, Err(EngineError::Timeout(_))), &result)
}

fn given_up(at: &Bench) -> Outcome {
    let tag = pushed(at, "given-up", 60_000_000)?;
    let _end = at.at_the_end(&[&["rmi", "-f", &tag]]);
    let (sender, receiver) = std::sync::mpsc::channel();
    let (engine, reference) = (at.engine.clone(), tag.clone());
    let pulling = at.runtime.spawn(async move {
        let mut tell = |news: clawdoctor::engine::LayerNews| {
            if matches!(news.state, LayerState::Downloading { .. }) {
                // Only the first one is waited for.
                let _ = sender.send(());
            }
        };
        engine
            .pull(&reference, None, None, &mut tell, within(60))
            .await
    });
    receiver.recv_timeout(Duration::from_secs(30))?;
    pulling.abort();
    std::thread::sleep(Duration::from_secs(3));
    let image = at.run(at.engine.image(&tag, within(10)));
    sure(image.is_err(), &image)
}
