//! OpenClaw's config and its sandboxes, through its own CLI alone.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Hands, News, Sight, Trouble, hold};
use crate::deadline::Deadline;
use crate::fix::backups::SETTINGS;
use crate::fix::inverse::{After, Intended, Inverse};
use crate::fix::step::{Configure, Recreate, Setting, Step};
use crate::probe::ask::{self, Output};
use crate::probe::openclaw::{Config, read_config};
use crate::redact::hide_secrets;
use crate::text::wash;

/// Its command line takes seconds to start, on a busy node many.
const PATIENCE: Duration = Duration::from_secs(90);
/// OpenClaw itself does not take a sandbox away that was used within these milliseconds.
const HOT_MILLISECONDS: i64 = 5 * 60 * 1000;

/// What [`Inverse::Configure`] holds.
pub struct Undo<'a> {
    pub program: &'a str,
    pub config: &'a str,
    pub settings: &'a [Setting],
    pub content: &'a str,
}

pub async fn look_configure(
    step: &Configure,
    hands: &Hands,
    d: Deadline,
) -> Result<Sight, Trouble> {
    let config = now(&step.config, d).await?;
    let stands = |setting: &Setting, wanted: &Option<Value>| {
        at(&config.value, &setting.keys) == wanted.as_ref()
    };
    let done = step.settings.iter().filter(|s| stands(s, &s.to)).count();
    if done == step.settings.len() {
        return Ok(Sight::After);
    }
    // What stands in the file is told in the plan without what may be secret, so that the hash
    // and not the values say whether somebody was there.
    let ours = hands.left.get(&step.config);
    let content = content(&config)?;
    if content == step.content || ours == Some(&content) {
        return Ok(Sight::Before);
    }
    if done > 0 {
        return Ok(Sight::Between(format!(
            "{done} of {} settings",
            step.settings.len()
        )));
    }
    Ok(Sight::Elsewhere(format!(
        "{} has been changed by somebody else",
        wash(&step.config, 300)
    )))
}

/// The former values, read anew: those in the plan leave secrets out.
pub fn prepare_configure(step: &Configure) -> Result<Inverse, Trouble> {
    let config = read(&step.config)?;
    let settings = step
        .settings
        .iter()
        .map(|setting| taken_back(&config.value, setting))
        .collect();
    Ok(Inverse::Configure {
        program: step.program.clone(),
        config: step.config.clone(),
        settings,
        content: content(&config)?,
    })
}

/// Where the parents of a key are missing too, taking it back takes them away as well.
fn taken_back(value: &Value, setting: &Setting) -> Setting {
    let there = (1..=setting.keys.len())
        .find(|length| at(value, &setting.keys[..*length]).is_none())
        .unwrap_or(setting.keys.len());
    let keys = setting.keys[..there].to_vec();
    Setting {
        to: at(value, &keys).cloned(),
        before: None,
        keys,
    }
}

pub async fn apply_configure(step: &Configure, hands: &mut Hands) -> Result<After, Trouble> {
    patch(&step.program, &step.settings, hands).await?;
    let d = Deadline::after(PATIENCE);
    let config = now(&step.config, d).await.map_err(Trouble::begun)?;
    for setting in &step.settings {
        if at(&config.value, &setting.keys) != setting.to.as_ref() {
            return Err(Trouble::Failed(format!(
                "openclaw took the change of {} and did not write it to {}",
                setting.keys.join("."),
                wash(&step.config, 300)
            )));
        }
    }
    let content = content(&config)?;
    hands.left.insert(step.config.clone(), content.clone());
    Ok(json!({ "content": content }))
}

pub async fn left_configure(
    step: &Configure,
    hands: &mut Hands,
    d: Deadline,
) -> Result<After, Trouble> {
    let content = content(&now(&step.config, d).await?)?;
    hands.left.insert(step.config.clone(), content.clone());
    Ok(json!({ "content": content }))
}

