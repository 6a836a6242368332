//! What the engine tells while a drill runs: its events, and what of them matters to it.

use tokio::sync::mpsc;

use crate::engine::{Action, ContainerEvent, Events};
use crate::facts::sandbox::SANDBOX_LABEL;
use crate::facts::{Why, WhyKind};
use crate::probe::inside::load::number_of;

/// Events on their way; when it is full the engine's stream waits, and none is lost.
const CHANNEL: usize = 256;

pub type Inbox = mpsc::Receiver<Result<ContainerEvent, Why>>;

/// What an event is to a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The kernel killed a process of a container for want of memory.
    Oom {
        ours: bool,
    },
    /// One of the drill's ended.
    Ended {
        number: u64,
        exit_code: Option<i64>,
    },
    /// A real sandbox was put to work.
    Call,
    Nothing,
}

/// Passes on what happens, until nobody listens. The task is the caller's to end.
pub fn listen(events: Events) -> (tokio::task::JoinHandle<()>, Inbox) {
    let (sender, inbox) = mpsc::channel(CHANNEL);
    (tokio::spawn(pass_on(events, sender)), inbox)
}

async fn pass_on(mut events: Events, to: mpsc::Sender<Result<ContainerEvent, Why>>) {
    loop {
        let told = match events.next().await {
            Ok(Some(event)) => Ok(event),
            Ok(None) => Err(Why::new(WhyKind::Failed, "the engine ended its events")),
            Err(error) => Err(error.to_why()),
        };
        let is_over = told.is_err();
        if to.send(told).await.is_err() || is_over {
            return;
        }
    }
}

/// Pure: what this event is to the drill of this run.
pub fn heard(event: &ContainerEvent, run_id: &str) -> Heard {
    let number = number_of(&event.name, run_id);
    let is_real = || {
        event
            .attributes
            .get(SANDBOX_LABEL)
            .is_some_and(|is| is == "1")
    };
    match &event.action {
        Action::Oom => Heard::Oom {
            ours: number.is_some(),
        },
        Action::Die { exit_code } => number.map_or(Heard::Nothing, |number| Heard::Ended {
            number,
            exit_code: *exit_code,
        }),
        Action::Start | Action::ExecStart { .. } if is_real() => Heard::Call,
        _ => Heard::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn event(name: &str, action: Action, labels: &[(&str, &str)]) -> ContainerEvent {
        ContainerEvent {
            id: "x".to_owned(),
            at_nanos: 0,
            action,
            name: name.to_owned(),
            image: String::new(),
            attributes: labels
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect::<BTreeMap<_, _>>(),
        }
    }

    #[test]
    fn kills_anywhere_ends_of_ours_and_calls_matter_and_nothing_else() {
        let of = |name: &str, action: Action, labels: &[(&str, &str)]| {
            heard(&event(name, action, labels), "00ff")
        };
        let exit_code = Some(137);
        assert_eq!(of("db", Action::Oom, &[]), Heard::Oom { ours: false });
        let ours = "clawdoctor-drill-00ff-3";
        assert_eq!(of(ours, Action::Oom, &[]), Heard::Oom { ours: true });
        let ended = Heard::Ended {
            number: 3,
            exit_code,
        };
        assert_eq!(of(ours, Action::Die { exit_code }, &[]), ended);
        assert_eq!(of("db", Action::Die { exit_code }, &[]), Heard::Nothing);
        let real = [("openclaw.sandbox", "1")];
        assert_eq!(of("openclaw-sbx-a", Action::Start, &real), Heard::Call);
        assert_eq!(of("openclaw-sbx-a", Action::Pause, &real), Heard::Nothing);
        assert_eq!(of("db", Action::Start, &[]), Heard::Nothing);
        assert_eq!(of(ours, Action::Start, &[]), Heard::Nothing);
    }
}
