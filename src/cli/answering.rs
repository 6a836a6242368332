//! Whether the engine answers, for the commands that start containers, and what to say where it
//! does not.

use crate::facts::Facts;
use crate::facts::docker::Connection;
use crate::failure::Failure;
use crate::text::wash;

/// The engine's version, when it answers.
pub fn answering(facts: &Facts) -> Result<String, Failure> {
    let known = facts.docker.info.get().and(facts.docker.version.get());
    let Err(why) = known else {
        return Ok(known.map_or_else(|_| String::new(), |version| wash(&version.engine, 100)));
    };
    let url = facts.docker.endpoint.get().map(|at| wash(&at.url, 200));
    let at = url.map_or_else(|_| String::new(), |url| format!(" at {url}"));
    let (verb, cause) = match facts.docker.connection.get() {
        Ok(Connection::Refused { errno, detail }) => {
            ("cannot be reached", format!("{errno}: {detail}"))
        }
        Ok(Connection::Hung {
            waited_milliseconds,
        }) => (
            "does not answer",
            format!("not in {waited_milliseconds} ms"),
        ),
        Ok(Connection::Broken { detail }) => ("is none", detail.clone()),
        Ok(Connection::Answers { .. }) => ("does not say what it is", why.to_string()),
        Err(why) => ("is not known", why.to_string()),
    };
    let message = format!("no sandbox can be started: the engine{at} {verb}");
    Err(Failure::system(message)
        .cause(wash(&cause, 300))
        .hint("see what is in the way with: clawdoctor check --only docker"))
}
