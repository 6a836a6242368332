//! What one agent of the config says of its sandbox, field by field. Pure.
//!
//! Types and refusals are those of OpenClaw 2026.9.6's own validation
//! (<https://docs.openclaw.ai/gateway/config-agents/sandbox>); what only container creation
//! refuses is not a refusal here. Values are read in `reader.rs` and merged in `effective.rs`.

use serde_json::Value;

use super::reader::{Fault, Reader};
use crate::facts::openclaw::{Mode, Scope, WorkspaceAccess};
use crate::text::wash;

/// What one agent, or the defaults of all, say; none = nothing is said of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// The agent's own folder, which stands beside the `sandbox` object.
    pub workspace: Option<String>,
    pub mode: Option<Mode>,
    pub backend: Option<String>,
    pub scope: Option<Scope>,
    /// Before `scope` there was this switch; releases that still know it read it as below.
    pub per_session: Option<bool>,
    pub workspace_access: Option<WorkspaceAccess>,
    pub workspace_root: Option<String>,
    pub docker: DockerSection,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct DockerSection {
    pub image: Option<String>,
    pub container_prefix: Option<String>,
    pub workdir: Option<String>,
    pub read_only_root: Option<bool>,
    pub tmpfs: Option<Vec<String>>,
    pub network: Option<String>,
    pub user: Option<String>,
    pub cap_drop: Option<Vec<String>>,
    pub env: Option<Vec<String>>,
    pub setup_command: Option<bool>,
    pub memory: Option<u64>,
    pub memory_swap: Option<i64>,
    pub cpus: Option<f64>,
    pub pids_limit: Option<i64>,
    pub gpus: Option<String>,
    pub ulimits: Option<Vec<(String, String)>>,
    pub seccomp_profile: Option<String>,
    pub apparmor_profile: Option<String>,
    pub dns: Option<Vec<String>>,
    pub extra_hosts: Option<Vec<String>>,
    pub binds: Option<Vec<String>>,
    /// In the order of [`DANGEROUS`].
    pub dangerous: [Option<bool>; 3],
}

pub const DANGEROUS: [&str; 3] = [
    "dangerouslyAllowReservedContainerTargets",
    "dangerouslyAllowExternalBindSources",
    "dangerouslyAllowContainerNamespaceJoin",
];

/// Reads what `holder`, which lies at `path` in the config, says of its sandbox.
pub fn read(holder: Option<&Value>, path: &str, faults: &mut Vec<Fault>) -> Section {
    let Some(mut at) = Reader::object(holder, path, faults) else {
        return Section::default();
    };
    let workspace = at.text("workspace").filter(|path| !path.trim().is_empty());
    let Some(mut at) = at.into_member("sandbox") else {
        return Section {
            workspace,
            ..Section::default()
        };
    };
    Section {
        workspace,
        mode: at.one_of(
            "mode",
            &[
                ("off", Mode::Off),
                ("non-main", Mode::NonMain),
                ("all", Mode::All),
            ],
        ),
        backend: at.text("backend"),
        scope: at.one_of(
            "scope",
            &[
                ("session", Scope::Session),
                ("agent", Scope::Agent),
                ("shared", Scope::Shared),
            ],
        ),
        per_session: at.boolean("perSession"),
        workspace_access: at.one_of(
            "workspaceAccess",
            &[
                ("none", WorkspaceAccess::None),
                ("ro", WorkspaceAccess::Ro),
                ("rw", WorkspaceAccess::Rw),
            ],
        ),
        workspace_root: at.text("workspaceRoot"),
        docker: at.into_member("docker").map(docker).unwrap_or_default(),
    }
}

fn docker(mut at: Reader) -> DockerSection {
    let section = DockerSection {
        image: at.text("image"),
        container_prefix: at.text("containerPrefix"),
        workdir: at.text("workdir"),
        read_only_root: at.boolean("readOnlyRoot"),
        tmpfs: at.texts("tmpfs"),
        network: at.text("network"),
        user: at.text("user"),
        cap_drop: at.texts("capDrop"),
        env: at.names("env"),
        setup_command: at.command("setupCommand"),
        memory: at.size("memory"),
        memory_swap: at.swap("memorySwap"),
        cpus: at.number("cpus"),
        pids_limit: at.count("pidsLimit"),
        gpus: at.text("gpus"),
        ulimits: at.ulimits("ulimits"),
        seccomp_profile: at.text("seccompProfile"),
        apparmor_profile: at.text("apparmorProfile"),
        dns: at.texts("dns"),
        extra_hosts: at.texts("extraHosts"),
        binds: at.texts("binds"),
        dangerous: DANGEROUS.map(|key| at.boolean(key)),
    };
    refuse(&section, &mut at);
    section
}

/// What OpenClaw's validation refuses although it is well formed.
fn refuse(section: &DockerSection, at: &mut Reader) {
    let network = section
        .network
        .as_deref()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    if network == "host" {
        at.refuse("network", "network mode \"host\" is blocked by OpenClaw");
    }
    if network.starts_with("container:") && section.dangerous[2] != Some(true) {
        at.refuse(
            "network",
            "joining another container's network is blocked by OpenClaw",
        );
    }
    for (key, profile) in [
        ("seccompProfile", &section.seccomp_profile),
        ("apparmorProfile", &section.apparmor_profile),
    ] {
        if profile
            .as_deref()
            .is_some_and(|p| p.trim().eq_ignore_ascii_case("unconfined"))
        {
            at.refuse(key, "the profile \"unconfined\" is blocked by OpenClaw");
        }
    }
    for (index, bind) in section.binds.iter().flatten().enumerate() {
        let source = bind.split(':').next().unwrap_or_default();
        if bind.trim().is_empty() {
            at.refuse(&format!("binds[{index}]"), "the entry is empty");
        } else if !source.starts_with('/') {
            let why = format!("the source `{}` is not an absolute path", wash(source, 200));
            at.refuse(&format!("binds[{index}]"), &why);
        }
    }
}
