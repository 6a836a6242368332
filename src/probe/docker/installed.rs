//! Which engines are on this machine at all, whether they run or not: by their programs and apps.

use std::path::{Path, PathBuf};

use super::files;
use crate::facts::docker::ProviderKind;
use crate::facts::host::OsKind;
use crate::surroundings::Surroundings;

/// Where programs are that a bare PATH does not name.
const PROGRAMS: [&str; 5] = [
    "/usr/bin",
    "/usr/sbin",
    "/usr/local/bin",
    "/opt/homebrew/bin",
    "/snap/bin",
];

/// In a fixed order, each once.
pub fn engines(surroundings: &Surroundings, os: OsKind) -> Vec<ProviderKind> {
    let mut folders = surroundings
        .path()
        .map(Path::to_path_buf)
        .collect::<Vec<_>>();
    folders.extend(PROGRAMS.map(PathBuf::from));
    let program = |name: &str| has_program(&folders, name);
    let app = |name: &str| {
        os == OsKind::Macos
            && [
                Path::new("/Applications"),
                &surroundings.home.join("Applications"),
            ]
            .iter()
            .any(|folder| folder.join(name).is_dir())
    };
    let desktop = app("Docker.app") || Path::new("/opt/docker-desktop").is_dir();
    [
        (ProviderKind::DockerDesktop, desktop),
        (
            ProviderKind::Orbstack,
            app("OrbStack.app") || program("orb"),
        ),
        (ProviderKind::Colima, program("colima")),
        (
            ProviderKind::RancherDesktop,
            app("Rancher Desktop.app") || program("rdctl"),
        ),
        (ProviderKind::Podman, program("podman")),
        (ProviderKind::Lima, program("limactl")),
        (
            ProviderKind::LinuxEngine,
            os == OsKind::Linux && program("dockerd"),
        ),
    ]
    .into_iter()
    .filter(|(_, there)| *there)
    .map(|(kind, _)| kind)
    .collect()
}

fn has_program(folders: &[PathBuf], name: &str) -> bool {
    let mut places = folders.iter().map(|folder| folder.join(name));
    places.any(|path| files::is_program(&path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn an_engine_is_there_when_its_program_or_its_app_is() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).expect("it is free");
        for (name, mode) in [("colima", 0o755), ("rdctl", 0o644)] {
            std::fs::write(bin.join(name), "").expect("it is ours");
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(bin.join(name), mode).expect("it is ours");
        }
        std::fs::create_dir_all(home.path().join("Applications/OrbStack.app")).expect("free");
        let seen = Surroundings {
            home: home.path().to_path_buf(),
            env: [("PATH".to_owned(), bin.display().to_string())].into(),
            ..Surroundings::default()
        };
        let found = engines(&seen, OsKind::Macos);
        assert!(found.contains(&ProviderKind::Colima), "{found:?}");
        assert!(found.contains(&ProviderKind::Orbstack), "{found:?}");
        assert!(!found.contains(&ProviderKind::LinuxEngine), "{found:?}");
        // An app is nothing on Linux.
        let found = engines(&seen, OsKind::Linux);
        assert!(!found.contains(&ProviderKind::RancherDesktop), "{found:?}");
    }
}
