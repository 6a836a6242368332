//! Containers as they are: listed, inspected, measured. Nothing here changes one.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::client::Engine;
use super::convert::{encode, is_name, nullable};
use super::error::EngineError;
use super::inspected::{
    Details, ExecDetails, Inspected, Said, SaidExec, clean, clean_map, clean_name,
};
use super::lifecycle;
use crate::deadline::Deadline;
use crate::facts::sandbox::Standing;
use crate::facts::{Why, WhyKind};
use crate::text::wash;

/// Questions that are under way at the same time; each is a connection of its own.
const AT_ONCE: usize = 32;

/// One line of `docker ps`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    pub id: String,
    pub name: String,
    pub image: String,
    pub image_id: String,
    /// `running`, `exited`, `paused`, …
    pub state: String,
    pub labels: BTreeMap<String, String>,
    /// Seconds since the epoch.
    pub created_unix: i64,
}

impl Engine {
    /// Containers with this label (`k` or `k=v`; empty = every container), the stopped ones too
    /// when `all`.
    pub async fn list(&self, label: &str, all: bool, d: Deadline) -> Result<Vec<Listed>, Why> {
        self.listed("label", label, all, d).await
    }

    /// Containers that pass one of the engine's filters; every container when the value is empty.
    pub(super) async fn listed(
        &self,
        filter: &str,
        value: &str,
        all: bool,
        d: Deadline,
    ) -> Result<Vec<Listed>, Why> {
        let mut path = format!("/containers/json?all={}", u8::from(all));
        if !value.is_empty() {
            let filters = serde_json::json!({ filter: [value] }).to_string();
            path.push_str("&filters=");
            path.push_str(&encode(&filters));
        }
        let said: Vec<SaidListed> = self.get(&path, d).await?;
        Ok(said.into_iter().map(Listed::from).collect())
    }

    /// Of those that run or are about to run again, the first that is no sandbox and whose image a
    /// rule takes; its id. Of the others nothing is kept.
    pub async fn first_of_image(
        &self,
        takes: impl Fn(&str) -> bool,
        d: Deadline,
    ) -> Result<Option<String>, Why> {
        let said: Vec<SaidImage> = self.get("/containers/json?all=0", d).await?;
        let found = said.into_iter().find(|one| {
            matches!(one.state.as_str(), "running" | "restarting")
                && one.labels.sandbox.is_none()
                && takes(&one.image)
        });
        Ok(found.map(|one| one.id))
    }

    /// Containers with this label in which a command runs now, besides their own. One that
    /// vanishes meanwhile is left out.
    pub async fn executing(&self, label: &str, d: Deadline) -> Result<Vec<Listed>, Why> {
        let listed = self.list(label, false, d).await?;
        stream::iter(listed)
            .map(|listed| async move {
                let said = present(self.said(&listed.id, d).await)?;
                let executing = said.map_or(0, |said| said.standing().executing);
                Ok((executing > 0).then_some(listed))
            })
            .buffered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await
    }

    /// How many bytes each container with this label, running or not, wrote into its own layer;
    /// none where the engine does not know. The engine walks through all of those files; one that
    /// comes or goes meanwhile, and so has no layer yet or none any more, is left out.
    pub async fn written(&self, label: &str, d: Deadline) -> Result<Vec<Option<u64>>, Why> {
        let filters = serde_json::json!({ "label": [label] }).to_string();
        let path = format!("/containers/json?all=1&size=1&filters={}", encode(&filters));
        let said: Vec<SaidSized> = self.get(&path, d).await?;
        let mut written = Vec::new();
        for one in said {
            let bytes = one.written();
            if bytes.is_some() || (one.has_begun() && self.runs(&one.id, d).await?) {
                written.push(bytes);
            }
        }
        Ok(written)
    }

    async fn runs(&self, id: &str, d: Deadline) -> Result<bool, Why> {
        let said = present(self.said(id, d).await)?;
        let state = said.map(|said| said.standing().state);
        Ok(matches!(state.as_deref(), Some("running" | "paused")))
    }

    /// Every container with this label, inspected, with its labels. One that vanishes meanwhile
    /// is left out.
    pub async fn standing(
        &self,
        label: &str,
        d: Deadline,
    ) -> Result<Vec<(Standing, BTreeMap<String, String>)>, Why> {
        let listed = self.list(label, true, d).await?;
        let mut standing: Vec<(Standing, BTreeMap<String, String>)> = stream::iter(listed)
            .map(|listed| async move { present(self.said(&listed.id, d).await) })
            .buffered(AT_ONCE)
            .try_filter_map(|said| async move { Ok(said) })
            .map_ok(|said| (said.standing(), said.labels()))
            .try_collect()
            .await?;
        let leads_to = self.leads_to(&standing, d).await?;
        for (one, _) in &mut standing {
            one.reference_id = leads_to.get(&one.image).cloned();
        }
        Ok(standing)
    }

    /// The ids that the containers' image references lead to now.
    async fn leads_to(
        &self,
        standing: &[(Standing, BTreeMap<String, String>)],
        d: Deadline,
    ) -> Result<BTreeMap<String, String>, Why> {
        let references: std::collections::BTreeSet<String> =
            standing.iter().map(|(one, _)| one.image.clone()).collect();
        stream::iter(references)
            .map(|reference| async move {
                match self.image(&reference, d).await {
                    Ok(image) => Ok(Some((reference, image.id))),
                    Err(why) if matches!(why.kind, WhyKind::Absent | WhyKind::Unparsable) => {
                        Ok(None)
                    }
                    Err(why) => Err(why),
                }
            })
            .buffered(AT_ONCE)
            .try_filter_map(|found| async move { Ok(found) })
            .try_collect()
            .await
    }

