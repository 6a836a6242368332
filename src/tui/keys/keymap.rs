//! The table of keys in force: ours, and over it what settings say.

use crossterm::event::KeyModifiers;

use super::rebinding::{Wish, mistakes, read};
use super::{Command, Place, Row, Section, chord, live, rows};
use crate::settings;
use crate::tui::habits::Mistake;
use crate::tui::msg::Chord;
use crate::tui::screen::Screen;

/// Every key of the app, by place.
#[derive(Clone, Debug, PartialEq)]
pub struct Keymap {
    bindings: Vec<Binding>,
    /// Those of a recording that is played: they go before the others.
    player: Vec<Binding>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub places: Vec<Place>,
    /// None: the settings have taken all away.
    pub chords: Vec<Chord>,
    pub command: Command,
    /// By which settings name the command.
    pub word: &'static str,
    /// As footer and help name the keys, a blank between two.
    pub keys: String,
    pub help: &'static str,
    pub footer: Option<&'static str>,
    pub from: Source,
}

/// Who says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    Default,
    /// With its place in the file.
    Settings(std::ops::Range<usize>),
}

impl Default for Keymap {
    fn default() -> Self {
        Self::made(&[])
    }
}

impl Keymap {
    /// With these of the settings. Otherwise all that is wrong with them.
    pub fn of(settings: &settings::Keys) -> Result<Self, Vec<Mistake>> {
        let (wishes, mut wrong) = read(settings);
        let keymap = Self::made(&wishes);
        wrong.extend(mistakes(&keymap, &wishes));
        wrong.sort_by_key(|mistake| mistake.at.start);
        if wrong.is_empty() {
            Ok(keymap)
        } else {
            Err(wrong)
        }
    }

    fn made(wishes: &[Wish]) -> Self {
        let mut settled = Vec::new();
        let usual = rows().flat_map(|row| bound(row, wishes, Place::section, &mut settled));
        let bindings = usual.collect();
        let recording = |_| Section::Recording;
        let player = live::PLAYER
            .iter()
            .flat_map(|row| bound(row, wishes, recording, &mut settled));
        Self {
            bindings,
            player: player.collect(),
        }
    }

    /// What a key means in this place. With shift it means the same as without, unless it means
    /// something of its own.
    pub fn command(&self, place: Place, chord: Chord) -> Option<Command> {
        meaning(&self.bindings, place, chord).or_else(|| {
            let plain = Chord {
                modifiers: chord.modifiers.difference(KeyModifiers::SHIFT),
                ..chord
            };
            meaning(&self.bindings, place, plain)
        })
    }

    /// What a key means to a recording that is played: it goes before its other meanings.
    pub fn player(&self, place: Place, chord: Chord) -> Option<Command> {
        meaning(&self.player, place, chord)
    }

    /// All commands that have a key.
    pub fn all(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter().filter(|one| !one.chords.is_empty())
    }

    /// All that can be pressed in this place.
    pub fn here(&self, place: Place) -> impl Iterator<Item = &Binding> {
        self.all().filter(move |one| one.places.contains(&place))
    }

    /// The keys of the player that can be pressed in this place.
    pub fn of_player(&self, place: Place) -> impl Iterator<Item = &Binding> {
        let keyed = self.player.iter().filter(|one| !one.chords.is_empty());
        keyed.filter(move |one| one.places.contains(&place))
    }

    /// The first key of a command in a place, for texts that name it.
    pub fn first(&self, place: Place, command: Command) -> Option<&str> {
        let one = self.here(place).find(|one| one.command == command)?;
        Some(one.first())
    }

    /// The last one: of a command with an arrow and a letter the letter.
    pub fn last(&self, place: Place, command: Command) -> Option<&str> {
        let one = self.here(place).find(|one| one.command == command)?;
        one.keys.split(' ').next_back()
    }

    /// The key that leads to a screen from the main pane of another.
    pub fn leads(&self, from: Screen, to: Screen) -> Option<&str> {
        self.first(Place::main(from), Command::Go(to))
    }

    /// Those with no key as well, and which of them are of the player.
    pub(super) fn whole(&self) -> impl Iterator<Item = (&Binding, bool)> {
        let usual = self.bindings.iter().map(|one| (one, false));
        usual.chain(self.player.iter().map(|one| (one, true)))
    }
}

impl Binding {
    pub fn first(&self) -> &str {
        self.keys.split(' ').next().unwrap_or_default()
    }

    /// As many of its keys as there is room for, and at least one.
    pub fn keys_within(&self, columns: usize) -> &str {
        let mut end = self.first().len();
        for (at, _) in self.keys.match_indices(' ').chain([(self.keys.len(), "")]) {
            if crate::tui::widget::text::columns(&self.keys[..at]) <= columns {
                end = end.max(at);
            }
        }
        &self.keys[..end]
    }
}

fn meaning(bindings: &[Binding], place: Place, chord: Chord) -> Option<Command> {
    bindings
        .iter()
        .find(|one| one.chords.contains(&chord) && one.places.contains(&place))
        .map(|one| one.command)
}

/// A row with the keys that it has in each of its places, those with the same keys together.
/// `settled` are the commands whose keys of the settings stand in an earlier row.
fn bound(
    row: &'static Row,
    wishes: &[Wish],
    section: impl Fn(Place) -> Section,
    settled: &mut Vec<(Place, &'static str)>,
) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for &place in row.places {
        let (chords, from) = match wish(wishes, section(place), row.word) {
            None => (row.chords.to_vec(), Source::Default),
            Some(_) if settled.contains(&(place, row.word)) => continue,
            Some(wish) => {
                settled.push((place, row.word));
                chords_in(place, row, wish)
            }
        };
        let same = |one: &&mut Binding| one.chords == chords && one.from == from;
        if let Some(one) = bindings.iter_mut().find(same) {
            one.places.push(place);
            continue;
        }
        let names: Vec<String> = chords.iter().copied().map(chord::name).collect();
        bindings.push(Binding {
            places: vec![place],
            chords,
            command: row.command,
            word: row.word,
            keys: names.join(" "),
            help: row.help,
            footer: row.footer,
            from,
        });
    }
    bindings
}

/// What holds for one place goes before what holds for the whole app.
fn wish<'a>(wishes: &'a [Wish], section: Section, word: &str) -> Option<&'a Wish> {
    let of = |section: Option<Section>| {
        let mut all = wishes.iter();
        all.find(move |wish| wish.word == word && wish.section == section)
    };
    of(Some(section)).or_else(|| of(None))
}

/// Where one types, characters are text: of the wished keys those hold there that are none, and
/// ours as long as that leaves none.
fn chords_in(place: Place, row: &Row, wish: &Wish) -> (Vec<Chord>, Source) {
    let ours = Source::Settings(wish.at.clone());
    if !place.is_typed_in() || wish.chords.is_empty() {
        return (wish.chords.clone(), ours);
    }
    let untyped = wish.chords.iter().filter(|chord| !chord.is_typed());
    let untyped: Vec<Chord> = untyped.copied().collect();
    if untyped.is_empty() {
        (row.chords.to_vec(), Source::Default)
    } else {
        (untyped, ours)
    }
}
