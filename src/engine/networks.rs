//! Networks: what they are, made and removed.

use std::collections::BTreeMap;

use hyper::Method;
use serde::Deserialize;

use super::client::{Engine, order, order_json};
use super::containers::Listed;
use super::convert::{is_name, nullable};
use super::error::EngineError;
use super::inspected::{clean, clean_map, clean_name};
use crate::deadline::Deadline;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// What can be reached from a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkReach {
    /// Whatever the machine reaches.
    Outside,
    /// Only who is in it (`--internal`).
    Inside,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub id: String,
    pub name: String,
    pub driver: String,
    pub reach: NetworkReach,
    pub labels: BTreeMap<String, String>,
    /// Running containers that are in it: id and name. Those that do not run are not told here:
    /// see [`Engine::network_users`].
    pub containers: BTreeMap<String, String>,
}

impl Engine {
    /// The network of this name or whole id. `Absent` when there is none.
    pub async fn network(&self, name: &str, d: Deadline) -> Result<Network, Why> {
        let absent = || Why::new(WhyKind::Absent, no_network(name));
        if !is_name(name) {
            return Err(absent());
        }
        let said: Said = self.get(&format!("/networks/{name}"), d).await?;
        // The engine takes the beginning of an id as well.
        if said.name != name && said.id != name {
            return Err(absent());
        }
        Ok(said.into())
    }

    /// The containers, running or not, that are in the network of this name. One that does not
    /// run cannot be started any more once its network is gone.
    pub async fn network_users(&self, name: &str, d: Deadline) -> Result<Vec<Listed>, Why> {
        if !is_name(name) {
            return Err(Why::new(WhyKind::Absent, no_network(name)));
        }
        self.listed("network", name, true, d).await
    }

    /// Makes a network and returns its id. [`EngineError::Conflict`] when the name is taken.
    pub async fn create_network(
        &self,
        name: &str,
        driver: &str,
        reach: NetworkReach,
        labels: &BTreeMap<String, String>,
        d: Deadline,
    ) -> Result<String, EngineError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Made {
            id: String,
        }
        let body = serde_json::json!({
            "Name": name,
            // Names are unique by themselves only since API 1.44.
            "CheckDuplicate": true,
            "Driver": driver,
            "Internal": reach == NetworkReach::Inside,
            "Labels": labels,
        });
        let answer = self.order(order_json("/networks/create", &body), d).await?;
        match serde_json::from_slice::<Made>(&answer) {
            Ok(made) if is_name(&made.id) => Ok(made.id),
            _ => Err(EngineError::broken("the engine gave the network no id")),
        }
    }

    /// Removes the network of this whole id. One that is gone counts as removed. The engine
    /// refuses (403) while running containers are in it.
    pub async fn remove_network(&self, id: &str, d: Deadline) -> Result<(), EngineError> {
        // A name or the beginning of an id could by now be another network's.
        if id.len() != 64 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(EngineError::NotFound(no_network(id)));
        }
        let path = format!("/networks/{id}");
        match self.order(order(Method::DELETE, &path), d).await {
            Ok(_) | Err(EngineError::NotFound(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }
}

fn no_network(name: &str) -> String {
    format!("there is no network `{}`", wash(name, 300))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Said {
    id: String,
    name: String,
    driver: String,
    /// Must be told: it is the difference between a network that is closed and one that is not.
    internal: bool,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    containers: BTreeMap<String, SaidMember>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidMember {
    #[serde(default, deserialize_with = "nullable")]
    name: String,
}

impl From<Said> for Network {
    fn from(said: Said) -> Self {
        Self {
            id: clean(&said.id),
            name: clean(&said.name),
            driver: clean(&said.driver),
            reach: if said.internal {
                NetworkReach::Inside
            } else {
                NetworkReach::Outside
            },
            labels: clean_map(&said.labels),
            containers: said
                .containers
                .iter()
                .map(|(id, member)| (clean(id), clean_name(&member.name)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_whose_reach_is_not_told_is_not_understood() {
        let text = r#"{"Id":"1","Name":"n","Driver":"bridge","Labels":null,"Containers":null}"#;
        assert!(serde_json::from_str::<Said>(text).is_err());
    }

    #[test]
    fn a_network_is_read_with_who_is_in_it() {
        let text = r#"{"Id":"1","Name":"n","Driver":"bridge","Internal":true,"Labels":{"a":"b"},
            "Containers":{"c1":{"Name":"one","IPv4Address":"172.1.0.2/24"}},"IPAM":{"Config":[]}}"#;
        let network = Network::from(serde_json::from_str::<Said>(text).expect(text));
        assert_eq!(network.reach, NetworkReach::Inside);
        assert_eq!(network.containers["c1"], "one");
    }
}