pub async fn revert_configure(
    intended: &Intended,
    undo: &Undo<'_>,
    after: Option<&After>,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let d = Deadline::after(PATIENCE);
    let config = now(undo.config, d).await?;
    let said = content(&config)?;
    if said == undo.content {
        return Ok(());
    }
    let left = after.and_then(|after| after["content"].as_str());
    let is_ours = match (left, &intended.step) {
        (Some(left), _) => said == left || hands.left.get(undo.config) == Some(&said),
        // Killed before it could say: then our values are what tells.
        (None, Step::Configure(step)) => step
            .settings
            .iter()
            .all(|setting| at(&config.value, &setting.keys) == setting.to.as_ref()),
        (None, _) => false,
    };
    if !is_ours {
        return Err(Trouble::Refused(format!(
            "{} has been changed by somebody else since",
            wash(undo.config, 300)
        )));
    }
    patch(undo.program, undo.settings, hands).await?;
    let config = now(undo.config, Deadline::after(PATIENCE)).await?;
    let said = content(&config)?;
    if said != undo.content {
        return Err(Trouble::Failed(format!(
            "openclaw took the former settings, and {} does not say what it said before",
            wash(undo.config, 300)
        )));
    }
    hands.left.insert(undo.config.to_owned(), said);
    Ok(())
}

/// One call for all settings: either all are taken or none is.
async fn patch(program: &str, settings: &[Setting], hands: &mut Hands) -> Result<(), Trouble> {
    let text = document(settings).to_string();
    let file = hands.own_file(SETTINGS, text.as_bytes())?;
    let shown = file.display().to_string();
    (hands.tell)(News::Line(format!("openclaw config patch --file {shown}")));
    let mut argv = vec![program, "config", "patch", "--file", &shown];
    // A list is replaced and never joined with the one that stands there.
    let replaced: Vec<String> = settings
        .iter()
        .filter(|setting| matches!(setting.to, Some(Value::Array(_) | Value::Object(_))))
        .map(|setting| setting.keys.join("."))
        .collect();
    for path in &replaced {
        argv.extend(["--replace-path", path]);
    }
    let output = change(&argv, hands).await;
    std::fs::remove_file(&file).unwrap_or(());
    let output = output?;
    if output.success() {
        return Ok(());
    }
    Err(Trouble::Failed(format!(
        "openclaw refused the settings: {}",
        said(&output)
    )))
}

/// The settings as one object; nothing stands for what is to go.
fn document(settings: &[Setting]) -> Value {
    let mut document = Value::Object(Map::new());
    for setting in settings {
        let mut place = &mut document;
        for key in &setting.keys {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = place
                .as_object_mut()
                .expect("made an object above")
                .entry(key.clone())
                .or_insert(Value::Null);
        }
        *place = setting.to.clone().unwrap_or(Value::Null);
    }
    document
}

/// Throws away the settings that a killed run was about to hand over.
pub fn tidy(hands: &Hands) {
    // It is rarely there.
    std::fs::remove_file(hands.folder.join(SETTINGS)).unwrap_or(());
}

fn at<'a>(value: &'a Value, keys: &[String]) -> Option<&'a Value> {
    keys.iter().try_fold(value, |value, key| value.get(key))
}

async fn now(path: &str, d: Deadline) -> Result<Config, Trouble> {
    let path = path.to_owned();
    d.bound(tokio::task::spawn_blocking(move || read(&path)))
        .await
        .map_err(|_| Trouble::Failed("reading OpenClaw's config took too long".to_owned()))?
        .map_err(|error| Trouble::Failed(error.to_string()))?
}

fn read(path: &str) -> Result<Config, Trouble> {
    read_config(Path::new(path)).map_err(|why| Trouble::Refused(why.detail))
}

fn content(config: &Config) -> Result<String, Trouble> {
    config
        .file
        .content_sha256
        .clone()
        .ok_or_else(|| Trouble::Failed("what the config says is not known".to_owned()))
}

/// The PATH with OpenClaw's own folder first: its script asks `env` for `node`, which a bare PATH
/// (launchd's, a script's over SSH) does not name.
fn path_with(program: &str, hands: &Hands) -> String {
    let path = hands.world.operator.var("PATH").unwrap_or_default();
    let folder = Path::new(program).parent().unwrap_or(Path::new("/"));
    format!("{}:{path}", folder.display())
}

/// A call that changes something: it holds the run's lock, since it outlives us when we are killed.
async fn change(argv: &[&str], hands: &Hands) -> Result<Output, Trouble> {
    let path = path_with(argv[0], hands);
    let env = [("NO_COLOR", "1"), ("PATH", path.as_str())];
    hold::program(argv, &env, hands, Deadline::after(PATIENCE))
        .await
        .map_err(|why| Trouble::Failed(why.detail))
}

