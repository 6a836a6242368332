//! Whether SELinux is what refuses a mount: it says no with the same error as owners and modes do,
//! and only shows by their saying yes.

use crate::facts::Facts;
use crate::facts::host::Selinux;
use crate::facts::sandbox::{Access, Inside, MountProbe};

/// Of the engine's security options, where it labels its containers.
const LABELS: &str = "name=selinux";

/// Whether it is the likely cause of what was refused with `EACCES`: it is enforced, the engine
/// labels containers, and owner and mode, as far as they can be seen, would allow it.
pub(super) fn refuses(facts: &Facts, inside: &Inside, mount: &MountProbe) -> bool {
    let is_enforced = facts.host.selinux.get() == Ok(&Selinux::Enforcing);
    // An engine that does not label them leaves its containers unconfined.
    let labels = facts.docker.info.get().map_or(true, |info| {
        let mut options = info.security_options.iter();
        options.any(|option| option.split(',').next() == Some(LABELS))
    });
    // The engine labels its own volumes.
    let is_folder = mount.source.starts_with('/');
    let is_refused = mount.error.as_deref() == Some("EACCES");
    is_enforced && labels && is_folder && is_refused && allow(inside, mount) != Some(false)
}

/// Whether owner and mode allow what is expected; none where they cannot be seen, which SELinux
/// may refuse as well. Sandboxes have no capability that would overrule them.
fn allow(inside: &Inside, mount: &MountProbe) -> Option<bool> {
    let ids = inside.ids.get().ok()?;
    let (owner, mode) = mount.owner.as_deref()?.split_once(' ')?;
    let (uid, gid) = owner.split_once(':')?;
    let (uid, gid): (u32, u32) = (uid.parse().ok()?, gid.parse().ok()?);
    let mode = u32::from_str_radix(mode, 8).ok()?;
    let granted = if ids.uid == uid {
        mode >> 6
    } else if ids.gid == gid {
        mode >> 3
    } else {
        mode
    };
    let needed = match mount.expected {
        Access::Write => 0o2,
        Access::Read => 0o4,
        Access::None => 0,
    };
    Some(granted & needed == needed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Reading;
    use crate::facts::docker::Info;
    use crate::facts::sandbox::Ids;

    fn node(selinux: Selinux, options: &[&str]) -> Facts {
        let info = Info {
            security_options: options.iter().map(|one| (*one).to_owned()).collect(),
            ..serde_json::from_value(serde_json::json!({
                "name": "n", "operating_system": "Fedora", "memory": 1, "cpus": 1,
            }))
            .expect("an answer")
        };
        let mut facts = Facts::default();
        facts.host.selinux = Reading::known(selinux, "a test");
        facts.docker.info = Reading::known(info, "a test");
        facts
    }

    fn mount(owner: Option<&str>, error: &str) -> (Inside, MountProbe) {
        let inside = serde_json::from_value::<Inside>(serde_json::json!({
            "agents": ["main"], "image": "i", "network": "none", "start": {"unknown": "not-asked", "detail": "x"},
        }));
        let inside = Inside {
            ids: Reading::known(
                Ids {
                    uid: 1000,
                    gid: 1000,
                },
                "a test",
            ),
            ..inside.expect("a probe")
        };
        let mount = serde_json::from_value::<MountProbe>(serde_json::json!({
            "target": "/data", "source": "/srv/data", "role": "bind", "expected": "write",
            "found": {"known": "none", "from": "a test"}, "error": error, "owner": owner,
        }));
        (inside, mount.expect("a mount"))
    }

    #[test]
    fn it_is_named_only_where_owner_and_mode_would_allow_it() {
        let on = node(
            Selinux::Enforcing,
            &["name=seccomp,profile=builtin", "name=selinux"],
        );
        for (owner, is_named) in [
            (Some("1000:1000 700"), true),
            (Some("0:1000 770"), true),
            (Some("0:0 777"), true),
            (Some("0:0 1777"), true),
            (None, true),
            (Some("no numbers"), true),
            (Some("0:0 755"), false),
            (Some("1000:1000 577"), false),
            (Some("0:1000 757"), false),
        ] {
            let (inside, mount) = mount(owner, "EACCES");
            assert_eq!(refuses(&on, &inside, &mount), is_named, "{owner:?}");
        }
    }

    #[test]
    fn it_is_not_named_where_it_cannot_be_the_cause() {
        let (inside, refused) = mount(Some("1000:1000 700"), "EACCES");
        for (selinux, options) in [
            (Selinux::Permissive, &["name=selinux"][..]),
            (Selinux::Absent, &["name=selinux"]),
            (
                Selinux::Enforcing,
                &["name=apparmor", "name=seccomp,profile=default"],
            ),
        ] {
            let facts = node(selinux, options);
            assert!(
                !refuses(&facts, &inside, &refused),
                "{selinux:?} {options:?}"
            );
        }
        assert!(!refuses(&Facts::default(), &inside, &refused));
        let on = node(Selinux::Enforcing, &["name=selinux"]);
        let (inside, mount) = mount(Some("1000:1000 700"), "EROFS");
        assert!(!refuses(&on, &inside, &mount));
        let volume = MountProbe {
            source: "cache".to_owned(),
            ..refused
        };
        assert!(!refuses(&on, &inside, &volume));
    }
}
