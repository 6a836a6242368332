//! The operator's own questions, each for as long as its check gives it. What is expected of the
//! answers is judged elsewhere.

use std::fs::{self, FileType};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use futures_util::{StreamExt, stream};
use tokio::net::TcpStream;

use super::net::http::{self, Way};
use super::{World, ask};
use crate::deadline::Deadline;
use crate::facts::custom::{Answer, Custom, Question};
use crate::facts::{Reading, Why, WhyKind};
use crate::text::{wash, wash_block};

/// More than anybody has checks: one that hangs must not take the time of those behind it.
const AT_ONCE: usize = 64;
/// Longest line that is kept; the whole is bounded to 64 KiB by those who read it.
const LINE: usize = 4096;

pub async fn custom(world: &World, d: Deadline) -> Vec<Custom> {
    // Owned, since a future that borrows its item cannot be shown to be Send (rust-lang#110338).
    stream::iter(world.questions.clone())
        .map(|(question, span)| async move {
            Custom {
                answer: answer(world, &question, d.at_most(span)).await,
                question,
            }
        })
        .buffered(AT_ONCE)
        .collect()
        .await
}

async fn answer(world: &World, question: &Question, d: Deadline) -> Reading<Answer> {
    let (answer, from) = match question {
        Question::Command { argv } => (command(argv, d).await, wash(&argv.join(" "), 200)),
        Question::File { path, content } => {
            let path = world.operator.expand(path);
            let from = wash(&path.to_string_lossy(), 1000);
            (file(path, *content, d).await, from)
        }
        Question::Port { host, port } => {
            let from = wash(&format!("{host}:{port}"), 300);
            (port_of(world, host, *port, d).await, from)
        }
        Question::Http { url } => (web(world, url, d).await, "the answer over HTTP".to_owned()),
    };
    Reading::from_result(answer, from)
}

async fn command(argv: &[String], d: Deadline) -> Result<Answer, Why> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let output = ask::program(&argv, &[], d).await?;
    Ok(Answer::Command {
        exit_code: output.status,
        stdout: wash_block(&output.stdout, LINE),
        stderr: wash_block(&output.stderr, LINE),
    })
}

async fn file(path: std::path::PathBuf, content: bool, d: Deadline) -> Result<Answer, Why> {
    if !path.is_absolute() {
        let words = format!(
            "`{}` is not an absolute path",
            wash(&path.to_string_lossy(), 200)
        );
        return Err(Why::new(WhyKind::Unparsable, words));
    }
    let looking = tokio::task::spawn_blocking(move || look_at(&path, content));
    match d.bound(looking).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => Err(Why::new(WhyKind::Failed, format!("broken off: {error}"))),
        Err(elapsed) => Err(Why::new(
            WhyKind::Timeout,
            format!(
                "the file system did not answer in {} ms",
                elapsed.0.as_millis()
            ),
        )),
    }
}

fn look_at(path: &Path, content: bool) -> Result<Answer, Why> {
    let refused = |error: std::io::Error| {
        let kind = match error.kind() {
            ErrorKind::PermissionDenied => WhyKind::Denied,
            _ => WhyKind::Failed,
        };
        let path = wash(&path.to_string_lossy(), 1000);
        Why::new(kind, format!("{path}: {error}"))
    };
    let data = match fs::symlink_metadata(path) {
        Ok(data) => data,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Answer::File {
                exists: false,
                file_kind: None,
                mode: None,
                owner: None,
                content: None,
            });
        }
        Err(error) => return Err(refused(error)),
    };
    // Of a pipe or a device nothing is read: it might never end, or never begin.
    let text = if content && fs::metadata(path).is_ok_and(|data| data.is_file()) {
        let mut bytes = Vec::new();
        let limit = u64::try_from(ask::MOST).expect("64 KiB");
        fs::File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(refused)?;
        Some(wash_block(&String::from_utf8_lossy(&bytes), LINE))
    } else {
        None
    };
    Ok(Answer::File {
        exists: true,
        file_kind: Some(kind(data.file_type()).to_owned()),
        mode: Some(format!("{:o}", data.mode() & 0o7777)),
        owner: Some(data.uid()),
        content: text,
    })
}

