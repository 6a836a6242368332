//! Images from an archive, which gives their names as it is loaded.

use std::path::Path;

use super::{BRINGING, PATIENCE, failed, id, keep_if_last, layer};
use crate::deadline::Deadline;
use crate::engine::{Engine, Loading};
use crate::fix::apply::{Hands, News, Trouble};
use crate::fix::archive;
use crate::fix::step::ProvideImage;
use crate::text::wash;

/// The names in an archive are given as it is loaded: only one that brings this name, and no
/// other that is in use, is let in.
pub(super) async fn load(
    step: &ProvideImage,
    path: &str,
    passing: &str,
    engine: &Engine,
    hands: &mut Hands,
) -> Result<(), Trouble> {
    let d = Deadline::after(BRINGING);
    let names = archive::held(Path::new(path))
        .map_err(Trouble::Refused)?
        .names;
    if !names.contains(&step.reference) {
        return Err(Trouble::Refused(format!(
            "{} holds {}, and not {}",
            wash(path, 300),
            if names.is_empty() {
                "no named image".to_owned()
            } else {
                wash(&names.join(", "), 300)
            },
            step.reference
        )));
    }
    for name in names.iter().filter(|name| **name != step.reference) {
        if id(engine, name, d.at_most(PATIENCE)).await?.is_some() {
            return Err(Trouble::Refused(format!(
                "{} would also move the name {}",
                wash(path, 300),
                wash(name, 200)
            )));
        }
    }
    if let Some(before) = &step.before {
        keep_if_last(engine, &step.reference, before, d.at_most(PATIENCE)).await?;
    }
    let tell = &mut hands.tell;
    let mut told = |news| match news {
        Loading::Sent { current, total } => (tell)(News::Layer {
            layer: "archive".to_owned(),
            state: "sending".to_owned(),
            current: Some(current),
            total: Some(total),
        }),
        Loading::Layer(news) => (tell)(layer(news)),
    };
    let loaded = engine.load(Path::new(path), &mut told, d);
    loaded.await.map_err(|error| failed(&error))?;
    engine
        .tag(&step.reference, passing, d.at_most(PATIENCE))
        .await
        .map_err(|error| failed(&error))
}
