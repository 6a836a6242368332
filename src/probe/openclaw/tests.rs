//! An OpenClaw on disk, whole, broken and absent.

use super::*;
use crate::surroundings::Surroundings;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A home folder of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str, mode: u32) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(&path, text).expect("it can be written");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("it is ours");
    }

    fn world(&self) -> World {
        let env = [
            ("PATH", self.at("bin")),
            ("CLAWDOCTOR_STATE_DIR", self.at("state")),
        ];
        World {
            operator: Surroundings {
                env: env
                    .into_iter()
                    .map(|(key, path)| (key.to_owned(), path.to_string_lossy().into_owned()))
                    .collect(),
                home: self.0.path().to_path_buf(),
                ..Surroundings::default()
            },
            ..World::default()
        }
    }

    async fn read(&self) -> OpenclawPart {
        openclaw(&self.world(), Deadline::after(Duration::from_secs(20))).await
    }
}

fn kind<T>(reading: &Reading<T>) -> WhyKind {
    match reading {
        Reading::Known { .. } => panic!("it is known"),
        Reading::Unknown(why) => why.kind,
    }
}

const CONFIG: &str = ".openclaw/openclaw.json";

#[tokio::test]
async fn a_node_is_read_from_its_files_in_milliseconds() {
    let home = Home::new();
    home.write(
        CONFIG,
        "{agents: {defaults: {sandbox: {mode: 'all'}}}}",
        0o600,
    );
    let begun = Instant::now();
    let part = home.read().await;
    assert!(begun.elapsed() < Duration::from_millis(500));
    let agents = part.agents.get().expect("the file tells");
    assert_eq!(agents[0].id, "main");
    let me = fs::metadata(home.0.path()).expect("it is there");
    let owner = {
        use std::os::unix::fs::MetadataExt;
        format!("{}:{}", me.uid(), me.gid())
    };
    assert_eq!(agents[0].sandbox.workspace_owner, Some(owner));
    assert!(part.elevated.get().expect("the file tells").enabled);
    assert!(!home.at("state").exists(), "nothing is written for it");
}

#[tokio::test]
async fn a_missing_or_broken_config_leaves_nothing_known() {
    let home = Home::new();
    let part = home.read().await;
    assert_eq!(kind(&part.config), WhyKind::Absent);
    assert_eq!(kind(&part.agents), WhyKind::Absent);
    home.write(CONFIG, "{agents:", 0o600);
    let part = home.read().await;
    assert_eq!(kind(&part.config), WhyKind::Unparsable);
    assert_eq!(kind(&part.elevated), WhyKind::Unparsable);
    home.write(
        CONFIG,
        "{agents: {defaults: {sandbox: {mode: 'on'}}}}",
        0o600,
    );
    let part = home.read().await;
    assert_eq!(part.config.get().expect("it parses").refused.len(), 1);
    assert_eq!(kind(&part.agents), WhyKind::Unparsable);
}

const ASKED: &str = r#"#!/bin/sh
echo x >> "${0%/*}/calls"
case "$3" in
agents) echo '{"defaults":{"sandbox":{"mode":"all","docker":{"env":{"KEY":"hunter2"}}}}}' ;;
tools) echo '{"ok":false,"error":{"message":"Unknown config path: tools"}}'; exit 1 ;;
*) echo 'OpenClaw 2026.9.6 (eb377ac)' ;;
esac
"#;

#[tokio::test]
async fn a_config_that_includes_others_is_asked_of_openclaw_once() {
    let home = Home::new();
    home.write("bin/openclaw", ASKED, 0o755);
    home.write(CONFIG, "{$include: './more.json'}", 0o600);
    home.write(".openclaw/more.json", "{}", 0o600);
    let calls = || fs::read_to_string(home.at("bin/calls")).map_or(0, |text| text.lines().count());
    for expected in [3, 4] {
        let part = home.read().await;
        let agents = part.agents.get().expect("its CLI tells");
        assert_eq!(agents[0].sandbox.mode, crate::facts::openclaw::Mode::All);
        assert_eq!(agents[0].sandbox.docker.env, ["KEY"]);
        assert_eq!(
            calls(),
            expected,
            "the second time only the version is asked"
        );
    }
    for file in fs::read_dir(home.at("state/cache")).expect("it was kept") {
        let file = file.expect("it is there").path();
        assert!(!fs::read_to_string(&file).expect("text").contains("hunter2"));
        assert_eq!(
            fs::metadata(&file).expect("there").permissions().mode() & 0o777,
            0o600
        );
    }
    home.write(".openclaw/more.json", "{a: 1}", 0o600);
    home.read().await;
    assert_eq!(calls(), 7, "another included text is another question");
}

#[tokio::test]
async fn without_openclaw_an_include_stays_unknown() {
    let home = Home::new();
    home.write(CONFIG, "{$include: './more.json'}", 0o600);
    let part = home.read().await;
    assert!(part.config.get().expect("it parses").includes);
    assert_eq!(kind(&part.agents), WhyKind::Absent);
    home.write("bin/openclaw", "#!/bin/sh\nexit 1", 0o755);
    assert_eq!(kind(&home.read().await.agents), WhyKind::Failed);
}
