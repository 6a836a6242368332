//! The facts of one section of another snapshot: how a recorded node is told section by section.

use super::{Facts, Section};

impl Facts {
    /// Takes over what the other snapshot knows in this section, its ignorance as well.
    pub fn take_over(&mut self, section: Section, other: &Self) {
        let (host, docker, claw) = (&mut self.host, &mut self.docker, &mut self.openclaw);
        match section {
            Section::Host => {
                *host = super::host::Host {
                    power: host.power.clone(),
                    login: host.login.clone(),
                    ..other.host.clone()
                };
            }
            Section::NodeSettings => {
                host.power = other.host.power.clone();
                host.login = other.host.login.clone();
            }
            Section::Endpoint => {
                docker.endpoint = other.docker.endpoint.clone();
                docker.candidates.clone_from(&other.docker.candidates);
                docker.connection = other.docker.connection.clone();
                docker.cli = other.docker.cli.clone();
                docker.contexts = other.docker.contexts.clone();
                docker.installed = other.docker.installed.clone();
            }
            Section::Engine => {
                docker.version = other.docker.version.clone();
                docker.info = other.docker.info.clone();
                docker.provider = other.docker.provider.clone();
                docker.disk = other.docker.disk.clone();
                docker.clock = other.docker.clock.clone();
            }
            Section::Desktop => {
                docker.app = other.docker.app.clone();
                docker.settings = other.docker.settings.clone();
                docker.daemon_config = other.docker.daemon_config.clone();
            }
            Section::Credentials => docker.credentials = other.docker.credentials.clone(),
            Section::Openclaw => {
                claw.install = other.openclaw.install.clone();
                claw.node = other.openclaw.node.clone();
                claw.config = other.openclaw.config.clone();
                claw.agents = other.openclaw.agents.clone();
                claw.elevated = other.openclaw.elevated.clone();
            }
            Section::Gateway => claw.gateway = other.openclaw.gateway.clone(),
            Section::Images => self.images = other.images.clone(),
            Section::Standing => self.standing = other.standing.clone(),
            Section::Load => self.load = other.load.clone(),
            Section::Calls => self.calls = other.calls.clone(),
            Section::Inside => self.inside = other.inside.clone(),
            Section::HostNames => {
                self.net.host_names = other.net.host_names.clone();
                let resolvers = &other.net.host_resolvers;
                self.net.host_resolvers.clone_from(resolvers);
            }
            Section::Registries => self.net.registries = other.net.registries.clone(),
            Section::Space => {
                docker.usage = other.docker.usage.clone();
                docker.disk_image = other.docker.disk_image.clone();
            }
            Section::Workspaces => claw.workspaces = other.openclaw.workspaces.clone(),
            Section::Registry => claw.registry = other.openclaw.registry.clone(),
            Section::Doctor => claw.doctor = other.openclaw.doctor.clone(),
            Section::Custom => self.custom.clone_from(&other.custom),
        }
    }
}
