//! `[app.keys]`: by the word of a command a key, a list of keys, or under the word of a place the
//! same for that place alone. What words and keys there are, the app knows.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;

use super::Word;

pub type Keys = BTreeMap<Word, Spanned<Entry>>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Entry {
    Keys(KeyList),
    Place(BTreeMap<Word, Spanned<KeyList>>),
}

/// An empty one takes all keys away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum KeyList {
    One(String),
    Many(Vec<Word>),
}

/// Not `untagged`, which forgets where in the file a value stands.
struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key like \"ctrl-r\", a list of keys, or a table of them for one place")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Entry, E> {
        Ok(Entry::Keys(KeyList::One(key.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Entry, A::Error> {
        KeyListVisitor.visit_seq(list).map(Entry::Keys)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Entry::Place)
    }
}

struct KeyListVisitor;

impl<'de> Visitor<'de> for KeyListVisitor {
    type Value = KeyList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key like \"ctrl-r\", or a list of keys")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<KeyList, E> {
        Ok(KeyList::One(key.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<KeyList, A::Error> {
        Deserialize::deserialize(SeqAccessDeserializer::new(list)).map(KeyList::Many)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EntryVisitor)
    }
}

impl<'de> Deserialize<'de> for KeyList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(KeyListVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_keeps_its_place_in_the_file() {
        let text = "fix = \"x\"\nundo = [\"u\", \"F8\"]\n[log]\nsave = \"S\"\n";
        let keys: Keys = toml::from_str(text).expect("keys");
        let (word, entry) = keys.get_key_value("undo").expect("it was given");
        assert_eq!(&text[word.span()], "undo");
        let Entry::Keys(KeyList::Many(list)) = entry.get_ref() else {
            panic!("{entry:?}");
        };
        assert_eq!(&text[list[1].span()], "\"F8\"");
        let fix = &keys["fix"];
        assert_eq!(&text[fix.span()], "\"x\"");
        let Entry::Place(log) = keys["log"].get_ref() else {
            panic!("{keys:?}");
        };
        assert_eq!(&text[log["save"].span()], "\"S\"");
    }

    #[test]
    fn what_is_no_key_at_all_says_what_could_be_there() {
        let said = |text: &str| {
            let error = toml::from_str::<Keys>(text).expect_err(text);
            error.message().to_owned()
        };
        assert_eq!(
            said("fix = 3"),
            "invalid type: integer `3`, expected a key like \"ctrl-r\", a list of keys, or a table \
             of them for one place"
        );
        assert_eq!(
            said("[log]\nsave = true"),
            "invalid type: boolean `true`, expected a key like \"ctrl-r\", or a list of keys"
        );
    }
}
