//! What the engine's images, containers, volumes and build cache take of its disk.
//!
//! `/system/df` has two forms. API 1.52 and later sum up (`ImageUsage {TotalSize, Reclaimable}`
//! and so on) and, for now, still list everything; before there were the lists alone, and the
//! sums are made here as the Docker CLI makes them (cli/command/formatter/disk_usage.go).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Engine;
use super::convert::nullable;
use super::error::EngineError;
use crate::deadline::Deadline;
use crate::facts::Why;

/// How often an engine is asked that fails.
const TRIES: u32 = 3;

/// Bytes. None is what the engine does not tell, or tells only in part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskUsage {
    pub images: Option<u64>,
    /// Of images that no container uses. An upper bound: layers that are shared count in full.
    pub images_reclaimable: Option<u64>,
    /// What containers wrote into their own layer.
    pub containers: Option<u64>,
    pub volumes: Option<u64>,
    pub build_cache: Option<u64>,
    pub build_cache_reclaimable: Option<u64>,
    /// What images hold that have no name and no container, and hold alone.
    pub dangling_images: Option<u64>,
}

impl Engine {
    /// Takes the engine seconds when it holds much: it walks every volume.
    pub async fn disk_usage(&self, d: Deadline) -> Result<DiskUsage, Why> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            match self.ask::<Value>("/system/df", d).await {
                Ok(said) => return Ok(DiskUsage::of(&said)),
                // A container that goes while the engine counts makes it fail as a whole, with
                // the containerd image store (28.5: "rw layer snapshot not found for container").
                Err(EngineError::Refused { status: 500, .. }) if tries > 0 => {}
                Err(error) => return Err(error.to_why()),
            }
        }
    }
}

impl DiskUsage {
    fn of(said: &Value) -> Self {
        let images: Option<Vec<SaidImage>> = list(said, "Images");
        let containers: Option<Vec<SaidContainer>> = list(said, "Containers");
        let volumes: Option<Vec<SaidVolume>> = list(said, "Volumes");
        let cache: Option<Vec<SaidCache>> = list(said, "BuildCache");
        let layers = said["LayersSize"].as_u64();
        let listed = Self {
            images: layers,
            images_reclaimable: layers
                .zip(images.as_deref())
                .map(|(layers, images)| layers.saturating_sub(in_use(images))),
            containers: containers.and_then(|all| sum(all.iter().map(|one| size(one.size_rw)))),
            volumes: volumes.and_then(|all| sum(all.iter().map(SaidVolume::size))),
            build_cache: cache
                .as_deref()
                .and_then(|all| sum(all.iter().filter(|one| !one.shared).map(SaidCache::size))),
            build_cache_reclaimable: cache.as_deref().and_then(|all| {
                let idle = all.iter().filter(|one| !one.shared && !one.in_use);
                sum(idle.map(SaidCache::size))
            }),
            dangling_images: images.and_then(|all| {
                let dangling = all.iter().filter(|image| image.is_dangling());
                sum(dangling.map(SaidImage::own_size))
            }),
        };
        Self {
            images: usage(said, "ImageUsage", "TotalSize").or(listed.images),
            images_reclaimable: usage(said, "ImageUsage", "Reclaimable")
                .or(listed.images_reclaimable),
            containers: usage(said, "ContainerUsage", "TotalSize").or(listed.containers),
            volumes: usage(said, "VolumeUsage", "TotalSize").or(listed.volumes),
            build_cache: usage(said, "BuildCacheUsage", "TotalSize").or(listed.build_cache),
            build_cache_reclaimable: usage(said, "BuildCacheUsage", "Reclaimable")
                .or(listed.build_cache_reclaimable),
            dangling_images: listed.dangling_images,
        }
    }
}

/// A sum of the newer form. The engine leaves out members that are 0 (Go's `omitempty`), so that
/// one which is not there is 0 when the object itself is there.
fn usage(said: &Value, area: &str, member: &str) -> Option<u64> {
    let area = said[area].as_object()?;
    match area.get(member) {
        None => Some(0),
        Some(number) => number.as_u64(),
    }
}

/// A list of the older form: none when it is not there or cannot be understood. `null` is an
/// empty list of Go's.
fn list<T: DeserializeOwned>(said: &Value, area: &str) -> Option<Vec<T>> {
    match said.get(area)? {
        Value::Null => Some(Vec::new()),
        list => Vec::deserialize(list).ok(),
    }
}

/// The engine writes -1 for what it did not find out.
fn size(bytes: i64) -> Option<u64> {
    u64::try_from(bytes).ok()
}

