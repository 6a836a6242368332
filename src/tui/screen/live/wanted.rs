//! Which columns the user wants to see, and in which order the table begins: the words of the
//! settings and of the command line.

use std::str::FromStr;
use std::time::Duration;

use super::{Column, Live};
use crate::live::order::{Arrangement, Sort};
use crate::settings;
use crate::text::nearest;
use crate::tui::habits::Mistake;

/// Stands for the three columns about calls.
const CALLS: (&str, [Column; 3]) = ("calls", [Column::Running, Column::Made, Column::Failed]);

/// What the table shows, and how it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    pub columns: Columns,
    pub sort: Option<Sort>,
    pub is_grouped: bool,
}

/// Whose sandbox a row is about can always be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<Column>);

impl Default for Columns {
    fn default() -> Self {
        Self(Column::ALL.to_vec())
    }
}

impl Columns {
    /// None: nobody has said which.
    fn chosen(&self) -> Option<&[Column]> {
        (*self != Self::default()).then_some(self.0.as_slice())
    }

    /// By their words, or all that is wrong with these, each with the position of its word.
    fn read<'a>(words: impl Iterator<Item = &'a str>) -> Result<Self, Vec<(usize, String)>> {
        let mut columns: Vec<Column> = Vec::new();
        let mut wrong = Vec::new();
        for (index, word) in words.enumerate() {
            let named = match find(word) {
                Some(column) => vec![column],
                None if word == CALLS.0 => CALLS.1.to_vec(),
                None => {
                    wrong.push((index, unknown(word, &[CALLS.0])));
                    continue;
                }
            };
            if let Some(double) = named.iter().find(|column| columns.contains(column)) {
                let words = format!("the column `{}` is named twice", double.word());
                wrong.push((index, words));
            }
            columns.extend(named);
        }
        if !columns.contains(&Column::Owner) {
            columns.insert(0, Column::Owner);
        }
        if wrong.is_empty() {
            Ok(Self(columns))
        } else {
            Err(wrong)
        }
    }
}

/// `agent,calls,cpu`
impl FromStr for Columns {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::read(text.split(',').map(str::trim)).map_err(|wrong| {
            let words: Vec<String> = wrong.into_iter().map(|(_, words)| words).collect();
            words.join("; ")
        })
    }
}

/// `cpu` as the key for it sorts, `-cpu` with the most first, `+cpu` with the least first.
impl FromStr for Sort {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (word, descending) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
            (Some(word), _) => (word, Some(true)),
            (None, Some(word)) => (word, Some(false)),
            (None, None) => (text, None),
        };
        let column = find(word).ok_or_else(|| unknown(word, &[]))?;
        Ok(Self {
            column,
            descending: descending.unwrap_or(column.starts_descending()),
        })
    }
}

fn find(word: &str) -> Option<Column> {
    Column::ALL.into_iter().find(|column| column.word() == word)
}

fn unknown(word: &str, more: &[&'static str]) -> String {
    let words = Column::ALL.map(Column::word);
    let words: Vec<&str> = words.iter().chain(more).copied().collect();
    let near = nearest(word, words.iter().copied());
    let near = near.map_or(String::new(), |near| format!(" did you mean `{near}`?"));
    let all = words.join(", ");
    format!("no column is called `{word}`;{near} columns are {all}")
}

impl Table {
    /// The same for a table that is printed.
    pub fn arrangement(&self) -> Arrangement<'_> {
        Arrangement {
            columns: self.columns.chosen(),
            sort: self.sort,
            is_grouped: self.is_grouped,
        }
    }

    /// What settings say, and all that is wrong with it.
    pub fn of(watch: &settings::Watch) -> Result<Self, Vec<Mistake>> {
        let mut table = Self {
            is_grouped: watch.group,
            ..Self::default()
        };
        let mut mistakes = Vec::new();
        if let Some(list) = &watch.columns {
            match Columns::read(list.iter().map(|word| word.get_ref().as_str())) {
                Ok(columns) => table.columns = columns,
                Err(wrong) => mistakes.extend(wrong.into_iter().map(|(index, words)| Mistake {
                    at: list[index].span(),
                    words: format!("watch.columns: {words}"),
                })),
            }
        }
        if let Some(sort) = &watch.sort {
            match sort.get_ref().parse() {
                Ok(sort) => table.sort = Some(sort),
                Err(words) => mistakes.push(Mistake {
                    at: sort.span(),
                    words: format!("watch.sort: {words}"),
                }),
            }
        }
        if mistakes.is_empty() {
            Ok(table)
        } else {
            Err(mistakes)
        }
    }
}

