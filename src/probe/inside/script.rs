//! What the probe's script is asked to look at, as arguments. The script is a constant and all data
//! are positional arguments: nothing is ever put into its text.

use std::net::IpAddr;

use crate::facts::sandbox::{Access, Purpose};
use crate::text::wash;

const SHELL: &str = include_str!("probe.sh");
const PYTHON: &str = include_str!("probe.py");

/// Nothing that is near takes longer to answer a connection; a packet that was dropped never does.
const NEAR_MILLISECONDS: u16 = 400;
const FAR_MILLISECONDS: u16 = 1500;

/// One thing to look at from inside; its place in the plan is how the script speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    Tool(String),
    Mount { target: String, expected: Access },
    Name(String),
    Way(Way),
}

/// One connection to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// As the operator or the catalogue wrote it, when they did.
    pub written: Option<String>,
    pub host: Host,
    pub port: u16,
    pub purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// The container's default gateway.
    Gateway,
    /// A name that only the container's hosts file can know.
    InHosts(String),
    Named(String),
}

impl Way {
    /// `host:port`, `[v6]:port`.
    pub fn parse(address: &str, purpose: Purpose) -> Option<Self> {
        let (host, port) = address.rsplit_once(':')?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
        if host.is_empty() || host.starts_with('-') || !host.chars().all(is_host) {
            return None;
        }
        Some(Self {
            written: Some(address.to_owned()),
            host: Host::Named(host.to_owned()),
            port: port.parse().ok()?,
            purpose,
        })
    }

    /// How it is shown: as written, else with the address that was tried.
    pub fn address(&self, tried: &str) -> String {
        if let Some(written) = &self.written {
            return written.clone();
        }
        let host = match (&self.host, tried) {
            (Host::Gateway, "") => "default gateway (none)".to_owned(),
            (Host::Gateway, tried) => wash(tried, 60),
            (Host::InHosts(name) | Host::Named(name), _) => name.clone(),
        };
        format!("{host}:{}", self.port)
    }

    fn argument(&self) -> String {
        let (host, far) = match &self.host {
            Host::Gateway => ("@gateway", false),
            Host::InHosts(name) => (name.as_str(), false),
            Host::Named(name) => (name.as_str(), is_far(name)),
        };
        let mut flags = String::from("p");
        if self.purpose == Purpose::EngineApi {
            flags.push('e');
        }
        if matches!(self.host, Host::InHosts(_)) {
            flags.push('h');
        }
        let wait = if far {
            FAR_MILLISECONDS
        } else {
            NEAR_MILLISECONDS
        };
        format!("c={flags} {} {wait} {host}", self.port)
    }
}

/// Whether an answer has to come over a network that we know nothing of.
fn is_far(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(v4)) => !(v4.is_private() || v4.is_link_local() || v4.is_loopback()),
        Ok(IpAddr::V6(v6)) => {
            !(v6.is_loopback() || v6.is_unicast_link_local() || v6.is_unique_local())
        }
        Err(_) => host != "host.docker.internal",
    }
}

/// The container's command.
pub fn command(token: &str, looks: &[Look]) -> Vec<String> {
    let mut command: Vec<String> = ["sh", "-c", SHELL, "clawdoctor-probe", token, PYTHON]
        .map(str::to_owned)
        .to_vec();
    command.extend(looks.iter().map(|look| match look {
        Look::Tool(name) => format!("t={name}"),
        Look::Mount {
            target,
            expected: Access::Write,
        } => format!("w={target}"),
        Look::Mount { target, .. } => format!("r={target}"),
        Look::Name(name) => format!("n={name}"),
        Look::Way(way) => way.argument(),
    }));
    command
}

/// A program's name that a shell's `command -v` can be asked for.
pub fn is_program(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.+/".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_are_arguments_and_never_part_of_the_script() {
        let evil = "x; touch /tmp/evil $(reboot)".to_owned();
        let looks = [
            Look::Mount {
                target: evil.clone(),
                expected: Access::Write,
            },
            Look::Name(evil.clone()),
        ];
        let command = command("token", &looks);
        assert_eq!(command[2], SHELL);
        assert_eq!(command[5], PYTHON);
        assert_eq!(command[6], format!("w={evil}"));
        assert_eq!(command[7], format!("n={evil}"));
    }

    #[test]
    fn an_address_is_read_with_its_port_and_nothing_else() {
        let way = |text| Way::parse(text, Purpose::Blocked);
        assert_eq!(
            way("[fe80::1]:80").expect("an address").host,
            Host::Named("fe80::1".to_owned())
        );
        assert_eq!(way("example.com:443").expect("an address").port, 443);
        for bad in ["example.com", ":80", "a b:80", "x:99999", "-x:1", "x;y:1"] {
            assert_eq!(way(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_near_is_waited_for_less() {
        let argument = |text| Way::parse(text, Purpose::Blocked).map(|way| way.argument());
        assert_eq!(
            argument("169.254.169.254:80").as_deref(),
            Some("c=p 80 400 169.254.169.254")
        );
        assert_eq!(
            argument("example.com:443").as_deref(),
            Some("c=p 443 1500 example.com")
        );
    }

    #[test]
    fn only_plain_program_names_are_looked_for() {
        assert!(is_program("python3.11") && is_program("g++") && is_program("/usr/bin/env"));
        for bad in ["", "-v", "a b", "$(x)", "a;b", "`x`"] {
            assert!(!is_program(bad), "{bad}");
        }
    }
}
