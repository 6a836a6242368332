//! Dashboards for tests: an engine's events as a test wants them told, on a clock of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Scene;
use crate::facts::openclaw::Agent;
use crate::facts::sandbox::StandingMount;
use crate::headroom::{GatewayPlace, Headroom, Input};
use crate::live::event::{
    Cost, Detail, Event, Life, Link, Listed, Listing, Moment, Node, Sample, Stamped, Turn,
};
use crate::live::model::Model;
use crate::live::scope::{Labels, Scope};
use crate::tui::msg::{Cmd, Msg};
use crate::tui::screen::Screen;
use crate::tui::screen::live::Live;

pub const MIB: u64 = 1 << 20;
pub const GIB: u64 = 1 << 30;
const IMAGE: &str = "openclaw-sandbox:bookworm-slim";
/// What the wall clock showed when the app was opened: 13:46:40 UTC.
const EPOCH: Moment = Moment(1_795_010_800_000_000_000);

pub fn rules() -> Headroom {
    toml::from_str(
        "memory-cap = \"512 MiB\"\ncpu-cap = 0.5\nhost-reserve = \"6 GiB\"\n\
         system-reserve = \"1 GiB\"\nsystem-share = 0.15\ngateway = \"500 MiB\"\n\
         keep-share = 0.5\nkeep-most = \"6 GiB\"\ndisk-reserve = \"5 GiB\"\n\
         disk-per-sandbox = \"256 MiB\"\ncpu-reserve = 2",
    )
    .expect("the parameters of the shipped check")
}

pub fn room() -> Input {
    Input {
        engine_memory: 48 * GIB,
        host_memory: Some(64 * GIB),
        gateway: GatewayPlace::Host,
        others: 0,
        sandboxes: Vec::new(),
        engine_cpus: 14,
        host_cpus: Some(16),
        disk_free: Some(80 * GIB),
        largest_layer: None,
        pressure: None,
        memory_cap: Some(512 * MIB),
        cpu_cap: Some(0.5),
    }
}

pub fn at(milliseconds: i64) -> Moment {
    Moment(EPOCH.0 + milliseconds * 1_000_000)
}

/// Names that want to be something else, as the door lets them through.
pub const HOSTILE: [&str; 5] = [
    "\\u{1b}[31mred\\u{1b}[0m \\u{202e}gnorw",
    "日本語の長い名前を持つサンドボックス",
    "e\u{301}\u{301}\u{301}\u{301}\u{301} combining",
    "👩‍👩‍👧‍👦 family 👍🏽",
    "%s %d {} ' \" \\ $(reboot)",
];

pub fn labels(key: &str) -> Labels {
    Labels::of_sandbox(Some(key))
}

fn name_of(id: &str) -> String {
    format!("openclaw-sbx-{id}")
}

/// The app on its dashboard, before the feed has told anything.
pub fn dashboard(width: u16, height: u16) -> Scene {
    let mut scene = Scene::open(width, height);
    let model = Model::new(Scope::default(), rules());
    scene.app.live = Some(Box::new(Live::new(model, EPOCH)));
    scene.keys("2");
    assert_eq!(scene.app.screen, Screen::Live);
    scene
}

impl Scene {
    pub fn live(&self) -> &Live {
        self.app.live.as_deref().expect("a dashboard")
    }

    /// An event, learnt at the present time.
    pub fn hear(&mut self, what: Event) {
        let at = self.live().ours(self.app.now);
        self.send(Msg::Live(Stamped { at, what }));
    }

    pub fn link(&mut self, link: Link) {
        self.hear(Event::Link(link));
    }

    /// What happened to this one, at this instant.
    pub fn happen(&mut self, id: &str, key: &str, turn: Turn) {
        let stamp = self.live().ours(self.app.now);
        self.hear(Event::Happened(Box::new(Life {
            id: id.to_owned(),
            stamp,
            turn,
            name: name_of(id),
            image: IMAGE.to_owned(),
            labels: labels(key),
        })));
    }

    pub fn list(&mut self, containers: Vec<Listed>) {
        let asked = self.live().ours(self.app.now);
        self.hear(Event::Listed(Listing { asked, containers }));
    }

    pub fn detail(&mut self, id: &str, key: &str, change: impl FnOnce(&mut Detail)) {
        self.hear(Event::Detailed(Box::new(detail(id, key, change))));
    }

