//! The table of keys as a list, for whoever wants to read it outside of the app.

use super::keymap::{Keymap, Source};
use super::{Place, Section};

/// All keys of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub section: &'static str,
    pub keys: Vec<Listed>,
}

/// What a command is bound to in some places of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub command: &'static str,
    /// Empty: it has none.
    pub keys: Vec<String>,
    pub meaning: &'static str,
    pub places: Vec<&'static str>,
    /// It holds in all places of its section.
    pub is_everywhere: bool,
    /// The settings say so.
    pub is_set: bool,
}

impl Keymap {
    /// The keys in force, by section.
    pub fn listing(&self) -> Vec<Listing> {
        let each = Section::ALL.into_iter();
        each.map(|section| Listing {
            section: section.word(),
            keys: self.listed(section),
        })
        .collect()
    }

    fn listed(&self, section: Section) -> Vec<Listed> {
        let all = match section {
            Section::Recording => Section::Dashboard,
            other => other,
        };
        let all: Vec<Place> = Place::ALL
            .into_iter()
            .filter(|place| place.section() == all)
            .collect();
        let mut listed = Vec::new();
        for (one, is_player) in self.whole() {
            if is_player != (section == Section::Recording) {
                continue;
            }
            let places: Vec<Place> = all
                .iter()
                .copied()
                .filter(|place| one.places.contains(place))
                .collect();
            if places.is_empty() {
                continue;
            }
            listed.push(Listed {
                command: one.word,
                keys: one.keys.split_whitespace().map(str::to_owned).collect(),
                meaning: one.help,
                places: places.iter().map(|place| place.word()).collect(),
                is_everywhere: places.len() == all.len(),
                is_set: matches!(one.from, Source::Settings(_)),
            });
        }
        listed
    }
}
