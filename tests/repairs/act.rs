//! One act of a scenario: what somebody types, and what must come of it.

use serde::Deserialize;
use serde_json::Value;

use super::Node;
use super::support::place::Ran;

/// One line that somebody types, or keys in the app, and what must come of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Act {
    /// Arguments of clawdoctor, apart by spaces.
    #[serde(default)]
    pub run: Option<String>,
    /// Arguments of clawdoctor on a terminal of its own, and what is waited for on the screen and
    /// typed then, one after the other.
    #[serde(default)]
    pub app: Option<String>,
    #[serde(default)]
    pub keys: Vec<(String, String)>,
    /// A shell command of the operator's, or of root's.
    #[serde(default)]
    pub shell: Option<String>,
    #[serde(default)]
    pub root: Option<String>,
    #[serde(default)]
    pub exit: i32,
    /// `id: class, status` of every repair that is told, with `(flag)` where it wants one.
    #[serde(default)]
    pub repairs: Option<Vec<String>>,
    /// `check:code` of every finding that remains.
    #[serde(default)]
    pub findings: Option<Vec<String>>,
    /// Each somewhere in what is printed.
    #[serde(default)]
    pub says: Vec<String>,
    #[serde(default)]
    pub never_says: Vec<String>,
    /// Standard output as a whole, white space at its ends apart.
    #[serde(default)]
    pub gives: Option<String>,
    #[serde(default)]
    pub leaves: Leaves,
    /// At most so many seconds.
    #[serde(default = "minute")]
    pub within: u64,
}

/// How the world looks after an act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Leaves {
    #[default]
    Whatever,
    /// As before this act.
    Unchanged,
    /// As at the start.
    AsAtFirst,
}

fn minute() -> u64 {
    60
}

/// What was typed and what came of it, for whoever reads a failure.
pub fn told(line: &str, ran: &Ran) -> String {
    let stdout = String::from_utf8_lossy(&ran.output.stdout);
    format!(
        "{line}\nexit {:?} after {:?}\nstdout: {}\nstderr: {}",
        ran.output.status.code(),
        ran.took,
        in_brief(&stdout),
        String::from_utf8_lossy(&ran.output.stderr)
    )
}

/// Of a long document only what a reader of a failure looks for.
fn in_brief(stdout: &str) -> String {
    let Ok(document) = serde_json::from_str::<Value>(stdout) else {
        return stdout.to_owned();
    };
    let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for key in ["repairs", "findings", "advice"] {
        for one in list(key) {
            lines.push(format!(
                "{key}: {} {} {} {} {}",
                one["id"], one["checkId"], one["status"], one["message"], one["why"]
            ));
        }
    }
    if lines.is_empty() {
        return stdout.to_owned();
    }
    lines.join("\n")
}

impl Act {
    /// With the places and addresses of this node in its texts.
    pub fn filled(&self, node: &Node<'_>) -> Self {
        let all = |texts: &[String]| texts.iter().map(|text| node.filled(text)).collect();
        Self {
            repairs: self.repairs.as_deref().map(all),
            says: all(&self.says),
            gives: self.gives.as_deref().map(|text| node.filled(text)),
            ..self.clone()
        }
    }

    /// What came out otherwise than it must.
    pub fn differences(&self, ran: &Ran) -> Vec<String> {
        let mut wrong = Vec::new();
        let stdout = String::from_utf8_lossy(&ran.output.stdout).into_owned();
        let both = format!("{stdout}{}", String::from_utf8_lossy(&ran.output.stderr));
        if ran.killed {
            wrong.push(format!("not done within {} s", self.within));
        }
        if ran.output.status.code() != Some(self.exit) {
            wrong.push(format!("the exit code is not {}", self.exit));
        }
        wrong.extend(
            self.says
                .iter()
                .filter(|text| !both.contains(*text))
                .map(|text| format!("does not say: {text}")),
        );
        wrong.extend(
            self.never_says
                .iter()
                .filter(|text| both.contains(*text))
                .map(|text| format!("says: {text}")),
        );
        if let Some(gives) = &self.gives
            && gives.trim() != stdout.trim()
        {
            wrong.push(format!("does not give: {}", gives.trim()));
        }
        match self.document(&stdout) {
            Ok(document) => wrong.extend(self.told_otherwise(&document)),
            Err(error) => wrong.push(error),
        }
        wrong
    }

    /// The one document of a run, or the last of its lines: null where it prints for people.
    fn document(&self, stdout: &str) -> Result<Value, String> {
        let run = self.run.as_deref().unwrap_or_default();
        if run.contains("--json") {
            return serde_json::from_str(stdout)
                .map_err(|error| format!("not one JSON document: {error}"));
        }
        if !run.contains("--format ndjson") {
            return Ok(Value::Null);
        }
        let mut last = Value::Null;
        for line in stdout.lines() {
            last = serde_json::from_str(line)
                .map_err(|error| format!("not a line of JSON ({error}): {line}"))?;
            if last["type"].as_str().is_none() {
                return Err(format!("a line without a type: {line}"));
            }
        }
        Ok(last)
    }

    fn told_otherwise(&self, document: &Value) -> Vec<String> {
        let list = |key: &str| document[key].as_array().cloned().unwrap_or_default();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let repair = |one: &Value| {
            let flag = one["allow"].as_str();
            let flag = flag.map_or_else(String::new, |flag| format!(" ({flag})"));
            format!(
                "{}: {}, {}{flag}",
                word(&one["id"]),
                word(&one["risk"]),
                word(&one["status"])
            )
        };
        let finding = |one: &Value| {
            let id = word(&one["checkId"]);
            let id = id.strip_prefix("clawdoctor/").unwrap_or(&id);
            format!("{id}:{}", word(&one["errorCode"]))
        };
        let mut wrong = Vec::new();
        let mut compare = |what: &str, wanted: &Option<Vec<String>>, found: Vec<String>| {
            if let Some(wanted) = wanted
                && *wanted != found
            {
                wrong.push(format!("{what} {found:#?}, expected {wanted:#?}"));
            }
        };
        compare(
            "repairs",
            &self.repairs,
            list("repairs").iter().map(repair).collect(),
        );
        // Whether this machine is on the internet is not what is tested.
        let findings = list("findings");
        let findings = findings
            .iter()
            .map(finding)
            .filter(|id| !id.starts_with("net/"))
            .collect();
        compare("findings", &self.findings, findings);
        wrong
    }
}
