//! Reads what settings say of keys, and finds what is wrong with it: all of it, not only the first.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::keymap::{Binding, Keymap, Source};
use super::{Place, Row, Section, chord, live, rows};
use crate::settings::{Entry, KeyList, Keys, Word};
use crate::text::nearest;
use crate::tui::habits::Mistake;
use crate::tui::msg::Chord;

/// What must always have a key wherever it has one of ours.
const NEEDED: [&str; 3] = ["back", "help", "interrupt"];
/// Leaves the app whatever happens.
const LAST: Chord = Chord::ctrl('c');

/// Other keys for a command.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// None: in all places.
    pub section: Option<Section>,
    pub word: &'static str,
    pub chords: Vec<Chord>,
    /// Where its keys stand in the file.
    pub at: Range<usize>,
}

/// Every row with the section of each place that it holds in.
pub(super) fn all() -> impl Iterator<Item = (&'static Row, Place, Section)> {
    let usual = rows().flat_map(|row| row.places.iter().map(move |at| (row, *at, at.section())));
    let player = live::PLAYER.iter();
    usual.chain(player.flat_map(|row| {
        let places = row.places.iter();
        places.map(move |place| (row, *place, Section::Recording))
    }))
}

/// Wishes that can be read, and what is wrong with the others.
pub(super) fn read(settings: &Keys) -> (Vec<Wish>, Vec<Mistake>) {
    let mut reader = Reader::default();
    for (word, entry) in settings {
        match entry.get_ref() {
            Entry::Keys(keys) => reader.wish(None, word, keys, entry.span()),
            Entry::Place(commands) => {
                let Some(section) = reader.section(word) else {
                    continue;
                };
                for (word, keys) in commands {
                    reader.wish(Some(section), word, keys.get_ref(), keys.span());
                }
            }
        }
    }
    (reader.wishes, reader.mistakes)
}

#[derive(Default)]
struct Reader {
    wishes: Vec<Wish>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn wrong(&mut self, at: Range<usize>, words: String) {
        self.mistakes.push(Mistake { at, words });
    }

    fn section(&mut self, word: &Word) -> Option<Section> {
        let mut sections = Section::ALL.into_iter();
        let found = sections.find(|section| section.word() == word.get_ref());
        if found.is_none() {
            let words = Section::ALL.map(Section::word);
            self.wrong(
                word.span(),
                format!(
                    "app.keys: `{}` is no place; places are {}",
                    word.get_ref(),
                    words.join(", ")
                ),
            );
        }
        found
    }

    fn wish(&mut self, section: Option<Section>, word: &Word, keys: &KeyList, at: Range<usize>) {
        let path = path(section, word.get_ref());
        let command = match command(section, word.get_ref()) {
            Ok(command) => command,
            Err(why) => return self.wrong(word.span(), why),
        };
        let written: Vec<(&str, Range<usize>)> = match keys {
            KeyList::One(key) => vec![(key, at.clone())],
            KeyList::Many(list) => {
                let each = list.iter();
                each.map(|key| (key.get_ref().as_str(), key.span()))
                    .collect()
            }
        };
        let known = self.mistakes.len();
        let mut chords: Vec<Chord> = Vec::new();
        for (key, at) in written {
            match usable(command, section, key) {
                Ok(chord) if chords.contains(&chord) => {}
                Ok(chord) => chords.push(chord),
                Err(why) => self.wrong(at, format!("{path}: {why}")),
            }
        }
        if self.mistakes.len() > known {
            return;
        }
        if command == "interrupt" && !chords.contains(&LAST) {
            let words = format!("{path}: `ctrl-c` cannot be taken from it; add it to the list");
            return self.wrong(at, words);
        }
        self.wishes.push(Wish {
            section,
            word: command,
            chords,
            at,
        });
    }
}

fn path(section: Option<Section>, word: &str) -> String {
    match section {
        Some(section) => format!("app.keys.{}.{word}", section.word()),
        None => format!("app.keys.{word}"),
    }
}

/// The command that this word names there.
fn command(section: Option<Section>, word: &str) -> Result<&'static str, String> {
    let named = || all().filter(|(row, ..)| row.word == word);
    let holds = |found: &Section| section.is_none_or(|wanted| wanted == *found);
    if let Some((row, ..)) = named().find(|(.., found)| holds(found)) {
        return Ok(row.word);
    }
    let sections: BTreeSet<Section> = named().map(|(.., section)| section).collect();
    if let (Some(section), false) = (section, sections.is_empty()) {
        let words: Vec<&str> = sections.into_iter().map(Section::word).collect();
        return Err(format!(
            "app.keys.{}: `{word}` is no command there, but in {}",
            section.word(),
            words.join(", ")
        ));
    }
    let here = all().filter(|(.., found)| holds(found));
    let near = nearest(word, here.map(|(row, ..)| row.word));
    let near = near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(match section {
        Some(section) => format!(
            "app.keys.{}: no command is called `{word}`{near}",
            section.word()
        ),
        None => format!("app.keys: no command is called `{word}`{near}"),
    })
}