    pub fn sample(&mut self, id: &str, cores: f64, memory: u64) {
        let read = self.live().ours(self.app.now);
        let one = &self.live().model.sandboxes[id];
        let last = one.usage.last.as_ref().map(|(_, sample)| sample);
        let (from, counted) = match last {
            Some(last) => (last.read, last.cpu.unwrap_or(0)),
            None => (one.started.unwrap_or(read), 0),
        };
        let used = read.since(from).mul_f64(cores).as_nanos();
        let cpu = counted + u64::try_from(used).unwrap_or(0);
        let second = self.app.now.as_secs();
        self.hear(Event::Sampled(Box::new(Sample {
            id: id.to_owned(),
            read,
            cpu: Some(cpu),
            throttled: Some(0),
            memory: Some(memory),
            memory_limit: Some(512 * MIB),
            pids: Some(7),
            received: Some(second * 1200),
            sent: Some(second * 300),
            disk_read: Some(0),
            disk_written: Some(second * 4096),
        })));
    }

    pub fn wake(&mut self) {
        self.send(Msg::Wake);
    }

    pub fn pass(&mut self, milliseconds: u64) {
        self.app.now += Duration::from_millis(milliseconds);
    }

    pub fn looks(&self) -> Vec<&crate::live::sampling::Sight> {
        let looks = self.cmds.iter().filter_map(|cmd| match cmd {
            Cmd::Look(sight) => Some(sight),
            _ => None,
        });
        looks.collect()
    }
}

pub fn listed(id: &str, key: &str, state: &str) -> Listed {
    Listed {
        id: id.to_owned(),
        name: name_of(id),
        image: IMAGE.to_owned(),
        state: state.to_owned(),
        created: at(-3_600_000),
        labels: labels(key),
    }
}

/// As OpenClaw makes one.
pub fn detail(id: &str, key: &str, change: impl FnOnce(&mut Detail)) -> Detail {
    let mut detail = Detail {
        asked: at(0),
        labels: labels(key),
        created: Some(at(-3_600_000)),
        started: Some(at(-3_599_550)),
        restarts: Some(0),
        ..Detail::default()
    };
    let standing = &mut detail.standing;
    standing.id = id.to_owned();
    standing.name = name_of(id);
    standing.state = "running".to_owned();
    standing.image = IMAGE.to_owned();
    standing.image_id = "sha256:1111".to_owned();
    standing.user = "1000:1000".to_owned();
    standing.memory = 512 * MIB;
    standing.memory_swap = 512 * 1024 * 1024;
    standing.cpus = 0.5;
    standing.pids_limit = 256;
    standing.init = true;
    standing.network_mode = "none".to_owned();
    standing.read_only_root = true;
    standing.cap_drop = vec!["ALL".to_owned()];
    standing.security_opt = vec!["no-new-privileges".to_owned()];
    change(&mut detail);
    detail
}

/// The configuration that those of `detail` were made from.
pub fn agent(id: &str) -> Agent {
    let agents = super::m4().openclaw.agents;
    let mut agent = agents.get().expect("the recorded Mac has agents")[0].clone();
    agent.id = id.to_owned();
    let docker = &mut agent.sandbox.docker;
    docker.image = IMAGE.to_owned();
    docker.memory = Some(512 * MIB);
    docker.cpus = Some(0.5);
    docker.pids_limit = Some(256);
    docker.network = "none".to_owned();
    docker.read_only_root = true;
    docker.cap_drop = vec!["ALL".to_owned()];
    docker.user = Some("1000:1000".to_owned());
    agent
}

pub fn node() -> Node {
    Node {
        engine: Some("docker-desktop 4.90.0".to_owned()),
        clock: Some(0),
        engine_memory: Some(48 * GIB),
        engine_cpus: Some(14),
        agents: Some(vec![agent("main"), agent("ops"), agent("research")]),
        images: BTreeMap::from([(IMAGE.to_owned(), "sha256:1111".to_owned())]),
        room: Some(room()),
        ..Node::default()
    }
}

pub fn key(index: usize) -> String {
    let agents = ["main", "ops", "research"];
    let agent = agents[index % agents.len()];
    format!("agent:{agent}:telegram:{index}:workspace:7e3a")
}

pub fn id(index: usize) -> String {
    format!(
        "{:08x}{index:04}",
        0x9e37_79b9_u32.wrapping_mul(u32::try_from(index + 1).unwrap_or(1))
    )
}

/// Two seconds after the app was opened, the engine has answered and nothing is there.
pub fn empty(width: u16, height: u16) -> Scene {
    let mut scene = dashboard(width, height);
    scene.at(20);
    scene.link(Link::Connecting);
    scene.at(60);
    scene.link(Link::Up);
    scene.hear(Event::Node(Box::new(node())));
    scene.at(70);
    scene.list(Vec::new());
    scene.at(2000);
    scene.hear(Event::Cost(Cost {
        cores: 0.004,
        resident: Some(9 * MIB),
        samples: 24,
        questions: 30,
        dropped: 0,
        seconds: 2.0,
    }));
    scene.wake();
    scene
}