async fn call(argv: &[&str], hands: &Hands, d: Deadline) -> Result<Output, Trouble> {
    let path = path_with(argv[0], hands);
    let env = [("NO_COLOR", "1"), ("PATH", path.as_str())];
    ask::program(argv, &env, d)
        .await
        .map_err(|why| Trouble::Failed(why.detail))
}

fn said(output: &Output) -> String {
    let words = hide_secrets(&format!("{} {}", output.stderr, output.stdout));
    wash(&words, 600)
}

/// What `openclaw sandbox list --json` tells of one container.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    container_name: String,
    #[serde(default)]
    last_used_at_ms: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Roster {
    #[serde(default)]
    containers: Vec<Known>,
}

pub async fn look_recreate(step: &Recreate, hands: &Hands, d: Deadline) -> Result<Sight, Trouble> {
    let engine = hands.engine()?;
    match engine.inspect(&step.id, d).await {
        Ok(_) => {}
        Err(why) if why.kind == crate::facts::WhyKind::Absent => return Ok(Sight::After),
        Err(why) => return Err(Trouble::Failed(why.detail)),
    }
    if hands.busy {
        return Ok(Sight::Before);
    }
    let busy = engine
        .standing("openclaw.sandbox=1", d)
        .await
        .map_err(|why| Trouble::Failed(why.detail))?
        .iter()
        .any(|(one, _)| one.id == step.id && one.executing > 0);
    if busy {
        return Ok(Sight::Elsewhere(format!(
            "a call runs in {} now",
            wash(&step.container, 100)
        )));
    }
    let output = call(&[&step.program, "sandbox", "list", "--json"], hands, d).await?;
    let roster: Roster = serde_json::from_str(output.stdout.trim()).map_err(|error| {
        Trouble::Failed(format!(
            "`openclaw sandbox list --json` cannot be read: {error}"
        ))
    })?;
    let used = roster
        .containers
        .iter()
        .find(|known| known.container_name == step.container)
        .and_then(|known| known.last_used_at_ms);
    let now = jiff::Timestamp::now().as_millisecond();
    Ok(match used {
        Some(used) if now - used < HOT_MILLISECONDS => Sight::Elsewhere(format!(
            "{} was used within 5 minutes",
            wash(&step.container, 100)
        )),
        _ => Sight::Before,
    })
}

pub async fn apply_recreate(step: &Recreate, hands: &mut Hands) -> Result<After, Trouble> {
    let argv = [
        &step.program,
        "sandbox",
        "recreate",
        "--session",
        &step.session_key,
        "--force",
    ];
    (hands.tell)(News::Line(argv[1..].join(" ")));
    let output = change(&argv, hands).await?;
    if !output.success() {
        return Err(Trouble::Failed(format!(
            "openclaw did not take the sandbox away: {}",
            said(&output)
        )));
    }
    // It ends well, too, where it knows no such sandbox.
    match look_recreate(step, hands, Deadline::after(PATIENCE)).await? {
        Sight::After => Ok(After::Null),
        _ => Err(Trouble::Failed(format!(
            "{} is still there: {}",
            wash(&step.container, 100),
            said(&output)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting(keys: &[&str], to: Option<Value>) -> Setting {
        Setting {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            before: None,
            to,
        }
    }

    #[test]
    fn settings_become_one_document_and_nothing_is_null() {
        let settings = [
            setting(&["a", "b"], Some(json!(1))),
            setting(&["a", "c"], None),
            setting(&["d"], Some(json!("x"))),
        ];
        assert_eq!(
            document(&settings),
            json!({"a": {"b": 1, "c": null}, "d": "x"})
        );
    }

    #[test]
    fn taking_back_a_key_takes_back_the_parents_that_came_with_it() {
        let config = json!({"agents": {"defaults": {}}});
        let one = setting(
            &["agents", "defaults", "sandbox", "mode"],
            Some(json!("all")),
        );
        let undo = taken_back(&config, &one);
        assert_eq!(undo.keys, ["agents", "defaults", "sandbox"]);
        assert_eq!(undo.to, None);
        let config = json!({"agents": {"defaults": {"sandbox": {"mode": "off"}}}});
        let undo = taken_back(&config, &one);
        assert_eq!((undo.keys.len(), undo.to), (4, Some(json!("off"))));
    }
}
