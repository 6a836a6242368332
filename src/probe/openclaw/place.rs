//! Where OpenClaw keeps its things, by the environment it would be started in. Pure: whether a
//! folder is there is asked through a function.
//!
//! The order is that of OpenClaw 2026.9 (<https://docs.openclaw.ai/gateway/configuration>):
//! `OPENCLAW_CONFIG_PATH`, `OPENCLAW_STATE_DIR`, the profile, `OPENCLAW_HOME`, the home folder.

use std::path::{Path, PathBuf};

use crate::facts::{Why, WhyKind};
use crate::surroundings::Surroundings;
use crate::text::wash;

const CONFIG: &str = "openclaw.json";
/// The names before the project was renamed in January 2026; still read where nothing newer is.
const OLD_CONFIG: &str = "clawdbot.json";
const OLD_STATE: &str = ".clawdbot";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What `~` means: `OPENCLAW_HOME`, else the home folder.
    pub home: PathBuf,
    pub state: PathBuf,
    pub config: PathBuf,
    /// The workspace of the agent that owns the unnamed one.
    pub workspace: PathBuf,
    /// A named profile; none for the default one.
    pub profile: Option<String>,
    cwd: PathBuf,
}

impl Place {
    pub fn of(seen: &Surroundings, exists: impl Fn(&Path) -> bool) -> Result<Self, Why> {
        let cwd = seen.cwd.clone();
        let home = match variable(seen, "OPENCLAW_HOME") {
            Some(path) => absolute(path, &seen.home, &cwd),
            None => seen.home.clone(),
        };
        let profile = profile(seen)?;
        let state = match (variable(seen, "OPENCLAW_STATE_DIR"), &profile) {
            (Some(path), _) => absolute(path, &home, &cwd),
            (None, Some(name)) => home.join(format!(".openclaw-{name}")),
            (None, None) => usual_state(&home, &exists),
        };
        let config = match variable(seen, "OPENCLAW_CONFIG_PATH") {
            Some(path) => absolute(path, &home, &cwd),
            None => usual_config(&state, &exists),
        };
        let workspace = if profile.is_some() || variable(seen, "OPENCLAW_STATE_DIR").is_some() {
            state.join("workspace")
        } else {
            home.join(".openclaw/workspace")
        };
        Ok(Self {
            home,
            state,
            config,
            workspace,
            profile,
            cwd,
        })
    }

    /// A path as OpenClaw reads it from its config: trimmed, `~` expanded, made absolute.
    pub fn expand(&self, path: &str) -> PathBuf {
        absolute(path, &self.home, &self.cwd)
    }

    /// The gateway's port where the config names none: 18789, or one made from the profile's name
    /// (FNV-1a, 32 bits, so that two profiles do not meet).
    pub fn usual_port(&self) -> u16 {
        let Some(profile) = &self.profile else {
            return 18_789;
        };
        let hash = profile.bytes().fold(2_166_136_261_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
        });
        u16::try_from(20_000 + hash % 40_000).expect("20000 + 39999 is a port")
    }
}

fn variable<'a>(seen: &'a Surroundings, name: &str) -> Option<&'a str> {
    seen.var(name).map(str::trim).filter(|v| !v.is_empty())
}

fn profile(seen: &Surroundings) -> Result<Option<String>, Why> {
    let Some(name) = variable(seen, "OPENCLAW_PROFILE") else {
        return Ok(None);
    };
    if name.eq_ignore_ascii_case("default") {
        return Ok(None);
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let starts = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if starts && name.len() <= 64 && name.chars().all(plain) {
        return Ok(Some(name.to_owned()));
    }
    Err(Why::new(
        WhyKind::Unparsable,
        format!(
            "OPENCLAW_PROFILE is `{}`, which is no profile's name",
            wash(name, 80)
        ),
    ))
}

fn usual_state(home: &Path, exists: &impl Fn(&Path) -> bool) -> PathBuf {
    let (new, old) = (home.join(".openclaw"), home.join(OLD_STATE));
    if !exists(&new) && exists(&old) {
        return old;
    }
    new
}

fn usual_config(state: &Path, exists: &impl Fn(&Path) -> bool) -> PathBuf {
    let (new, old) = (state.join(CONFIG), state.join(OLD_CONFIG));
    if !exists(&new) && exists(&old) {
        return old;
    }
    new
}

fn absolute(path: &str, home: &Path, cwd: &Path) -> PathBuf {
    let path = path.trim();
    match path.strip_prefix('~') {
        Some("") => home.to_path_buf(),
        Some(rest) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => cwd.join(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(env: &[(&str, &str)], there: &[&str]) -> Result<Place, Why> {
        let seen = Surroundings {
            env: env
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            home: "/home/op".into(),
            cwd: "/here".into(),
            ..Surroundings::default()
        };
        Place::of(&seen, |path| there.contains(&path.to_str().unwrap_or("")))
    }

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let state = ("OPENCLAW_STATE_DIR", "/s");
        let table: [(&[(&str, &str)], &str); 7] = [
            (&[], "/home/op/.openclaw/openclaw.json"),
            (&[("OPENCLAW_HOME", "/oc")], "/oc/.openclaw/openclaw.json"),
            (
                &[("OPENCLAW_PROFILE", "x")],
                "/home/op/.openclaw-x/openclaw.json",
            ),
            (
                &[("OPENCLAW_PROFILE", "Default")],
                "/home/op/.openclaw/openclaw.json",
            ),
            (&[state, ("OPENCLAW_PROFILE", "x")], "/s/openclaw.json"),
            (
                &[state, ("OPENCLAW_CONFIG_PATH", "~/c.json")],
                "/home/op/c.json",
            ),
            (&[("OPENCLAW_STATE_DIR", "rel")], "/here/rel/openclaw.json"),
        ];
        for (env, config) in table {
            let place = place(env, &[]).expect("a place");
            assert_eq!(place.config, Path::new(config), "{env:?}");
        }
    }

    #[test]
    fn old_names_are_read_only_where_no_new_ones_are() {
        let old = "/home/op/.clawdbot";
        let found = place(&[], &[old, "/home/op/.clawdbot/clawdbot.json"]).expect("a place");
        assert_eq!(found.config, Path::new("/home/op/.clawdbot/clawdbot.json"));
        let found = place(&[], &[old, "/home/op/.openclaw"]).expect("a place");
        assert_eq!(found.state, Path::new("/home/op/.openclaw"));
    }

    #[test]
    fn a_profile_that_could_leave_the_home_folder_is_refused() {
        let why = place(&[("OPENCLAW_PROFILE", "../../etc")], &[]).expect_err("no name");
        assert_eq!(why.kind, WhyKind::Unparsable);
    }

    #[test]
    fn a_profile_has_a_port_of_its_own() {
        assert_eq!(place(&[], &[]).expect("a place").usual_port(), 18_789);
        let dev = place(&[("OPENCLAW_PROFILE", "work")], &[]).expect("a place");
        assert!((20_000..60_000).contains(&dev.usual_port()));
    }
}
