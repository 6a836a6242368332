//! The sandboxes that OpenClaw knows of, asked of its CLI with `--deep`: its registry lies in a
//! database of its own. The list is empty, and no error, where nothing was ever made.

use serde::Deserialize;

use crate::deadline::Deadline;
use crate::facts::{Facts, Reading, Why, WhyKind};
use crate::probe::World;
use crate::probe::ask::{self, Output};
use crate::text::wash;

/// Bytes of its answer; a sandbox takes some 500.
const MOST: usize = 1024 * 1024;

/// The names of their containers.
pub async fn registry(world: &World, facts: &Facts, d: Deadline) -> Reading<Vec<String>> {
    let program = match super::deep_program(world, facts) {
        Ok(program) => program,
        Err(why) => return Reading::Unknown(why),
    };
    let argv = [program, "sandbox", "list", "--json"];
    let said = ask::wordy(&argv, &[("NO_COLOR", "1")], MOST, d).await;
    Reading::from_result(
        said.and_then(|output| read(&output)),
        "openclaw sandbox list --json",
    )
}

#[derive(Deserialize)]
struct Listed {
    containers: Vec<One>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    container_name: String,
}

fn read(output: &Output) -> Result<Vec<String>, Why> {
    if !output.success() {
        let words = format!(
            "`openclaw sandbox list` failed: {}",
            wash(&output.stderr, 200)
        );
        return Err(Why::new(WhyKind::Failed, words));
    }
    let listed: Listed = serde_json::from_str(output.stdout.trim()).map_err(|error| {
        let words = format!("`openclaw sandbox list --json` answers in an unknown form: {error}");
        Why::new(WhyKind::Unparsable, words)
    })?;
    let names = listed.containers.into_iter();
    Ok(names.map(|one| wash(&one.container_name, 300)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(status: i32, stdout: &str) -> Output {
        Output {
            status: Some(status),
            stdout: stdout.to_owned(),
            stderr: "no".to_owned(),
        }
    }

    #[test]
    fn names_are_taken_from_its_answer_and_from_nothing_else() {
        let answer =
            r#"{"containers":[{"containerName":"openclaw-sbx-a","running":true}],"browsers":[]}"#;
        assert_eq!(
            read(&output(0, answer)),
            Ok(vec!["openclaw-sbx-a".to_owned()])
        );
        assert_eq!(read(&output(0, r#"{"containers":[]}"#)), Ok(Vec::new()));
        let kind = |output: Output| read(&output).expect_err("no answer").kind;
        assert_eq!(kind(output(1, answer)), WhyKind::Failed);
        for text in ["", "{}", "[]", r#"{"containers":[{"name":"x"}]}"#] {
            assert_eq!(kind(output(0, text)), WhyKind::Unparsable, "{text}");
        }
    }
}
