//! What sandboxes that are gone have left on the host: their workspaces. OpenClaw takes containers
//! away and keeps these (<https://github.com/openclaw/openclaw/issues/43797>).

use std::path::Path;

use super::openclaw::Workspace;
use super::{Facts, Why};

/// Seconds for which nothing in a workspace was changed. OpenClaw takes containers away after 7
/// days at the latest, and a session that comes back after that finds its files again.
const LONG_IDLE: u64 = 30 * 24 * 3600;
/// At the end of a workspace's name stand this many hex digits of a hash.
const HASH: usize = 32;

/// Workspaces that no standing sandbox mounts or is named after, that no agent's settings point
/// into, and that nobody touched for long.
///
/// # Errors
/// When there is no full account of what could use one.
pub fn leftovers(facts: &Facts) -> Result<Vec<Workspace>, Why> {
    let standing = facts.standing.get()?;
    let agents = facts.openclaw.agents.get()?;
    let workspaces = facts.openclaw.workspaces.get()?;
    let mut named: Vec<&str> = Vec::new();
    for agent in agents {
        named.push(&agent.sandbox.agent_workspace);
        for bind in &agent.sandbox.docker.binds {
            named.push(&bind.source);
            named.extend(bind.resolved.as_deref());
        }
    }
    for sandbox in standing {
        named.extend(sandbox.mounts.iter().map(|mount| mount.source.as_str()));
    }
    named.retain(|path| path.starts_with('/'));
    let left = |workspace: &&Workspace| {
        let Some(hash) = hash(workspace) else {
            return false;
        };
        let path = Path::new(&workspace.path);
        let touches = |other: &&str| {
            let other = Path::new(other);
            other.starts_with(path) || path.starts_with(other)
        };
        let is_idle = workspace.idle_seconds.is_some_and(|idle| idle >= LONG_IDLE);
        let is_worn = standing.iter().any(|sandbox| sandbox.name.contains(hash));
        is_idle && workspace.bytes.is_some() && !is_worn && !named.iter().any(touches)
    };
    Ok(workspaces.iter().filter(left).cloned().collect())
}

/// `workspace-` and the hash that OpenClaw names a workspace and its sandbox after, right below
/// its root.
fn hash(workspace: &Workspace) -> Option<&str> {
    let path = Path::new(&workspace.path);
    let name = workspace.path.rsplit('/').next()?;
    let hash = name.strip_prefix("workspace-")?;
    let good = hash.len() == HASH && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    (good && path.parent() == Some(Path::new(&workspace.root))).then_some(hash)
}
