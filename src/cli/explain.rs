//! `clawdoctor explain`: what a check is for and how to mend it by hand, or what is behind a
//! pasted message. Pure and offline: what is known goes in, text comes out.

use serde_json::{Value, json};

use super::list::{entry, heading, is_built_in};
use crate::checklist::check::Check;
use crate::checklist::errors::{self, KnownError};
use crate::checklist::id::{CheckId, OPENCLAWS, PREFIX};
use crate::failure::Failure;
use crate::report::wrap::wrap;
use crate::report::{Role, Style};
use crate::text;

/// An answer, and whether there was one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    pub text: String,
    /// False for a message that nothing is known about.
    pub known: bool,
}

/// What a word or a message stands for.
enum Subject<'a> {
    Check(&'a Check),
    Messages(Vec<&'a KnownError>),
    /// A finding's id of OpenClaw's own doctor.
    Openclaws(String),
}

/// Explains an id or a message. A single word that is nothing known is a mistake, with the nearest
/// id as a hint.
pub fn explain(
    what: &str,
    checks: &[Check],
    style: &Style,
    as_json: bool,
) -> Result<Explained, Failure> {
    let what = what.trim();
    if what.is_empty() {
        return Err(Failure::usage("explain what?").hint("clawdoctor list shows all checks"));
    }
    let subject = subject(what, checks)?;
    let known = !matches!(&subject, Subject::Messages(found) if found.is_empty());
    let text = match (&subject, as_json) {
        (Subject::Check(check), true) => check_document(check),
        (Subject::Openclaws(id), true) => openclaws_document(id),
        (Subject::Openclaws(id), false) => openclaws_page(id, style),
        (Subject::Messages(found), true) => messages_document(found),
        (Subject::Check(check), false) => check_page(check, style),
        (Subject::Messages(found), false) => messages_page(found, style),
    };
    Ok(Explained { text, known })
}

fn subject<'a>(what: &str, checks: &'a [Check]) -> Result<Subject<'a>, Failure> {
    let short = what.strip_prefix(PREFIX).unwrap_or(what);
    if let Some(check) = checks.iter().find(|check| check.id.as_str() == short) {
        return Ok(Subject::Check(check));
    }
    if let Some(error) = errors::known().iter().find(|error| error.id == short) {
        return Ok(Subject::Messages(vec![error]));
    }
    // `running` is enough where only one check is called so.
    let mut named = checks.iter().filter(|check| check.id.name() == short);
    if let (Some(check), None) = (named.next(), named.next()) {
        return Ok(Subject::Check(check));
    }
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./".contains(&b);
    if what.starts_with(OPENCLAWS) && what.bytes().all(plain) {
        return Ok(Subject::Openclaws(what.to_owned()));
    }
    let found = errors::about(what);
    if !found.is_empty() || what.contains(char::is_whitespace) {
        return Ok(Subject::Messages(found));
    }
    let failure = Failure::usage(format!("there is no check `{}`", text::wash(what, 80)));
    let near = text::nearest(short, checks.iter().map(|check| check.id.as_str()));
    Err(match near {
        Some(id) => failure.hint(format!("did you mean `{id}`?")),
        None => failure
            .hint("clawdoctor list shows all checks")
            .hint("put quotes around an error message"),
    })
}

fn check_page(check: &Check, style: &Style) -> String {
    let spec = &check.spec;
    let mut page = Page::new(style);
    page.line(
        0,
        Role::Title,
        &format!("{}{}{}", check.id, style.separator(), spec.title),
    );
    let mut about = vec![
        heading(spec.step).replacen("  ", ": ", 1),
        spec.severity.word().to_owned(),
    ];
    if spec.required {
        about.push("required".to_owned());
    }
    about.push(format!("up to {}", spec.timeout));
    page.line(0, Role::Muted, &about.join(style.separator()));
    if !is_built_in(check) {
        page.line(0, Role::Muted, &format!("from {}", check.origin));
    }
    page.heading("Why");
    page.prose(&spec.why);
    page.heading("How to mend it");
    page.prose(&spec.remedy);
    let thresholds = thresholds(check);
    if !thresholds.is_empty() {
        page.heading("Thresholds");
        for (name, value) in &thresholds {
            page.line(2, Role::Plain, &format!("{name} = {}", spoken(value)));
        }
        if is_built_in(check) {
            let file = format!("checks/{}.toml", check.id);
            let advice = format!("To change them, write {file} in your configuration folder.");
            page.line(2, Role::Muted, &advice);
        }
    }
    if !spec.needs.is_empty() {
        page.heading("Needs");
        for need in &spec.needs {
            page.line(2, Role::Plain, need.as_str());
        }
    }
    page.references(&spec.references);
    page.heading("Check it again");
    page.line(
        2,
        Role::Code,
        &format!("clawdoctor check --only {} -v", check.id),
    );
    page.text
}

