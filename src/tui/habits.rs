//! What settings say of the app beyond its looks, understood: its keys, and how its table begins.

use std::ops::Range;

use super::keys::Keymap;
use super::screen::live::Table;
use crate::settings;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Habits {
    pub keys: Keymap,
    pub table: Table,
}

/// What is wrong with a word of the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where in the file, in bytes.
    pub at: Range<usize>,
    /// What is wrong, on what, and what would be right.
    pub words: String,
}

impl Habits {
    /// Otherwise all that is wrong, in the order of the file.
    pub fn of(app: &settings::App, watch: &settings::Watch) -> Result<Self, Vec<Mistake>> {
        let (keys, table) = (Keymap::of(&app.keys), Table::of(watch));
        match (keys, table) {
            (Ok(keys), Ok(table)) => Ok(Self { keys, table }),
            (keys, table) => {
                let mut mistakes = keys.err().unwrap_or_default();
                mistakes.extend(table.err().unwrap_or_default());
                mistakes.sort_by_key(|mistake| mistake.at.start);
                Err(mistakes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_readme_are_taken() {
        let readme = include_str!("../../README.md");
        let blocks = readme.split("```toml\n").skip(1);
        let blocks = blocks.filter_map(|rest| rest.split("```").next());
        let examples: Vec<&str> = blocks.filter(|block| block.contains("[app")).collect();
        assert_eq!(examples.len(), 2);
        for text in examples {
            let settings: settings::Settings = toml::from_str(text).expect(text);
            assert_eq!(settings.mistake(), None);
            let habits = Habits::of(&settings.app, &settings.watch).expect(text);
            assert_ne!(habits, Habits::default());
        }
    }
}