    /// One container by name or id. `Absent` when there is none.
    pub async fn inspect(&self, id: &str, d: Deadline) -> Result<Inspected, Why> {
        let said = self.said(id, d).await?;
        Ok(said.inspected())
    }

    /// One container as a list shows it. `Absent` when there is none.
    pub async fn details(&self, id: &str, d: Deadline) -> Result<Details, Why> {
        let said = self.said(id, d).await?;
        Ok(said.details())
    }

    /// Containers, running or not, that are made to use the network of this one. One that vanishes
    /// meanwhile is left out.
    pub async fn in_network_of(&self, id: &str, d: Deadline) -> Result<Vec<Standing>, Why> {
        let all: Vec<SaidNetworked> = self.get("/containers/json?all=1", d).await?;
        let mode = format!("container:{id}");
        let found = all
            .into_iter()
            .filter(|one| one.host_config.network_mode == mode);
        stream::iter(found)
            .map(|one| async move { present(self.said(&one.id, d).await) })
            .buffered(AT_ONCE)
            .try_filter_map(|said| async move { Ok(said.map(|said| said.standing())) })
            .try_collect()
            .await
    }

    /// A command in a container. `Absent` when it has been over for some minutes, or its container
    /// has gone.
    pub async fn exec_details(&self, exec_id: &str, d: Deadline) -> Result<ExecDetails, Why> {
        let said: SaidExec = self
            .get(&format!("/exec/{}/json", name(exec_id)?), d)
            .await?;
        Ok(said.details())
    }

    pub(super) async fn inspected(&self, id: &str, d: Deadline) -> Result<Said, EngineError> {
        let path = format!("/containers/{}/json", lifecycle::name(id)?);
        self.ask(&path, d).await
    }

    async fn said(&self, id: &str, d: Deadline) -> Result<Said, Why> {
        self.get(&format!("/containers/{}/json", name(id)?), d)
            .await
    }
}

pub(super) fn name(id: &str) -> Result<&str, Why> {
    if is_name(id) {
        return Ok(id);
    }
    Err(Why::new(
        WhyKind::Absent,
        format!("`{}` is not a container's name or id", wash(id, 300)),
    ))
}

/// What has gone since it was listed is no error.
pub(super) fn present<T>(result: Result<T, Why>) -> Result<Option<T>, Why> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(why) if why.kind == WhyKind::Absent => Ok(None),
        Err(why) => Err(why),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidListed {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    names: Vec<String>,
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, rename = "ImageID", deserialize_with = "nullable")]
    image_id: String,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "nullable")]
    created: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidImage {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    image: String,
    #[serde(default, deserialize_with = "nullable")]
    state: String,
    #[serde(default, deserialize_with = "nullable")]
    labels: SaidSandbox,
}

#[derive(Default, Deserialize)]
struct SaidSandbox {
    #[serde(default, rename = "openclaw.sandbox")]
    sandbox: Option<IgnoredAny>,
}

/// A size of zero is left out, and -1 is one that could not be found out.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidSized {
    #[serde(default)]
    id: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    size_rw: Option<i64>,
    #[serde(default)]
    size_root_fs: Option<i64>,
}

impl SaidSized {
    fn has_begun(&self) -> bool {
        self.state != "created"
    }

    fn written(&self) -> Option<u64> {
        match self.size_rw {
            Some(bytes) => u64::try_from(bytes).ok(),
            // Both are left out by an engine that did not look.
            None => self.size_root_fs.filter(|whole| *whole > 0).map(|_| 0),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidNetworked {
    id: String,
    #[serde(default, deserialize_with = "nullable")]
    host_config: SaidNetwork,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidNetwork {
    #[serde(default, deserialize_with = "nullable")]
    network_mode: String,
}

impl From<SaidListed> for Listed {
    fn from(said: SaidListed) -> Self {
        Self {
            id: clean(&said.id),
            // A linked container has further names, `/other/alias`.
            name: said
                .names
                .iter()
                .find(|name| !name.trim_start_matches('/').contains('/'))
                .map(|name| clean_name(name))
                .unwrap_or_default(),
            image: clean(&said.image),
            image_id: clean(&said.image_id),
            state: clean(&said.state),
            labels: clean_map(&said.labels),
            created_unix: said.created,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_container_wrote_is_nothing_only_where_the_engine_looked() {
        let written = |said: &str| {
            let said: SaidSized = serde_json::from_str(said).expect("an answer");
            said.written()
        };
        assert_eq!(written(r#"{"SizeRw":7,"SizeRootFs":900}"#), Some(7));
        assert_eq!(written(r#"{"SizeRootFs":900}"#), Some(0));
        assert_eq!(written(r#"{"SizeRw":-1,"SizeRootFs":-1}"#), None);
        assert_eq!(written("{}"), None);
        assert_eq!(written(r#"{"SizeRw":null,"SizeRootFs":0}"#), None);
    }

    #[test]
    fn a_sandbox_is_told_by_its_label_alone() {
        use crate::facts::sandbox::SANDBOX_LABEL;
        let is_sandbox = |labels: serde_json::Value| {
            let said = serde_json::json!({ "Id": "a", "Labels": labels });
            let said: SaidImage = serde_json::from_value(said).expect("an answer");
            said.labels.sandbox.is_some()
        };
        assert!(is_sandbox(
            serde_json::json!({ SANDBOX_LABEL: "1", "a": "b" })
        ));
        assert!(!is_sandbox(serde_json::json!({ "a": "b" })));
        assert!(!is_sandbox(serde_json::Value::Null));
    }
}
