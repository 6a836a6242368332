//! Opening the picture with what was recorded before anybody looked.

use super::{Model, Recalled};
use crate::live::event::{Event, Link, Moment, Stamped};
use crate::live::note::Note;
use crate::live::stall::Stall;

impl Model {
    /// Takes in what was recorded up to `now` and then knows what happened, and nothing yet of how
    /// it is: that is asked of the engine. `tell` hears of each note. Gives the stamp of the newest
    /// event, by the engine's clock: from there on the engine has to be asked.
    pub fn recall(
        &mut self,
        events: impl Iterator<Item = Stamped<Event>>,
        now: Moment,
        mut tell: impl FnMut(&Note),
    ) -> Option<Moment> {
        let mut newest = None;
        // A clock that was set back leaves records of the future, which would outrank all that comes.
        for event in events.filter(|event| event.at <= now) {
            let at = event.at;
            match &event.what {
                Event::Happened(life) => newest = newest.max(Some(life.stamp)),
                // What another process cost.
                Event::Cost(_) => continue,
                Event::Link(_)
                | Event::Listed(_)
                | Event::Detailed(_)
                | Event::Sampled(_)
                | Event::Node(_)
                | Event::Answered(_) => {}
            }
            let recalled = self.recalled.get_or_insert(Recalled { from: at, to: at });
            recalled.to = recalled.to.max(at);
            for note in self.apply(event) {
                tell(&note);
            }
        }
        let recalled = self.recalled?;
        self.reaches = self.reaches.map(|old| old.min(recalled.from));
        self.reaches.get_or_insert(recalled.from);
        self.link = Link::Connecting;
        self.link_since = now;
        self.stall = Stall::default();
        self.listed = None;
        self.node = None;
        self.headroom = Err("the node has not been looked at yet".to_owned());
        for one in self.sandboxes.values_mut() {
            one.drift = None;
        }
        self.alerts.become_past();
        newest
    }

    /// Whether an answer of the engine says only what is known already, but for when it was asked:
    /// a recording can do without it.
    pub fn knows(&self, event: &Event) -> bool {
        match event {
            Event::Detailed(detail) => {
                let one = self.sandboxes.get(&detail.standing.id);
                let before = one.and_then(|one| Some((one, one.detail.as_ref()?)));
                before.is_some_and(|(one, before)| {
                    let mut same = before.clone();
                    same.asked = detail.asked;
                    let running = one.running.iter().map(|call| &call.exec);
                    // Events that came since are in the state and in the calls.
                    same == *detail
                        && (one.started.is_some() || detail.started.is_none())
                        && one.state.word() == detail.standing.state
                        && running.eq(&detail.execs)
                })
            }
            Event::Listed(listing) => {
                self.listed.is_some()
                    && self.sandboxes.len() == listing.containers.len()
                    && listing.containers.iter().all(|listed| {
                        self.sandboxes.get(&listed.id).is_some_and(|one| {
                            one.about.name == listed.name
                                && one.image == listed.image
                                && one.state.word() == listed.state
                        })
                    })
            }
            Event::Node(node) => self.node.as_ref() == Some(&**node),
            Event::Link(_)
            | Event::Happened(_)
            | Event::Sampled(_)
            | Event::Cost(_)
            | Event::Answered(_) => false,
        }
    }
}
