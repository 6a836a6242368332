//! A kernel's kill for memory that the engine tells after what it ended: a busy engine takes the two
//! from different queues.

use super::Model;
use crate::live::call::{CallEnd, KILLED};
use crate::live::event::{Life, Moment};
use crate::live::note::{News, Note, Victim};
use crate::live::sandbox::{OOM_TO_DEATH, State};

impl Model {
    /// What this kill ended just victim, and which was told as an end that nobody knows the cause
    /// of. A call that still runs is suspected instead (see [`crate::live::call::Suspicion`]).
    pub(super) fn blame(&mut self, id: &str, stamp: Moment) -> Option<Victim> {
        let there = self.sandboxes.get(id)?;
        // One that runs again was killed in its new life.
        let died = there.died.filter(|_| there.state == State::Exited);
        let is_dead = died.is_some_and(|died| is_soon(died, stamp)) && there.exit_code != Some(0);
        let call = there.running.is_empty().then(|| self.blame_call(id, stamp));
        let victim = if is_dead {
            Some(Victim::Container)
        } else {
            call.flatten()
        };
        self.mend(id, victim.as_ref());
        victim
    }

    fn blame_call(&mut self, id: &str, stamp: Moment) -> Option<Victim> {
        let mut past = self.past_calls.iter_mut().rev();
        past.find_map(|past| {
            let end = past.call.end.filter(|_| past.about.id == id)?;
            // Of a call that its container took with it there is no exit code.
            let is_killed = end.exit_code.is_none_or(|code| code == KILLED);
            (is_killed && is_soon(end.at, stamp)).then(|| {
                past.call.end = Some(CallEnd { oom: true, ..end });
                Victim::Call {
                    exec: past.call.exec.clone(),
                }
            })
        })
    }

    /// Of one that is removed by now.
    pub(super) fn killed_before_it_went(&mut self, at: Moment, life: &Life, notes: &mut Vec<Note>) {
        let mut gone = self.gone.iter_mut().rev();
        let Some(gone) = gone.find(|gone| gone.about.id == life.id) else {
            return;
        };
        let is_dead = gone.died.is_some_and(|died| is_soon(died, life.stamp));
        let is_it = is_dead && gone.exit_code != Some(0);
        gone.oom |= is_it;
        let victim = is_it.then_some(Victim::Container);
        let news = News::Oom {
            cap: gone.memory_cap,
            peak: gone.peak,
            engine_memory: self.node.as_ref().and_then(|node| node.engine_memory),
            victim: victim.clone(),
        };
        let (about, kind) = (gone.about.clone(), gone.kind);
        self.mend(&life.id, victim.as_ref());
        self.tell(at, life.stamp, (about, self.scope.shows(kind)), news, notes);
    }

    fn mend(&mut self, id: &str, victim: Option<&Victim>) {
        if let Some(victim) = victim {
            let mut told = self.timeline.iter_mut().rev();
            told.any(|note| note.mend(id, victim));
        }
    }
}

/// Whether what ended can have ended by the kill that is told with this stamp.
fn is_soon(end: Moment, stamp: Moment) -> bool {
    stamp.since(end) < OOM_TO_DEATH
}
