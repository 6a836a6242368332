//! `clawdoctor keys`: the keys of the app that are in force, by place. Pure: the table goes in,
//! text comes out.

use serde_json::{Value, json};

use crate::report::wrap::{columns, cut, pad};
use crate::report::{Role, Style};
use crate::tui::{Keymap, Listed, Listing};

/// What stands in place of a key that was taken away.
const NONE: &str = "-";
const WAY: &str = "\
clawdoctor.toml gives a command other keys: under [app.keys] everywhere, under
[app.keys.dashboard] there alone: recheck = \"F5\", or fix = [\"f\", \"ctrl-f\"].
";

/// For people: a section after the other, in it first what holds in all of its places.
pub fn text(keymap: &Keymap, style: &Style) -> String {
    let sections = keymap.listing();
    let all = || sections.iter().flat_map(|section| &section.keys);
    let widest = |of: fn(&Listed) -> usize| all().map(of).max().unwrap_or(0);
    let keys = widest(|one| columns(&written(one)));
    let commands = widest(|one| one.command.len());
    let room = style.width.saturating_sub(keys + commands + 6).max(16);
    let line = |one: &Listed| {
        let yours = if one.is_set { "(yours) " } else { "" };
        let meaning = cut(&format!("{yours}{}", one.meaning), room, style.ascii);
        let written = style.paint(Role::Code, &pad(&written(one), keys));
        format!("  {written}  {}  {meaning}", pad(one.command, commands))
    };
    let mut lines = Vec::new();
    for section in &sections {
        for places in together(section) {
            let heading = match places {
                [] => section.section.to_owned(),
                some => format!("{}, {}", section.section, some.join(", ")),
            };
            lines.push(style.paint(Role::Title, &heading));
            let here = section.keys.iter().filter(|one| within(one) == places);
            lines.extend(here.map(line));
            lines.push(String::new());
        }
    }
    lines.push(WAY.to_owned());
    lines.join("\n")
}

/// The places that a key does not share with its whole section.
fn within(one: &Listed) -> &[&'static str] {
    if one.is_everywhere { &[] } else { &one.places }
}

/// The groups of a section, what holds everywhere in it first.
fn together(section: &Listing) -> Vec<&[&'static str]> {
    let mut groups: Vec<&[&'static str]> = Vec::new();
    for one in &section.keys {
        if !groups.contains(&within(one)) {
            groups.push(within(one));
        }
    }
    groups.sort_by_key(|places| !places.is_empty());
    groups
}

fn written(one: &Listed) -> String {
    if one.keys.is_empty() {
        return NONE.to_owned();
    }
    one.keys.join(" ")
}

/// The same for programs, on one line.
pub fn json(keymap: &Keymap) -> String {
    let sections = keymap.listing();
    let entries: Vec<Value> = sections
        .iter()
        .flat_map(|section| section.keys.iter().map(|one| entry(section, one)))
        .collect();
    let document = json!({
        "schemaVersion": 1,
        "report": "clawdoctor.keys",
        "keys": entries,
    });
    format!("{document}\n")
}

fn entry(section: &Listing, one: &Listed) -> Value {
    json!({
        "section": section.section,
        "places": one.places,
        "command": one.command,
        "keys": one.keys,
        "meaning": one.meaning,
        "from": if one.is_set { "settings" } else { "default" },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_fits_and_every_command_stands_under_its_section() {
        let text = text(&Keymap::default(), &Style::default());
        for line in text.lines() {
            assert!(columns(line) <= 80, "{line}");
        }
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/screens"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!("keys", text));
    }

    #[test]
    fn programs_get_one_document_with_every_key_once() {
        let document: Value = serde_json::from_str(&json(&Keymap::default())).expect("JSON");
        let keys = document["keys"].as_array().expect("a list");
        let of = |section: &str, place: &str, key: &str| {
            keys.iter()
                .filter(|one| {
                    let has = |field: &str, word: &str| {
                        let words = one[field].as_array().expect("a list");
                        words.iter().any(|one| one == word)
                    };
                    one["section"] == section && has("places", place) && has("keys", key)
                })
                .count()
        };
        assert_eq!(of("checklist", "list", "f"), 1);
        assert_eq!(of("recording", "table", "space"), 1);
        assert!(keys.iter().all(|one| one["from"] == "default"));
    }
}
