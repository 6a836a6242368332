//! Steps in words: what each one does, the commands that would do the same by hand, and what
//! changes, line by line. Pure.

use super::inverse::Intended;
use super::step::{EngineWish, ImageSource, NetworkReach, RestartWhen, Rights, Setting, Step};

/// One step that is about to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undoing {
    pub effect: String,
    /// The engine where it was done, if it is not the one in force.
    pub elsewhere: Option<String>,
    /// Why nothing takes it back.
    pub stays: Option<String>,
}

/// What taking a step back is about, with the engine in force.
pub fn undoing(intended: &Intended, in_force: Option<&str>) -> Undoing {
    let then = intended.endpoint.as_ref().map(|endpoint| &endpoint.url);
    Undoing {
        effect: effect(&intended.step),
        elsewhere: then.filter(|then| in_force != Some(then)).cloned(),
        stays: intended.inverse.stays().map(str::to_owned),
    }
}

/// A word as a shell would need it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// `agents.defaults.sandbox.mode = all`
pub fn titles(settings: &[Setting]) -> Vec<String> {
    settings
        .iter()
        .map(|setting| {
            let key = setting.keys.join(".");
            match &setting.to {
                Some(serde_json::Value::String(text)) => format!("{key} = {text}"),
                Some(value) => format!("{key} = {value}"),
                None => format!("{key} to nothing"),
            }
        })
        .collect()
}

/// What a step does, in a line.
pub fn effect(step: &Step) -> String {
    match step {
        Step::ProvideImage(step) => {
            let how = match &step.source {
                ImageSource::Pull => "pull",
                ImageSource::Build { .. } => "build from clawdoctor's recipe",
                ImageSource::Load { path } => {
                    return format!(
                        "load {} from {path}, try it, then let the name lead to it",
                        step.reference
                    );
                }
            };
            format!(
                "{how} {} for {} under a passing name, try it, then let the name lead to it",
                step.reference, step.platform
            )
        }
        Step::OwnVolume(step) => format!(
            "in a helper container of {}: give what lies in the volume {} to {}:{}",
            step.image, step.volume, step.uid, step.gid
        ),
        Step::OwnTree(step) => match step.wish {
            Rights::Owner { uid, gid } => {
                format!("give {} and all below it to {uid}:{gid}", step.root)
            }
            Rights::OwnerMayWrite { .. } => {
                format!("let its owner write to {} and all below it", step.root)
            }
        },
        Step::Configure(step) => format!("openclaw config: {}", titles(&step.settings).join(", ")),
        Step::Recreate(step) => format!("take the sandbox {} away", step.container),
        Step::ControlEngine(step) => match step.wish {
            EngineWish::Start => format!("start {} and wait until it answers", step.name),
            EngineWish::Restart => {
                format!(
                    "stop {}, by force if need be, and start it again",
                    step.name
                )
            }
        },
        Step::EditJson(step) => {
            let around = match &step.reader {
                Some(reader) => match reader.when {
                    RestartWhen::Around => {
                        format!(", while {} is stopped", reader.name)
                    }
                    RestartWhen::After => format!(", then restart {}", reader.name),
                },
                None => String::new(),
            };
            format!("edit {}{around}", step.path)
        }
        Step::PlaceLink(step) => format!("link {} to {}", step.path, step.target),
        Step::PlaceFile(step) => format!("write {}", step.path),
        Step::MakeNetwork(step) => format!("create the network {}", step.name),
        Step::RunProgram(step) => step.words.clone(),
        Step::RemoveFolder(step) => format!("remove {} for good", step.path),
    }
}

