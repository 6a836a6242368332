//! What a gateway's container says of itself: whose it runs as, where OpenClaw keeps its state and
//! whether it may, and which release it is. One constant script asks it all.

use std::os::unix::fs::MetadataExt;

use super::reach;
use crate::deadline::Deadline;
use crate::engine::{Engine, Inspected};
use crate::facts::docker::{Endpoint, Owner};
use crate::facts::openclaw::StateFolder;
use crate::facts::{Reading, Why, WhyKind};
use crate::surroundings::Surroundings;
use crate::text::wash;

/// OpenClaw's own order of where its state is (<https://docs.openclaw.ai/help/environment>), as the
/// container's own user and environment have it. The folders in it are those that a turn writes to.
const SCRIPT: &str = r#"
s=${OPENCLAW_STATE_DIR:-}
if [ -z "$s" ]; then
  n=.openclaw
  case ${OPENCLAW_PROFILE:-default} in default) ;; *) n=.openclaw-$OPENCLAW_PROFILE ;; esac
  h=${OPENCLAW_HOME:-${HOME:-}}
  s=${h%/}/$n
fi
r=$(readlink -f "$s" 2>/dev/null)
s=${r:-$s}
echo "uid=$(id -u)"
echo "groups=$(id -G)"
echo "state=$s"
p=$s
while [ -n "$p" ] && [ ! -e "$p" ]; do p=${p%/*}; done
o=${p:-/}
for f in "$o" "$s/agents" "$s/sandboxes" "$s/state" "$s/workspace"; do
  if [ -d "$f" ] && [ ! -w "$f" ]; then
    o=$f
    echo "refused=$f"
    break
  fi
done
echo "owner=$(stat -c '%u %g %a' "$o" 2>/dev/null)"
b=$(command -v openclaw) && b=$(readlink -f "$b")
for f in "${b%/*}/package.json" /app/package.json /usr/local/lib/node_modules/openclaw/package.json; do
  grep -q '"name": *"openclaw"' "$f" 2>/dev/null || continue
  echo "version=$(sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' "$f" | head -n 1)"
  break
done
exit 0
"#;

/// A path in a container may be long.
const LONGEST: usize = 1000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub uid: Option<u32>,
    pub groups: Vec<u32>,
    /// OpenClaw's.
    pub version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub user: User,
    pub state: StateFolder,
}

pub async fn ask(engine: &Engine, found: &Inspected, d: Deadline) -> Result<Told, Why> {
    let said = engine.exec(&found.id, &["sh", "-c", SCRIPT], d).await;
    let said = said.map_err(|error| error.to_why())?;
    // One that was cut off says too little.
    let whole = Some(said).filter(|said| said.exit_code == 0);
    whole.and_then(|said| told(&said.stdout)).ok_or_else(|| {
        let words = "the gateway's container does not tell where OpenClaw's state is";
        Why::new(WhyKind::Failed, words)
    })
}

/// The first line of each kind counts: a path with a line break cannot add one before it.
fn told(text: &str) -> Option<Told> {
    let line = |key: &str| {
        let mut lines = text.lines().filter_map(|line| line.split_once('='));
        lines.find_map(|(name, value)| (name == key).then_some(value))
    };
    let path = line("state").filter(|path| path.starts_with('/'))?;
    let version = line("version").filter(|version| !version.is_empty());
    Some(Told {
        user: User {
            uid: line("uid").and_then(|uid| uid.parse().ok()),
            groups: numbers(line("groups").unwrap_or_default()),
            version: version.map(|version| wash(version, 40)),
        },
        state: StateFolder {
            path: wash(path, LONGEST),
            refused: line("refused").map(|path| wash(path, LONGEST)),
            owner: line("owner").and_then(owner),
        },
    })
}

fn numbers(text: &str) -> Vec<u32> {
    text.split_whitespace()
        .filter_map(|number| number.parse().ok())
        .take(256)
        .collect()
}

fn owner(text: &str) -> Option<Owner> {
    let mut words = text.split(' ');
    let (uid, gid, mode) = (words.next()?, words.next()?, words.next()?);
    u32::from_str_radix(mode, 8).ok()?;
    Some(Owner {
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        mode: mode.to_owned(),
        group: None,
        members: Vec::new(),
    })
}

/// Of one that cannot be asked (it restarts again and again, it has no shell): what its settings
/// and, on this machine's own engine, the folder that is mounted there say.
/// Blocks.
pub fn from_outside(
    endpoint: Option<&Endpoint>,
    found: &Inspected,
    why: Why,
) -> (User, Reading<Box<StateFolder>>) {
    let user = set(found);
    let here = endpoint.is_some_and(|endpoint| endpoint.url.starts_with("unix://"));
    let mount = found
        .mounts
        .iter()
        .find(|mount| mount.kind == "bind" && mount.target.ends_with("/.openclaw"));
    // Elsewhere the engine's machine is a VM, whose folders show each reader itself as the owner.
    let (true, true, Some(mount), Some(uid)) = (here, !Surroundings::is_mac(), mount, user.uid)
    else {
        return (user, Reading::Unknown(why));
    };
    let Ok(data) = std::fs::metadata(&mount.source) else {
        return (user, Reading::Unknown(why));
    };
    let may = reach::may_write(data.uid(), data.gid(), data.mode(), uid, &user.groups);
    let state = StateFolder {
        path: mount.target.clone(),
        refused: (!may).then(|| mount.target.clone()),
        owner: Some(Owner {
            uid: data.uid(),
            gid: data.gid(),
            mode: format!("{:o}", data.mode() & 0o7777),
            group: None,
            members: Vec::new(),
        }),
    };
    (
        user,
        Reading::known(Box::new(state), "the folder that is mounted"),
    )
}

/// As the container is made.
pub fn set(found: &Inspected) -> User {
    let (name, group) = found.user.split_once(':').unwrap_or((&found.user, ""));
    let uid = match name {
        "" | "root" => Some(0),
        // The user of OpenClaw's own image, and of Node.js' that it is made from.
        "node" => Some(1000),
        uid => uid.parse().ok(),
    };
    let added = found
        .group_add
        .iter()
        .filter_map(|group| group.parse().ok());
    let own = match (group, name) {
        ("", "node") => Some(1000),
        (group, _) => group.parse().ok(),
    };
    User {
        uid,
        groups: added.chain(own).collect(),
        version: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::sandbox::StandingMount;

    #[test]
    fn what_the_script_says_is_read_and_washed() {
        let text = "uid=1000\ngroups=1000 103\nstate=/home/no\u{1b}[2Jde/.openclaw\n\
            refused=/home/node/.openclaw/agents\nowner=0 0 755\nversion=2026.9.6\nuid=0\n";
        let told = told(text).expect("it is whole");
        assert_eq!(told.user.uid, Some(1000));
        assert_eq!(told.user.groups, [1000, 103]);
        assert_eq!(told.user.version.as_deref(), Some("2026.9.6"));
        assert!(!told.state.path.contains('\u{1b}'), "{:?}", told.state.path);
        let owner = told.state.owner.expect("it is told");
        assert_eq!((owner.uid, owner.gid, owner.mode.as_str()), (0, 0, "755"));
    }

    #[test]
    fn what_says_no_folder_is_no_answer() {
        for text in ["", "state=\n", "state=.openclaw\n", "sh: not found\n"] {
            assert_eq!(told(text), None, "{text}");
        }
        let told = told("state=/s\nowner=\nversion=\nuid=x\n").expect("a folder");
        assert_eq!(told.state.owner, None);
        assert_eq!(told.user, User::default());
    }

    #[test]
    fn a_container_that_cannot_be_asked_is_judged_by_the_folder_that_is_mounted() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = std::fs::metadata(folder.path()).expect("own folder").uid();
        let endpoint: Endpoint = serde_json::from_value(serde_json::json!({
            "url": "unix:///run/docker.sock", "source": "default", "context": "default",
        }))
        .expect("an endpoint");
        let found = |user: String| Inspected {
            user,
            mounts: vec![StandingMount {
                kind: "bind".to_owned(),
                source: folder.path().to_string_lossy().into_owned(),
                target: "/home/node/.openclaw".to_owned(),
                read_only: false,
            }],
            ..Inspected::default()
        };
        let why = || Why::new(WhyKind::Failed, "it restarts");
        let (user, state) = from_outside(Some(&endpoint), &found((own + 1).to_string()), why());
        assert_eq!(user.uid, Some(own + 1));
        if !Surroundings::is_mac() {
            let state = state.get().expect("it is there");
            assert_eq!(state.refused.as_deref(), Some("/home/node/.openclaw"));
            assert_eq!(state.owner.as_ref().map(|owner| owner.uid), Some(own));
            let (_, state) = from_outside(Some(&endpoint), &found(own.to_string()), why());
            assert_eq!(state.get().expect("it is there").refused, None);
        }
        // Another machine's files are not ours.
        let (_, state) = from_outside(None, &found("node".to_owned()), why());
        assert_eq!(state.get().expect_err("not known").detail, "it restarts");
    }
}