/// None as soon as one part is not known.
fn sum(mut sizes: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    sizes.try_fold(0_u64, |sum, size| Some(sum.saturating_add(size?)))
}

/// What used images hold alone, as far as it is known.
fn in_use(images: &[SaidImage]) -> u64 {
    images
        .iter()
        .filter(|image| image.containers != 0)
        .filter_map(SaidImage::own_size)
        .fold(0, u64::saturating_add)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidImage {
    size: i64,
    shared_size: i64,
    containers: i64,
    #[serde(default, deserialize_with = "nullable")]
    repo_tags: Vec<String>,
}

impl SaidImage {
    fn own_size(&self) -> Option<u64> {
        let (size, shared) = (size(self.size)?, size(self.shared_size)?);
        Some(size.saturating_sub(shared))
    }

    fn is_dangling(&self) -> bool {
        let is_nameless = self.repo_tags.iter().all(|name| name == "<none>:<none>");
        is_nameless && self.containers == 0
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidContainer {
    /// Left out when it is 0.
    #[serde(default)]
    size_rw: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidVolume {
    #[serde(default)]
    usage_data: Option<SaidVolumeUsage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidVolumeUsage {
    size: i64,
}

impl SaidVolume {
    fn size(&self) -> Option<u64> {
        size(self.usage_data.as_ref()?.size)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SaidCache {
    size: i64,
    #[serde(default)]
    in_use: bool,
    #[serde(default)]
    shared: bool,
}

impl SaidCache {
    fn size(&self) -> Option<u64> {
        size(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> DiskUsage {
        DiskUsage::of(&serde_json::from_str(text).expect(text))
    }

    /// As 20.10 and 28 write it.
    const LISTS: &str = r#"{"LayersSize":1000,"Images":[
            {"Containers":1,"Size":300,"SharedSize":100,"RepoTags":["a:1"]},
            {"Containers":0,"Size":250,"SharedSize":200,"RepoTags":["<none>:<none>"]},
            {"Containers":2,"Size":90,"SharedSize":0,"RepoTags":null}],
        "Containers":[{"Id":"c","SizeRw":7,"SizeRootFs":307},{"Id":"d"}],
        "Volumes":[{"Name":"v","UsageData":{"RefCount":1,"Size":40}}],
        "BuildCache":[{"Size":30,"InUse":true,"Shared":false},{"Size":20,"InUse":false,"Shared":false},
            {"Size":500,"InUse":false,"Shared":true}],"BuilderSize":50}"#;

    #[test]
    fn the_lists_of_older_engines_are_summed_as_the_docker_cli_does() {
        let usage = read(LISTS);
        assert_eq!(usage.images, Some(1000));
        assert_eq!(usage.images_reclaimable, Some(710));
        assert_eq!((usage.containers, usage.volumes), (Some(7), Some(40)));
        assert_eq!(usage.build_cache, Some(50));
        assert_eq!(usage.build_cache_reclaimable, Some(20));
        assert_eq!(usage.dangling_images, Some(50));
    }

    #[test]
    fn the_sums_of_newer_engines_are_taken_as_they_are() {
        let usage = read(
            r#"{"ImageUsage":{"ActiveCount":1,"TotalCount":2,"TotalSize":900,"Reclaimable":400},
                "ContainerUsage":{"TotalCount":1},"VolumeUsage":{"TotalSize":-1},
                "BuildCacheUsage":{"TotalSize":8}}"#,
        );
        assert_eq!(
            (usage.images, usage.images_reclaimable),
            (Some(900), Some(400))
        );
        assert_eq!((usage.containers, usage.volumes), (Some(0), None));
        assert_eq!(usage.build_cache_reclaimable, Some(0));
        assert_eq!(usage.dangling_images, None, "it lists no images");
    }

    #[test]
    fn what_is_not_told_is_none_and_never_zero() {
        assert_eq!(read("{}"), DiskUsage::default());
        let empty = read(
            r#"{"LayersSize":0,"Images":null,"Containers":[],"Volumes":[],"BuildCache":null}"#,
        );
        assert_eq!((empty.images, empty.dangling_images), (Some(0), Some(0)));
        assert_eq!(empty.build_cache, Some(0));
        let unknown = read(
            r#"{"Volumes":[{"UsageData":{"Size":-1}},{"UsageData":{"Size":3}}],
                "Images":[{"Containers":0,"Size":9,"SharedSize":-1}]}"#,
        );
        assert_eq!((unknown.volumes, unknown.dangling_images), (None, None));
        let odd = read(r#"{"Volumes":[{"UsageData":{"Size":"many"}}],"Images":7}"#);
        assert_eq!(odd, DiskUsage::default());
    }
}
