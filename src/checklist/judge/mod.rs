//! The judges: a closed set of pure functions of [`Facts`] and a check's parameters. No clock, no
//! I/O, no `cfg`. One file per area; the table below is the whole set, and each row says which
//! sections of the facts its judge reads, so that only those are gathered.

mod agents;
pub mod custom;
mod docker;
pub mod headroom;
mod host;
mod image;
mod net;
mod openclaw;
mod sandbox;
#[cfg(test)]
mod trial;
mod volume;

pub(super) use agents::counted;
pub(super) use image::is_root;
pub(super) use sandbox::{dangers, not_confined, open_door, runs, weaknesses};
pub(super) use volume::{is_socket, is_system};

use serde::Deserialize;

use super::verdict::{Ruling, Verdict};
use crate::facts::{Facts, Section};
use crate::text::wash;

macro_rules! judges {
    ($($variant:ident($params:path) reads $($section:ident),+;)*) => {
        /// A judge with its parameters, as `[judge.<key>]` in a check's file names it.
        #[derive(Clone, Debug, PartialEq, Deserialize, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Judge {
            $($variant($params),)*
        }

        impl Judge {
            /// The keys of all judges, as written in files.
            pub const KEYS: &[&str] = &[$(stringify!($variant),)*];

            pub(super) fn variant(&self) -> &'static str {
                match self { $(Self::$variant(_) => stringify!($variant),)* }
            }

            /// The sections of the facts that it reads.
            pub fn sections(&self) -> &'static [Section] {
                match self { $(Self::$variant(_) => &[$(Section::$section),+],)* }
            }

            /// What the facts say. Facts that are not known become an unknown verdict.
            pub fn rule(&self, facts: &Facts) -> Ruling {
                let ruling = match self { $(Self::$variant(params) => params.rule(facts),)* };
                washed(ruling.unwrap_or_else(Ruling::unknown))
            }
        }
    };
}