fn kind(file: FileType) -> &'static str {
    if file.is_symlink() {
        "symlink"
    } else if file.is_dir() {
        "directory"
    } else if file.is_file() {
        "file"
    } else if file.is_socket() {
        "socket"
    } else {
        "other"
    }
}

async fn port_of(world: &World, host: &str, port: u16, d: Deadline) -> Result<Answer, Why> {
    stay_home(world, host)?;
    let shown = wash(host, 200);
    let name = host.trim_start_matches('[').trim_end_matches(']');
    let connecting = async {
        let mut addresses = tokio::net::lookup_host((name, port))
            .await
            .map_err(|error| {
                Why::new(
                    WhyKind::Failed,
                    format!("{shown} could not be resolved: {error}"),
                )
            })?;
        let mut last = format!("{shown} has no address");
        let open = loop {
            let Some(address) = addresses.next() else {
                break false;
            };
            match TcpStream::connect(address).await {
                Ok(_) => {
                    last = format!("{address} takes connections");
                    break true;
                }
                Err(error) => last = error.to_string(),
            }
        };
        Ok(Answer::Port { open, detail: last })
    };
    d.bound(connecting).await.unwrap_or_else(|elapsed| {
        Ok(Answer::Port {
            open: false,
            detail: format!("no answer within {} ms", elapsed.0.as_millis()),
        })
    })
}

async fn web(world: &World, url: &str, d: Deadline) -> Result<Answer, Why> {
    let address = reqwest::Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Why::new(WhyKind::Unparsable, "the address is no HTTP URL"))?;
    let host = address.host_str().unwrap_or_default().to_owned();
    stay_home(world, &host)?;
    let way = match (http::is_loopback(&host), address.scheme()) {
        (true, "http") => Way::Plain,
        (true, _) => Way::Direct,
        (false, _) => Way::Proxied,
    };
    let asking = async {
        let client = http::client(way)?;
        client.get(address).send().await.map_err(http::why)
    };
    let response = d.bound(asking).await.map_err(|elapsed| {
        let words = format!("no answer within {} ms", elapsed.0.as_millis());
        Why::new(WhyKind::Timeout, words)
    })??;
    let status = response.status().as_u16();
    let body = http::body(response, d).await?;
    Ok(Answer::Http {
        status,
        body: wash_block(&body, LINE),
    })
}

