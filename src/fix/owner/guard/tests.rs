use super::*;

fn rules() -> Rules {
    Rules {
        allowed_roots: [
            "/srv/claw/workspace",
            "/home/mia/.openclaw/workspace",
            "/home/mia/.openclaw/sandboxes",
            "/home/mia/projects",
            "/Users/Kim/openclaw",
            "/data/team",
            "/tmp/claw-ws",
            "/private/tmp/ws2",
        ]
        .map(PathBuf::from)
        .to_vec(),
        homes: ["/home/mia", "/Users/Kim", "/data/team/homes/bo"]
            .map(PathBuf::from)
            .to_vec(),
        secrets: vec![PathBuf::from("/srv/claw/state/credentials")],
    }
}

fn rule(path: &str) -> Option<Rule> {
    refuse(Path::new(path), &rules()).map(|refusal| refusal.rule)
}

#[test]
fn a_configured_workspace_and_what_is_in_it_may_be_changed() {
    for path in [
        "/srv/claw/workspace",
        "/srv/claw/workspace/",
        "/srv/claw/workspace/a/.git",
        "/home/mia/.openclaw/workspace",
        "/home/mia/.openclaw/sandboxes/workspace-1",
        "/home/mia/projects/x",
        "/Users/Kim/openclaw/ws",
        "/tmp/claw-ws",
        "/tmp/ws2/x",
    ] {
        assert_eq!(rule(path), None, "{path}");
    }
}

#[test]
fn a_folder_that_nobody_configured_is_refused() {
    for path in [
        "/srv/claw/workspaces",
        "/srv/other",
        "/home/mia/other",
        "/opt/x",
        "/var/lib/openclaw",
        "/Users/Kim/open",
    ] {
        assert_eq!(rule(path), Some(Rule::NotConfigured), "{path}");
    }
}

#[test]
fn system_folders_are_refused_however_they_are_written() {
    for path in [
        "/",
        "/etc",
        "/ETC/ssh",
        "/usr/local/x",
        "/lib64",
        "/proc/self",
        "/run/user/1000",
        "/var",
        "/var/lib/docker/volumes/x/_data",
        "/opt",
        "/home",
        "/tmp",
        "/tmp/",
        "/private/etc",
        "/private/var/db/x",
        "/private",
        "/System/Volumes/Data/Users/Kim",
        "/Library/x",
        "/users",
        "/Volumes",
    ] {
        assert_eq!(rule(path), Some(Rule::System), "{path}");
    }
}

#[test]
fn no_configuration_lifts_a_rule() {
    for (root, path, wanted) in [
        ("/", "/srv/x", Rule::NotConfigured),
        ("/etc", "/etc/x", Rule::System),
        ("/home/mia", "/home/mia/x", Rule::NotConfigured),
        ("/home/mia", "/home/mia", Rule::Home),
        ("/home/mia/.ssh", "/home/mia/.ssh", Rule::Secrets),
        ("/home", "/home/zoe/x", Rule::NotConfigured),
        ("x", "x", Rule::Relative),
    ] {
        let rules = Rules {
            allowed_roots: vec![root.into()],
            ..rules()
        };
        let refusal = refuse(Path::new(path), &rules).expect("a refusal");
        assert_eq!(refusal.rule, wanted, "{root} {path}");
    }
}

#[test]
fn homes_and_what_is_above_them_are_refused_and_named() {
    for path in [
        "/home/mia",
        "/users/kim",
        "/home/nobody-we-know",
        "/root",
        "/private/var/root",
    ] {
        assert_eq!(rule(path), Some(Rule::Home), "{path}");
    }
    let refusal = refuse(Path::new("/data/team/homes"), &rules()).expect("a refusal");
    assert_eq!(refusal.rule, Rule::AboveHome);
    assert_eq!(
        refusal.to_string(),
        "/data/team/homes is left alone: the home folder /data/team/homes/bo lies in it"
    );
    assert_eq!(rule("/data/team"), Some(Rule::AboveHome));
}

#[test]
fn folders_with_secrets_are_refused() {
    for path in [
        "/home/mia/.ssh",
        "/home/mia/.config/gh",
        "/home/zoe/.aws",
        "/root/.docker",
        "/Users/Kim/Library/Keychains",
        "/home/mia/.openclaw",
        "/home/mia/.openclaw-dev",
        "/home/mia/.openclaw/credentials/x",
        "/srv/claw/state/credentials/a",
        "/srv/claw/state",
    ] {
        assert_eq!(rule(path), Some(Rule::Secrets), "{path}");
    }
}

#[test]
fn a_crooked_path_is_refused() {
    for path in [
        "/srv/claw/workspace/../../../etc",
        "/srv/claw/workspace/./x",
        "/srv//claw/workspace",
        "//srv/claw/workspace",
        "/srv/claw/workspace/..",
    ] {
        assert_eq!(rule(path), Some(Rule::Crooked), "{path}");
    }
    assert_eq!(rule("srv/claw/workspace"), Some(Rule::Relative));
    assert_eq!(rule(""), Some(Rule::Relative));
}

#[test]
fn a_home_of_the_root_folder_does_not_refuse_the_whole_machine() {
    let rules = Rules {
        homes: vec!["/".into()],
        ..rules()
    };
    assert_eq!(refuse(Path::new("/srv/claw/workspace"), &rules), None);
}

#[test]
fn each_refusal_says_its_rule() {
    let said = |path: &str| {
        refuse(Path::new(path), &rules())
            .expect("a refusal")
            .to_string()
    };
    assert_eq!(
        said("/etc/x"),
        "/etc/x is left alone: /etc belongs to the system"
    );
    assert_eq!(
        said("/home/mia/.ssh/keys"),
        "/home/mia/.ssh/keys is left alone: /home/mia/.ssh holds credentials or settings"
    );
    assert_eq!(
        said("a\x1b"),
        "a\\u{1b} is left alone: not an absolute path"
    );
}