judges! {
    HostMemory(host::Memory) reads Host;
    HostCpu(host::Cpu) reads Host;
    HostDisk(host::Disk) reads Host;
    HostOsVersion(host::OsVersion) reads Host;
    HostPower(host::Power) reads Host, NodeSettings;
    HostLoginSession(host::LoginSession) reads Host, NodeSettings;
    HostMemoryPressure(host::MemoryPressure) reads Host;
    DockerEndpoint(docker::Endpoint) reads Endpoint;
    DockerAccess(docker::Access) reads Endpoint;
    DockerRunning(docker::Running) reads Endpoint;
    DockerProvider(docker::Provider) reads Endpoint, Engine;
    DockerDesktopVersion(docker::DesktopVersion) reads Endpoint, Engine, Desktop;
    DockerEngineApi(docker::EngineApi) reads Engine;
    DockerVmMemory(docker::VmMemory) reads Host, Engine;
    DockerVmCpus(docker::VmCpus) reads Host, Engine;
    DockerDisk(docker::Disk) reads Engine, Space;
    DockerAutostart(docker::Autostart) reads Host, Engine, Desktop;
    DockerResourceSaver(docker::ResourceSaver) reads Host, Engine, Desktop;
    DockerCredentials(docker::Credentials) reads Host, NodeSettings, Credentials;
    DockerClock(docker::Clock) reads Engine;
    OpenclawVersion(openclaw::Version) reads Openclaw;
    OpenclawNode(openclaw::Node) reads Openclaw;
    OpenclawConfig(openclaw::Config) reads Openclaw;
    OpenclawSandboxMode(openclaw::SandboxMode) reads Openclaw;
    OpenclawElevated(openclaw::Elevated) reads Openclaw;
    OpenclawDockerCli(openclaw::DockerCli) reads Openclaw, Gateway, Endpoint;
    OpenclawGateway(openclaw::Gateway) reads Openclaw, Gateway, Engine;
    OpenclawLimits(openclaw::Limits) reads Openclaw;
    OpenclawNetworkPolicy(openclaw::NetworkPolicy) reads Openclaw;
    OpenclawDoctor(openclaw::Doctor) reads Openclaw, Doctor;
    ImagePresent(image::Present) reads Openclaw, Images;
    ImagePlatform(image::Platform) reads Openclaw, Engine, Images;
    ImageTools(image::Tools) reads Openclaw, Images, Inside;
    ImageUser(image::User) reads Openclaw, Images, Inside;
    ImageAge(image::Age) reads Openclaw, Images;
    VolumeOwnership(volume::Ownership) reads Host, Engine, Openclaw, Inside;
    VolumeBindSource(volume::BindSource) reads Openclaw;
    SandboxStart(sandbox::Start) reads Openclaw, Images, Inside;
    SandboxWrite(sandbox::Write) reads Host, Engine, Openclaw, Inside;
    SandboxDns(sandbox::Dns) reads Openclaw, Inside, HostNames;
    SandboxEgress(sandbox::Egress) reads Openclaw, Inside;
    SandboxIsolation(sandbox::Isolation) reads Standing, Inside;
    SandboxEngineApiExposed(sandbox::EngineApiExposed) reads Engine, Openclaw, Inside;
    SandboxGatewayExposed(sandbox::GatewayExposed) reads Openclaw, Inside;
    SandboxLastCall(sandbox::LastCall) reads Openclaw, Calls;
    SandboxAtLimit(sandbox::AtLimit) reads Standing, Load, Calls;
    SandboxLeftovers(sandbox::Leftovers) reads Openclaw, Standing, Workspaces;
    SandboxStale(sandbox::Stale) reads Openclaw, Images, Standing, Registry;
    SandboxHeadroom(sandbox::Headroom) reads Host, Engine, Openclaw, Gateway, Load, Calls;
    NetHostDns(net::HostDns) reads HostNames;
    NetRegistry(net::Registry) reads Openclaw, Registries;
    Command(custom::Command) reads Custom;
    File(custom::File) reads Custom;
    Port(custom::Port) reads Custom;
    Http(custom::Http) reads Custom;
}

impl Judge {
    /// The key in files: `DockerRunning` is `docker-running`.
    pub fn key(&self) -> String {
        kebab(self.variant())
    }

    /// The operator's own kinds, which may stand in any number of files.
    pub fn is_custom(&self) -> bool {
        matches!(
            self,
            Self::Command(_) | Self::File(_) | Self::Port(_) | Self::Http(_)
        )
    }
}

/// Facts may come from a file of anybody's (`--facts`), so what is said of them is made harmless
/// once more, whatever the probes did.
fn washed(mut ruling: Ruling) -> Ruling {
    let line = |text: &mut String| *text = wash(text, 1_000);
    line(&mut ruling.summary);
    match &mut ruling.verdict {
        Verdict::Found(complaints) => {
            for complaint in complaints {
                line(&mut complaint.message);
                let optional = [
                    &mut complaint.target,
                    &mut complaint.path,
                    &mut complaint.requirement,
                    &mut complaint.hint,
                ];
                optional.into_iter().flatten().for_each(line);
                if let Some(theirs) = &mut complaint.theirs {
                    theirs.check_id = wash(&theirs.check_id, 200);
                    theirs.code = theirs.code.take().map(|code| wash(&code, 200));
                }
            }
        }
        Verdict::Unknown(why) => line(&mut why.detail),
        Verdict::NotApplicable(reason) => line(reason),
        Verdict::Pass | Verdict::Blocked(_) => {}
    }
    ruling
}

/// `DockerRunning` → `docker-running`.
pub fn kebab(variant: &str) -> String {
    let mut key = String::with_capacity(variant.len() + 4);
    for c in variant.chars() {
        if c.is_ascii_uppercase() && !key.is_empty() {
            key.push('-');
        }
        key.push(c.to_ascii_lowercase());
    }
    key
}