fn stay_home(world: &World, host: &str) -> Result<(), Why> {
    if world.offline && !http::is_loopback(host) {
        let words = format!("{} is not asked with --offline", wash(host, 200));
        return Err(Why::new(WhyKind::Offline, words));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn asked(questions: &[Question], offline: bool) -> Vec<Reading<Answer>> {
        let world = World {
            questions: questions
                .iter()
                .map(|question| (question.clone(), Duration::from_secs(2)))
                .collect(),
            offline,
            ..World::default()
        };
        let d = Deadline::after(Duration::from_secs(5));
        custom(&world, d)
            .await
            .into_iter()
            .map(|custom| custom.answer)
            .collect()
    }

    fn command_of(argv: &[&str]) -> Question {
        Question::Command {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        }
    }

    fn file_of(path: &Path) -> Question {
        Question::File {
            path: path.to_string_lossy().into_owned(),
            content: true,
        }
    }

    #[tokio::test]
    async fn a_command_that_hangs_takes_its_own_time_and_nobody_elses() {
        let hangs = (0..20).map(|n| command_of(&["sleep", &format!("6{n}")]));
        let mut questions: Vec<_> = hangs.map(|q| (q, Duration::from_millis(200))).collect();
        questions.push((command_of(&["true"]), Duration::from_secs(4)));
        let world = World {
            questions,
            ..World::default()
        };
        let begun = tokio::time::Instant::now();
        let told = custom(&world, Deadline::after(Duration::from_secs(5))).await;
        assert!(begun.elapsed() < Duration::from_secs(2));
        let (last, hung) = told.split_last().expect("twenty-one");
        assert!(last.answer.get().is_ok(), "{:?}", last.answer);
        for one in hung {
            let why = one.answer.get().expect_err("it sleeps");
            assert_eq!(why.kind, WhyKind::Timeout, "{}", why.detail);
        }
    }

    #[tokio::test]
    async fn a_command_runs_without_a_shell_of_ours_and_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let count = folder.path().join("count");
        let script = format!("echo x >> {}; echo a; exit 2", count.display());
        let question = command_of(&["sh", "-c", &script]);
        let answers = asked(&[question], false).await;
        assert_eq!(answers.len(), 1);
        assert_eq!(fs::read_to_string(count).expect("it ran"), "x\n");
        let Ok(Answer::Command {
            exit_code, stdout, ..
        }) = answers[0].get()
        else {
            panic!("{answers:?}");
        };
        assert_eq!((*exit_code, stdout.as_str()), (Some(2), "a"));
    }

    #[tokio::test]
    async fn files_are_described_and_a_pipe_is_not_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "text\u{1b}[0m").expect("it can be written");
        std::os::unix::fs::symlink(at("file"), at("link")).expect("it is free");
        nix::unistd::mkfifo(&at("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("it is free");
        let questions = ["file", "link", "pipe", "none"].map(|name| file_of(&at(name)));
        let answers = asked(&questions, true).await;
        let told: Vec<_> = answers
            .iter()
            .map(|answer| match answer.get() {
                Ok(Answer::File {
                    file_kind, content, ..
                }) => (file_kind.clone(), content.clone()),
                other => panic!("{other:?}"),
            })
            .collect();
        let text = Some("text\\u{1b}[0m".to_owned());
        assert_eq!(
            told,
            [
                (Some("file".to_owned()), text.clone()),
                (Some("symlink".to_owned()), text),
                (Some("other".to_owned()), None),
                (None, None),
            ]
        );
        let why = asked(&[file_of(Path::new("relative"))], true).await;
        assert_eq!(
            why[0].get().expect_err("relative").kind,
            WhyKind::Unparsable
        );
    }

    #[tokio::test]
    async fn ports_and_pages_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("it is bound").port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 512]).await;
                let page = "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\n\r\ngone";
                let _ = stream.write_all(page.as_bytes()).await;
            }
        });
        let free = {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            listener.local_addr().expect("it is bound").port()
        };
        let host = "127.0.0.1".to_owned();
        let questions = [
            Question::Port {
                host: host.clone(),
                port,
            },
            Question::Port { host, port: free },
            Question::Http {
                url: format!("http://127.0.0.1:{port}/x"),
            },
            Question::Http {
                url: "file:///etc/passwd".to_owned(),
            },
            Question::Http {
                url: "http://192.0.2.1/".to_owned(),
            },
            Question::Port {
                host: "192.0.2.1".to_owned(),
                port: 1,
            },
        ];
        let answers = asked(&questions, true).await;
        assert!(matches!(
            answers[0].get(),
            Ok(Answer::Port { open: true, .. })
        ));
        assert!(matches!(
            answers[1].get(),
            Ok(Answer::Port { open: false, .. })
        ));
        let page = Answer::Http {
            status: 404,
            body: "gone".to_owned(),
        };
        assert_eq!(answers[2].get(), Ok(&page));
        assert_eq!(
            answers[3].get().expect_err("no HTTP").kind,
            WhyKind::Unparsable
        );
        for offline in &answers[4..] {
            assert_eq!(offline.get().expect_err("offline").kind, WhyKind::Offline);
        }
    }
}
