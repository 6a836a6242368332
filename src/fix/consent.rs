//! What was consented to, and what it covers. Pure.
//!
//! `--yes` covers the class `safe` alone; each other class is allowed by its word or by the id of
//! a repair. Some repairs have to be named: a class never covers them.

use super::repair::{Repair, risk_word};
use crate::checklist::check::Risk;
use crate::checklist::id::PREFIX;

/// The consent of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// `--yes`
    pub safe: bool,
    pub classes: Vec<RiskClass>,
    /// Ids of repairs or of checks.
    pub ids: Vec<String>,
    /// Restart also while a call runs.
    pub busy: bool,
}

/// A class that `--allow` can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskClass(pub Risk);

/// Whether a repair may be applied without a further question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Allowed,
    /// What to write on the command line for it.
    Needs(String),
}

impl Allow {
    /// The words of `--allow`: classes, ids and `busy`, apart by commas. An id that no check
    /// could have is a mistake.
    pub fn parse(words: &[String], safe: bool) -> Result<Self, String> {
        let mut allow = Self {
            safe,
            ..Self::default()
        };
        for word in words.iter().flat_map(|list| list.split(',')) {
            match word.trim() {
                "" => {}
                "busy" => allow.busy = true,
                "safe" => allow.classes.push(RiskClass(Risk::Safe)),
                "behaviour" => allow.classes.push(RiskClass(Risk::Behaviour)),
                "restart" => allow.classes.push(RiskClass(Risk::Restart)),
                "data" => allow.classes.push(RiskClass(Risk::Data)),
                "security" => allow.classes.push(RiskClass(Risk::Security)),
                id if id.contains('/') => {
                    allow
                        .ids
                        .push(id.strip_prefix(PREFIX).unwrap_or(id).to_owned());
                }
                other => return Err(other.to_owned()),
            }
        }
        Ok(allow)
    }

    pub fn answer(&self, repair: &Repair) -> Answer {
        // One that answers several checks is covered by a check's name only when all are named.
        let is_named = |name: &String| self.ids.contains(name);
        let named =
            is_named(&repair.id) || (is_named(&repair.check) && repair.also.iter().all(is_named));
        let by_class = self.classes.contains(&RiskClass(repair.risk))
            || (self.safe && repair.risk == Risk::Safe);
        if named || (by_class && !repair.only_named) {
            return Answer::Allowed;
        }
        Answer::Needs(if repair.only_named {
            format!("--allow {}", repair.id)
        } else if repair.risk == Risk::Safe {
            "--yes".to_owned()
        } else {
            format!("--allow {}", risk_word(repair.risk))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::trial::repair;

    fn allow(words: &[&str], yes: Yes) -> Allow {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        Allow::parse(&words, matches!(yes, Yes::Given)).expect("good words")
    }

    #[derive(Clone, Copy)]
    enum Yes {
        Given,
        Not,
    }

    #[test]
    fn yes_covers_what_is_safe_and_nothing_else() {
        let yes = allow(&[], Yes::Given);
        assert_eq!(yes.answer(&repair("a/b", Risk::Safe)), Answer::Allowed);
        for (risk, flag) in [
            (Risk::Behaviour, "--allow behaviour"),
            (Risk::Restart, "--allow restart"),
            (Risk::Data, "--allow data"),
            (Risk::Security, "--allow security"),
        ] {
            assert_eq!(
                yes.answer(&repair("a/b", risk)),
                Answer::Needs(flag.to_owned())
            );
        }
    }

    #[test]
    fn a_class_or_an_id_allows_the_rest() {
        let some = allow(&["behaviour,data", "clawdoctor/host/power"], Yes::Not);
        assert_eq!(some.answer(&repair("a/b", Risk::Data)), Answer::Allowed);
        assert_eq!(
            some.answer(&repair("host/power", Risk::Restart)),
            Answer::Allowed
        );
        assert_eq!(
            some.answer(&repair("a/b", Risk::Safe)),
            Answer::Needs("--yes".to_owned())
        );
    }

    #[test]
    fn what_must_be_named_is_not_covered_by_its_class() {
        let mut named = repair("host/power", Risk::Behaviour);
        named.only_named = true;
        let class = allow(&["behaviour"], Yes::Given);
        assert_eq!(
            class.answer(&named),
            Answer::Needs("--allow host/power".to_owned())
        );
        assert_eq!(
            allow(&["host/power"], Yes::Not).answer(&named),
            Answer::Allowed
        );
    }

    #[test]
    fn what_answers_several_checks_needs_the_name_of_each() {
        let mut joined = repair("docker/autostart", Risk::Restart);
        joined.id = "docker/autostart@settings-store.json".to_owned();
        joined.also = vec!["docker/resource-saver".to_owned()];
        let one = allow(&["docker/autostart"], Yes::Given);
        assert_ne!(one.answer(&joined), Answer::Allowed);
        for words in ["docker/autostart,docker/resource-saver", joined.id.as_str()] {
            assert_eq!(allow(&[words], Yes::Not).answer(&joined), Answer::Allowed);
        }
    }

    #[test]
    fn a_word_that_is_no_class_is_refused() {
        assert_eq!(
            Allow::parse(&["everything".to_owned()], false),
            Err("everything".to_owned())
        );
        assert!(allow(&["busy"], Yes::Not).busy);
    }
}