fn messages_page(found: &[&KnownError], style: &Style) -> String {
    let mut page = Page::new(style);
    let Some((first, others)) = found.split_first() else {
        page.line(0, Role::Title, "Nothing is known about this message.");
        page.heading("What to do");
        page.prose(
            "Paste the part that names the fault, without times and names around it. \
             Or let the whole node be looked at:\n  clawdoctor check",
        );
        return page.text;
    };
    page.line(0, Role::Title, &first.title);
    page.heading("Why");
    page.prose(&first.cause);
    page.heading("What to do");
    page.prose(&first.advice);
    if !first.checks.is_empty() {
        let ids: Vec<&str> = first.checks.iter().map(CheckId::as_str).collect();
        page.heading("Check it");
        page.line(
            2,
            Role::Code,
            &format!("clawdoctor check --only {}", ids.join(",")),
        );
        for id in ids {
            page.line(2, Role::Code, &format!("clawdoctor explain {id}"));
        }
    }
    page.references(&first.references);
    if !others.is_empty() {
        page.heading("It could also be");
        for other in others {
            page.line(2, Role::Plain, &other.title);
            page.line(4, Role::Code, &format!("clawdoctor explain {}", other.id));
        }
    }
    page.text
}

/// The check of ours that asks it.
const DOCTOR: &str = "openclaw/doctor";

fn openclaws_page(id: &str, style: &Style) -> String {
    let mut page = Page::new(style);
    let title = format!("{id}{}a check of OpenClaw's own doctor", style.separator());
    page.line(0, Role::Title, &title);
    page.heading("Where it comes from");
    page.prose(&format!(
        "With --deep, clawdoctor asks `openclaw doctor --lint` and passes on what it finds, under \
         OpenClaw's own ids (`source` is `openclaw`), in the check {DOCTOR}. What it means, and how \
         to mend it, OpenClaw says itself:\n  openclaw doctor --lint --only {id}"
    ));
    page.heading("To accept it");
    page.prose(&format!(
        "In waivers.toml of your configuration folder, with a reason and a last day:\n  check = \"{id}\""
    ));
    page.heading("Check it again");
    page.line(
        2,
        Role::Code,
        &format!("clawdoctor check --only {DOCTOR} --deep -v"),
    );
    page.line(2, Role::Code, &format!("clawdoctor explain {DOCTOR}"));
    page.text
}

fn openclaws_document(id: &str) -> String {
    document(&json!({
        "kind": "theirs",
        "checkId": id,
        "source": "openclaw",
        "reportedBy": format!("{PREFIX}{DOCTOR}"),
        "command": ["openclaw", "doctor", "--lint", "--only", id],
    }))
}

fn check_document(check: &Check) -> String {
    let spec = &check.spec;
    let mut about = entry(check);
    if let Value::Object(map) = &mut about {
        map.insert("why".to_owned(), json!(spec.why.trim()));
        map.insert("remedy".to_owned(), json!(spec.remedy.trim()));
        map.insert("references".to_owned(), json!(spec.references));
        let thresholds: serde_json::Map<String, Value> = thresholds(check).into_iter().collect();
        map.insert("thresholds".to_owned(), Value::Object(thresholds));
    }
    document(&json!({ "kind": "check", "check": about }))
}

fn messages_document(found: &[&KnownError]) -> String {
    document(&json!({ "kind": "message", "matches": found }))
}

fn document(content: &Value) -> String {
    let mut document = json!({ "schemaVersion": 1, "report": "clawdoctor.explain" });
    if let (Value::Object(all), Value::Object(more)) = (&mut document, content) {
        all.extend(more.clone());
    }
    format!("{document}\n")
}

/// The parameters of the check's judge, as its file has them.
fn thresholds(check: &Check) -> Vec<(String, Value)> {
    let judge = serde_json::to_value(&check.spec.judge).unwrap_or(Value::Null);
    let Some(Value::Object(parameters)) = judge.get(check.spec.judge.key()).cloned() else {
        return Vec::new();
    };
    parameters
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect()
}

fn spoken(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(spoken).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

struct Page<'a> {
    style: &'a Style,
    text: String,
}

impl<'a> Page<'a> {
    fn new(style: &'a Style) -> Self {
        Self {
            style,
            text: String::new(),
        }
    }

    fn raw(&mut self, indent: usize, role: Role, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(&self.style.paint(role, text));
        self.text.push('\n');
    }

    /// A line; one that is too long goes on below, a command never does.
    fn line(&mut self, indent: usize, role: Role, text: &str) {
        if role == Role::Code {
            return self.raw(indent, role, &text::wash(text, 1000));
        }
        for line in wrap(text, self.style.width.saturating_sub(indent)) {
            self.raw(indent, role, &line);
        }
    }

    fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.raw(0, Role::Strong, text);
    }

    fn references(&mut self, references: &[String]) {
        if references.is_empty() {
            return;
        }
        self.heading("References");
        for reference in references {
            self.raw(2, Role::Plain, &text::wash(reference, 1000));
        }
    }

    /// Text as check files have it: paragraphs, numbered steps, and commands on lines of their own
    /// with two blanks before them, which stay as they are.
    fn prose(&mut self, text: &str) {
        let mut paragraph = String::new();
        for line in text.trim_matches('\n').lines() {
            let indent = line.len() - line.trim_start_matches(' ').len();
            let content = line.trim();
            let is_command = indent == 2 && !content.is_empty();
            if content.is_empty() || is_command || is_numbered(content) {
                self.paragraph(&std::mem::take(&mut paragraph));
            }
            match content {
                "" => self.text.push('\n'),
                command if is_command => {
                    self.raw(6, Role::Code, &text::wash(command, 1000));
                }
                content => {
                    if paragraph.is_empty() {
                        paragraph.push_str(&" ".repeat(indent));
                    } else {
                        paragraph.push(' ');
                    }
                    paragraph.push_str(content);
                }
            }
        }
        self.paragraph(&paragraph);
    }

    /// A numbered step hangs on its number, and what goes on after its command below that.
    fn paragraph(&mut self, text: &str) {
        let content = text.trim_start();
        if content.is_empty() {
            return;
        }
        let own = text.len() - content.len();
        let hang = if is_numbered(content) { 3 } else { 0 };
        let before = 2 + own;
        let room = self.style.width.saturating_sub(before + hang);
        for (index, line) in wrap(content, room).iter().enumerate() {
            let indent = if index == 0 { before } else { before + hang };
            self.raw(indent, Role::Plain, line);
        }
    }
}

fn is_numbered(text: &str) -> bool {
    text.split_once(". ").is_some_and(|(number, _)| {
        !number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::catalog::Catalog;
    use crate::report::wrap::columns;

    fn told(what: &str) -> Result<Explained, Failure> {
        let catalog = Catalog::built_in().expect("our own files");
        explain(what, catalog.checks(), &Style::default(), false)
    }

    #[test]
    fn a_check_is_explained_with_all_that_its_file_says() {
        insta::assert_snapshot!(told("docker/desktop-version").expect("a check").text);
    }

    #[test]
    fn a_full_id_and_a_name_that_is_the_only_one_will_do() {
        let full = told("clawdoctor/docker/running").expect("a check");
        assert_eq!(told("docker/running").expect("a check"), full);
        assert_eq!(told("running").expect("a check"), full);
    }

    #[test]
    fn every_check_and_every_message_can_be_explained() {
        let catalog = Catalog::built_in().expect("our own files");
        let ids = catalog.checks().iter().map(|check| check.id.as_str());
        let errors = errors::known().iter().map(|error| error.id.as_str());
        for id in ids.chain(errors) {
            let answer = told(id).expect(id);
            assert!(answer.known && answer.text.lines().count() > 8, "{id}");
            for line in answer.text.lines() {
                let prose = !line.starts_with("      ") && !line.starts_with("  http");
                let command = line.contains("clawdoctor check");
                assert!(columns(line) <= 80 || !prose || command, "{id}: {line}");
            }
        }
    }

    #[test]
    fn an_unknown_id_names_the_nearest() {
        let failure = told("docker/runing").expect_err("misspelt");
        assert_eq!(failure.hints, ["did you mean `docker/running`?"]);
        let failure = told("zzz").expect_err("nothing like it");
        assert!(failure.hints[0].contains("clawdoctor list"));
        assert!(told(" ").is_err());
    }

    #[test]
    fn a_pasted_message_leads_to_its_cause() {
        let answer = told("Error: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
            .expect("a message");
        assert!(answer.known);
        insta::assert_snapshot!(answer.text);
    }

    #[test]
    fn an_unknown_message_says_so_and_what_to_do() {
        let answer = told("the moon is made of cheese").expect("an answer");
        assert!(!answer.known);
        assert!(answer.text.contains("clawdoctor check"), "{}", answer.text);
    }

    #[test]
    fn programs_get_one_document() {
        let catalog = Catalog::built_in().expect("our own files");
        let answer = |what| {
            let answer = explain(what, catalog.checks(), &Style::default(), true);
            let text = answer.expect(what).text;
            assert_eq!(text.lines().count(), 1);
            serde_json::from_str::<Value>(&text).expect("JSON")
        };
        let check = answer("host/memory");
        assert_eq!(check["check"]["checkId"], "clawdoctor/host/memory");
        assert!(check["check"]["thresholds"].is_object());
        let none = answer("the moon is made of cheese");
        assert_eq!(none["matches"], json!([]));
    }
}