impl Live {
    /// Begins with the table as it is wanted.
    pub fn lay_out(&mut self, table: &Table) {
        self.columns.clone_from(&table.columns.0);
        if let Some(Sort { column, descending }) = table.sort {
            self.sight.sort = column;
            self.sight.descending = descending;
        }
        self.sight.grouped = table.is_grouped;
        self.arrange(self.ours(Duration::ZERO));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(text: &str) -> Result<Vec<&'static str>, String> {
        let columns: Columns = text.parse()?;
        Ok(columns.0.into_iter().map(Column::word).collect())
    }

    #[test]
    fn columns_are_those_that_are_named_and_whose_a_sandbox_is() {
        assert_eq!(
            columns("cpu, agent,calls"),
            Ok(vec!["cpu", "agent", "running", "made", "failed"])
        );
        assert_eq!(columns("memory"), Ok(vec!["agent", "memory"]));
    }

    #[test]
    fn a_sort_is_the_usual_one_of_its_column_unless_it_says_which() {
        for (text, column, descending) in [
            ("memory", Column::Memory, true),
            ("-memory", Column::Memory, true),
            ("+memory", Column::Memory, false),
            ("age", Column::Age, false),
            ("-age", Column::Age, true),
        ] {
            assert_eq!(text.parse(), Ok(Sort { column, descending }), "{text}");
        }
    }

    #[test]
    fn a_column_is_found_by_its_word_and_every_word_is_there_once() {
        let mut words = Column::ALL.map(Column::word).to_vec();
        assert!(words.iter().all(|word| find(word).is_some()));
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Column::ALL.len());
    }

    #[test]
    fn every_mistake_is_told_with_the_words_there_are() {
        let settings = |text: &str| {
            let watch: settings::Watch = toml::from_str(text).expect("the right shape");
            let wrong = Table::of(&watch).expect_err(text);
            let told = wrong
                .iter()
                .map(|one| format!("{}: {}", &text[one.at.clone()], one.words));
            told.collect::<Vec<_>>().join("\n")
        };
        let text =
            "columns = [\"cpu\", \"memry\", \"calls\", \"made\", \"cpu\", \"x\"]\nsort = \"-cpuu\"";
        insta::assert_snapshot!(settings(text), @r#"
        "memry": watch.columns: no column is called `memry`; did you mean `memory`? columns are agent, name, state, age, start, running, made, failed, cpu, memory, pids, idle, marks, network, traffic, restarts, as-of, image, calls
        "made": watch.columns: the column `made` is named twice
        "cpu": watch.columns: the column `cpu` is named twice
        "x": watch.columns: no column is called `x`; columns are agent, name, state, age, start, running, made, failed, cpu, memory, pids, idle, marks, network, traffic, restarts, as-of, image, calls
        "-cpuu": watch.sort: no column is called `cpuu`; did you mean `cpu`? columns are agent, name, state, age, start, running, made, failed, cpu, memory, pids, idle, marks, network, traffic, restarts, as-of, image
        "#);
        let error = "cpu,,cpu"
            .parse::<Columns>()
            .expect_err("twice, and an empty one");
        insta::assert_snapshot!(error, @"no column is called ``; columns are agent, name, state, age, start, running, made, failed, cpu, memory, pids, idle, marks, network, traffic, restarts, as-of, image, calls; the column `cpu` is named twice");
    }
}