/// A key that the command can have.
fn usable(command: &str, section: Option<Section>, key: &str) -> Result<Chord, String> {
    let chord = chord::parse(key)?;
    if chord == LAST && command != "interrupt" {
        return Err("`ctrl-c` always leaves the app; take another key".to_owned());
    }
    let mut places = all().filter(|(row, _, found)| {
        row.word == command && section.is_none_or(|wanted| wanted == *found)
    });
    if chord.is_typed() && places.all(|(_, place, _)| place.is_typed_in()) {
        let name = chord::name(chord);
        return Err(format!(
            "`{name}` is text where it would hold; take a key that is no character"
        ));
    }
    Ok(chord)
}

/// What cannot be with these wishes together: one key with two meanings, or no way out.
pub(super) fn mistakes(keymap: &Keymap, wishes: &[Wish]) -> Vec<Mistake> {
    let mut doubles: BTreeMap<Double, (Range<usize>, Vec<Place>)> = BTreeMap::new();
    for place in Place::ALL {
        let here: Vec<(&Binding, bool)> = keymap
            .whole()
            .filter(|(one, _)| one.places.contains(&place))
            .collect();
        for (index, (one, is_player)) in here.iter().enumerate() {
            // A recording's keys go before the others, but never before the way out.
            let meets =
                |other: &&(&Binding, bool)| other.1 == *is_player || NEEDED.contains(&other.0.word);
            for (other, _) in here[..index].iter().filter(meets) {
                for (double, at) in both(one, other) {
                    doubles
                        .entry(double)
                        .or_insert((at, Vec::new()))
                        .1
                        .push(place);
                }
            }
        }
    }
    let mut mistakes = needed(keymap, wishes);
    mistakes.extend(doubles.into_iter().map(|(double, (at, places))| Mistake {
        at,
        words: double.words(&places),
    }));
    mistakes
}

/// One key of two commands.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Double {
    key: String,
    /// The one that the settings give it to.
    given: &'static str,
    other: &'static str,
}

/// The keys that two commands share, and where in the file the one is given them that came last.
fn both(one: &Binding, other: &Binding) -> Vec<(Double, Range<usize>)> {
    let at = |binding: &Binding| match &binding.from {
        Source::Default => None,
        Source::Settings(at) => Some(at.clone()),
    };
    let (given, other, at) = match (at(one), at(other)) {
        (None, None) => return Vec::new(),
        (Some(first), Some(second)) if first.start < second.start => (other, one, second),
        (Some(at), _) => (one, other, at),
        (None, Some(at)) => (other, one, at),
    };
    let shared = given.chords.iter().filter(|key| other.chords.contains(key));
    let shared = shared.map(|chord| Double {
        key: chord::name(*chord),
        given: given.word,
        other: other.word,
    });
    shared.map(|double| (double, at.clone())).collect()
}

impl Double {
    fn words(&self, places: &[Place]) -> String {
        let Self { key, given, other } = self;
        let place = places.first().map_or("", |place| place.phrase());
        let more = match places.len() {
            0 | 1 => String::new(),
            2 => " and in one more place".to_owned(),
            count => format!(" and in {} more places", count - 1),
        };
        let way = if NEEDED.contains(other) {
            format!("take another key for `{given}`")
        } else {
            format!("take another, or give `{other}` one, or none: {other} = []")
        };
        format!("app.keys: `{key}` would mean both `{given}` and `{other}` {place}{more}; {way}")
    }
}

/// Commands that would have no key at all, though nobody finds out of a place without them.
fn needed(keymap: &Keymap, wishes: &[Wish]) -> Vec<Mistake> {
    let lost = |wish: &&Wish| {
        let mut of_it = keymap.whole().filter(|(one, _)| {
            one.from == Source::Settings(wish.at.clone()) && one.word == wish.word
        });
        NEEDED.contains(&wish.word) && of_it.any(|(one, _)| one.chords.is_empty())
    };
    let lost = wishes.iter().filter(lost);
    lost.map(|wish| Mistake {
        at: wish.at.clone(),
        words: format!(
            "{}: it needs a key, or there is no way on from there",
            path(wish.section, wish.word)
        ),
    })
    .collect()
}