/// What one would type to do the same, as far as there is such a thing.
pub fn commands(step: &Step) -> Vec<String> {
    let line = |words: &[&str]| {
        words
            .iter()
            .map(|word| quoted(word))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let typed = |command: &super::step::Command| {
        let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let sudo = if command.as_root { "sudo " } else { "" };
        format!("{sudo}{}", line(&words))
    };
    match step {
        Step::ProvideImage(step) => match &step.source {
            ImageSource::Pull => vec![line(&[
                "docker",
                "pull",
                "--platform",
                &step.platform,
                &step.reference,
            ])],
            ImageSource::Build { anew, .. } => vec![format!(
                "clawdoctor recipe | docker build {}-t {} -",
                if *anew { "--no-cache " } else { "" },
                step.reference
            )],
            ImageSource::Load { path } => vec![line(&["docker", "load", "-i", path])],
        },
        Step::Configure(step) => step.settings.iter().map(config_command).collect(),
        Step::Recreate(step) => vec![line(&[
            "openclaw",
            "sandbox",
            "recreate",
            "--session",
            &step.session_key,
            "--force",
        ])],
        Step::ControlEngine(step) => {
            let control = &step.control;
            // One after the other, until the socket says that it went well.
            let either = |commands: &[super::step::Command]| {
                let typed: Vec<String> = commands.iter().map(typed).collect();
                typed.join(" || ")
            };
            let stages = match step.wish {
                EngineWish::Start => vec![&control.start],
                EngineWish::Restart => vec![&control.stop, &control.kill, &control.start],
            };
            let lines = stages.into_iter().map(|commands| either(commands));
            lines.filter(|line| !line.is_empty()).collect()
        }
        Step::PlaceLink(step) => vec![line(&["ln", "-s", &step.target, &step.path])],
        Step::MakeNetwork(step) => {
            let internal: &[&str] = match step.reach {
                NetworkReach::Outside => &[],
                NetworkReach::Internal => &["--internal"],
            };
            let words = ["docker", "network", "create", "--driver", &step.driver];
            vec![line(&[&words, internal, &[step.name.as_str()]].concat())]
        }
        Step::RunProgram(step) => step.commands.iter().map(typed).collect(),
        Step::RemoveFolder(step) => vec![line(&["rm", "-r", "--", &step.path])],
        Step::OwnTree(step) => match step.wish {
            Rights::Owner { uid, gid } => {
                vec![line(&["chown", "-hR", &format!("{uid}:{gid}"), &step.root])]
            }
            Rights::OwnerMayWrite { .. } => vec![line(&["chmod", "-R", "u+rwX", &step.root])],
        },
        Step::OwnVolume(_) | Step::EditJson(_) | Step::PlaceFile(_) => Vec::new(),
    }
}

/// `openclaw config set agents.defaults.sandbox.mode all`
pub fn config_command(setting: &Setting) -> String {
    let key = quoted(&setting.keys.join("."));
    match &setting.to {
        Some(serde_json::Value::String(text)) => {
            format!("openclaw config set {key} {}", quoted(text))
        }
        Some(value) => format!(
            "openclaw config set {key} {} --strict-json",
            quoted(&value.to_string())
        ),
        None => format!("openclaw config unset {key}"),
    }
}

/// What changes, as lines that begin with `-` and `+`; a content that is new, with `+` alone.
pub fn difference(step: &Step) -> Vec<String> {
    match step {
        Step::Configure(step) => step
            .settings
            .iter()
            .flat_map(|setting| {
                let key = setting.keys.join(".");
                let side = |sign, value: &Option<serde_json::Value>| {
                    value
                        .as_ref()
                        .map(|value| format!("{sign} {key} = {value}"))
                };
                [side('-', &setting.before), side('+', &setting.to)]
            })
            .flatten()
            .collect(),
        Step::EditJson(step) => step.diff.lines().map(str::to_owned).collect(),
        Step::PlaceFile(step) => step
            .content
            .lines()
            .map(|line| format!("+{line}"))
            .collect(),
        Step::ProvideImage(_)
        | Step::OwnVolume(_)
        | Step::OwnTree(_)
        | Step::Recreate(_)
        | Step::ControlEngine(_)
        | Step::PlaceLink(_)
        | Step::MakeNetwork(_)
        | Step::RunProgram(_)
        | Step::RemoveFolder(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_only_where_a_shell_would_need_it() {
        assert_eq!(quoted("/a/b-c:1"), "/a/b-c:1");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn settings_are_told_as_what_goes_and_what_comes() {
        let setting = Setting {
            keys: ["a", "b"].map(str::to_owned).to_vec(),
            before: Some("off".into()),
            to: Some("all".into()),
        };
        assert_eq!(config_command(&setting), "openclaw config set a.b all");
        let step = Step::Configure(super::super::step::Configure {
            program: String::new(),
            config: String::new(),
            content: String::new(),
            settings: vec![setting],
        });
        assert_eq!(difference(&step), ["- a.b = \"off\"", "+ a.b = \"all\""]);
    }
}
