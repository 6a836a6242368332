//! Changing what a survey listed, and taking it back.

use super::super::entry::{Entry, Kind, Rights, Wish};
use super::super::guard::Rules;
use super::super::list::{List, Place};
use super::super::pin::Pin;
use super::super::problem::{NAMED, Problem, ProblemKind, moved_words};
use super::super::{Changed, Standing};
use super::{Finder, Miss, open};
use crate::deadline::Deadline;

/// Makes every entry of the list what was wished for.
///
/// Begins only when each is what it was, or is as wished already (a run before this one was
/// stopped half-way). Looks again right before each change and stops at the first entry that
/// somebody changed meanwhile; the problem then says how far it came.
pub fn change(list: &List, rules: &Rules, deadline: Deadline) -> Result<Changed, Problem> {
    Work::new(list, rules, deadline)?.run(Way::Forth)
}

/// Makes every entry of the list what it was, in reverse order: the inverse of [`change`], from
/// its end or from any point of it.
///
/// Refuses as a whole, before anything is touched, when an entry is neither what the change left
/// nor what it was. The rules count here too: whoever undoes adds the list's root to the allowed
/// ones when it is configured no longer.
pub fn restore(list: &List, rules: &Rules, deadline: Deadline) -> Result<Changed, Problem> {
    Work::new(list, rules, deadline)?.run(Way::Back)
}

/// How far a change came that may have been killed. Changes nothing.
pub fn standing(list: &List, rules: &Rules, deadline: Deadline) -> Result<Standing, Problem> {
    let mut work = Work::new(list, rules, deadline)?;
    let found = work.count()?;
    Ok(if found.moved > 0 {
        Standing::MovedOn(moved_words(&found.named, found.moved))
    } else if found.left == 0 {
        Standing::Done
    } else if found.done == 0 {
        Standing::Untouched
    } else {
        Standing::Halfway {
            done: found.done,
            left: found.left,
        }
    })
}

#[derive(Clone, Copy)]
enum Way {
    Forth,
    Back,
}

impl Way {
    /// What an entry is before and after.
    fn ends(self, entry: &Entry, wish: Wish) -> (Rights, Rights) {
        let wanted = wish.wanted(entry.kind, entry.was);
        match self {
            Self::Forth => (entry.was, wanted),
            Self::Back => (wanted, entry.was),
        }
    }
}

#[derive(Default)]
struct Count {
    /// As wished.
    done: usize,
    /// As it was.
    left: usize,
    /// Neither; the first are named.
    moved: usize,
    named: Vec<String>,
}

enum Found {
    /// None = the root.
    Same(Option<Pin>, Rights),
    /// Why it is not the entry any more.
    Other(&'static str),
}

struct Work<'a> {
    list: &'a List,
    finder: Finder,
    deadline: Deadline,
}

impl<'a> Work<'a> {
    fn new(list: &'a List, rules: &Rules, deadline: Deadline) -> Result<Self, Problem> {
        let Place::Tree(root) = &list.place else {
            return Err(Problem::unusable(
                "this list is of a volume, not of a folder",
            ));
        };
        list.verify()?;
        let held = open(root, rules)?;
        if held.look.ino != list.root.ino {
            return Err(Problem::moved_on(
                &["it is another folder now".to_owned()],
                1,
            ));
        }
        Ok(Self {
            list,
            finder: Finder::new(held),
            deadline,
        })
    }

    fn run(&mut self, way: Way) -> Result<Changed, Problem> {
        let found = self.count()?;
        if found.moved > 0 {
            return Err(Problem::moved_on(&found.named, found.moved));
        }
        let entries = &self.list.entries;
        let mut changed = Changed::default();
        for at in 0..entries.len() {
            let entry = match way {
                Way::Forth => &entries[at],
                Way::Back => &entries[entries.len() - 1 - at],
            };
            match self.one(entry, way) {
                Ok(true) => changed.changed += 1,
                Ok(false) => changed.already += 1,
                Err(problem) => {
                    let left = entries.len() - changed.changed - changed.already;
                    return Err(problem.after(changed.changed, left));
                }
            }
        }
        Ok(changed)
    }

    fn count(&mut self) -> Result<Count, Problem> {
        let mut count = Count::default();
        let wish = self.list.wish;
        for entry in &self.list.entries {
            self.in_time()?;
            let (was, wanted) = Way::Forth.ends(entry, wish);
            match self.look(entry)? {
                Found::Same(_, now) if now == wanted => count.done += 1,
                Found::Same(_, now) if now == was => count.left += 1,
                Found::Same(_, now) => count.moved(entry, &now.to_string()),
                Found::Other(why) => count.moved(entry, why),
            }
        }
        Ok(count)
    }

    /// Whether the entry had to be changed.
    fn one(&mut self, entry: &Entry, way: Way) -> Result<bool, Problem> {
        self.in_time()?;
        let (from, to) = way.ends(entry, self.list.wish);
        let (pin, now) = match self.look(entry)? {
            Found::Same(pin, now) => (pin, now),
            Found::Other(why) => return Err(moved(entry, why)),
        };
        if now == to {
            return Ok(false);
        }
        if now != from {
            return Err(moved(entry, &now.to_string()));
        }
        let pin = pin.as_ref().unwrap_or(&self.finder.root.pin);
        apply(pin, entry, now, to)?;
        Ok(true)
    }

    /// The entry as it is now, or why it is another one.
    fn look(&mut self, entry: &Entry) -> Result<Found, Problem> {
        match self.finder.find(&entry.path) {
            Ok((pin, look)) => Ok(if look.ino != entry.ino || look.kind != Some(entry.kind) {
                Found::Other("replaced")
            } else if entry.kind != Kind::Folder && look.names > 1 {
                Found::Other("has more names now")
            } else {
                Found::Same(pin, look.rights)
            }),
            Err(Miss::Gone) => Ok(Found::Other("gone")),
            Err(Miss::Elsewhere) => Ok(Found::Other("something is mounted there now")),
            Err(Miss::System(error)) => Err(Problem::system("look at", &entry.path, error)),
        }
    }

    fn in_time(&self) -> Result<(), Problem> {
        if self.deadline.remaining().is_zero() {
            return Err(Problem::late("going through the list"));
        }
        Ok(())
    }
}

impl Count {
    fn moved(&mut self, entry: &Entry, what: &str) {
        self.moved += 1;
        if self.named.len() < NAMED {
            self.named.push(format!("{} ({what})", entry.name()));
        }
    }
}

fn moved(entry: &Entry, what: &str) -> Problem {
    Problem::moved_on(&[format!("{} ({what})", entry.name())], 1)
}

fn apply(pin: &Pin, entry: &Entry, now: Rights, to: Rights) -> Result<(), Problem> {
    let problem = |tried: &str, error| Problem::system(tried, &entry.path, error);
    let mut now = now;
    if now.owner() != to.owner() {
        pin.chown(to.owner())
            .map_err(|error| problem("change the owner of", error))?;
        // A change of owner may have taken mode bits with it.
        now = pin
            .look()
            .map_err(|error| problem("look at", error))?
            .rights;
    }
    if now.mode != to.mode && entry.kind != Kind::Symlink {
        pin.chmod(to.mode)
            .map_err(|error| problem("change the mode of", error))?;
    }
    let found = pin
        .look()
        .map_err(|error| problem("look at", error))?
        .rights;
    if found == to {
        return Ok(());
    }
    // Network and foreign file systems may accept a change and keep what they had.
    Err(Problem::new(
        ProblemKind::System,
        format!(
            "{} should be {to} now and is {found}: its file system does not keep owners or modes",
            entry.name()
        ),
    ))
}