/// Fifty sandboxes of three agents: most idle, some busy, one starting, one exited, one with
/// drift, one in danger.
pub fn busy(width: u16, height: u16) -> Scene {
    let mut scene = empty(width, height);
    scene.at(2000);
    let containers = (0..48).map(|index| listed(&id(index), &key(index), "running"));
    scene.list(containers.collect());
    scene.at(2010);
    for index in 0..48 {
        scene.detail(&id(index), &key(index), |detail| {
            detail.asked = at(2001);
            detail.created = Some(at(-60_000 * i64::try_from(index + 1).unwrap_or(1)));
            detail.started = detail.created.map(|at| at.plus(Duration::from_millis(450)));
            match index {
                3 => detail.standing.memory = 0,
                5 => {
                    detail.standing.mounts.push(StandingMount {
                        kind: "bind".to_owned(),
                        source: "/var/run/docker.sock".to_owned(),
                        target: "/var/run/docker.sock".to_owned(),
                        read_only: false,
                    });
                    detail.standing.user = "root".to_owned();
                }
                7 => detail.standing.image_id = "sha256:0000".to_owned(),
                _ => {}
            }
        });
    }
    scene.at(2100);
    for index in 0..48 {
        let load = u64::try_from(index).unwrap_or(0);
        let cores = if index % 7 == 0 { 0.0 } else { 0.008 };
        scene.sample(&id(index), cores, (20 + 3 * load) * MIB);
    }
    scene.at(2500);
    for index in [0, 4, 9] {
        scene.happen(&id(index), &key(index), call("1"));
    }
    scene.at(3000);
    scene.happen(&id(48), &key(48), Turn::Created);
    scene.at(3100);
    for index in 0..48 {
        let load = u64::try_from(index).unwrap_or(0);
        let cores = if [0, 4, 9].contains(&index) {
            0.42
        } else {
            0.001
        };
        scene.sample(&id(index), cores, (20 + 3 * load) * MIB);
    }
    scene.at(3150);
    scene.sample(&id(4), 0.42, 470 * MIB);
    scene.happen(&id(48), &key(48), Turn::Started);
    scene.at(3200);
    scene.happen(&id(9), &key(9), call_end("1", 0));
    scene.happen(&id(49), &key(49), Turn::Created);
    scene.at(3600);
    scene.wake();
    scene
}

pub fn call(exec: &str) -> Turn {
    Turn::CallStarted {
        exec: exec.to_owned(),
        command: None,
    }
}

pub fn call_end(exec: &str, exit_code: i64) -> Turn {
    Turn::CallEnded {
        exec: exec.to_owned(),
        exit_code: Some(exit_code),
    }
}

pub fn died(exit_code: i64) -> Turn {
    Turn::Died {
        exit_code: Some(exit_code),
    }
}

/// Twelve short-lived ones of one agent fail within six seconds; one call of another is killed
/// for memory, and one container after it.
pub fn failing(width: u16, height: u16) -> Scene {
    let mut scene = busy(width, height);
    for index in 100..112 {
        scene.pass(200);
        scene.happen(&id(index), &key(99), Turn::Created);
        scene.pass(150);
        scene.happen(&id(index), &key(99), Turn::Started);
        scene.pass(150);
        scene.happen(&id(index), &key(99), died(1));
        scene.pass(10);
        scene.happen(&id(index), &key(99), Turn::Destroyed);
    }
    scene.pass(1000);
    scene.happen(&id(4), &key(4), Turn::Oom);
    scene.pass(60);
    scene.happen(&id(4), &key(4), call_end("1", 137));
    scene.pass(1000);
    scene.happen(&id(8), &key(8), Turn::Oom);
    scene.pass(60);
    scene.happen(&id(8), &key(8), died(137));
    scene.pass(2000);
    scene.happen(&id(10), &key(10), died(137));
    scene.pass(3000);
    scene.wake();
    scene
}

/// Three hundred, most of them out of sight.
pub fn many(width: u16, height: u16) -> Scene {
    let mut scene = busy(width, height);
    for index in 200..450 {
        scene.happen(&id(index), &key(index), Turn::Created);
        scene.happen(&id(index), &key(index), Turn::Started);
    }
    scene.pass(2000);
    scene.wake();
    scene
}
