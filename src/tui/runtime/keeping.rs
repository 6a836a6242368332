//! What is told of the recording at the edge.

use tokio::sync::watch;

use crate::text::wash;
use crate::tui::keeping::{Keeping, Recording, State};

/// Characters of a path, and of a reason.
const MOST: usize = 300;

/// As the screen shows it at first.
pub fn shown(recording: &Recording) -> Keeping {
    Keeping {
        path: wash(&recording.path, MOST),
        most: recording.most,
        state: washed(recording.news.borrow().clone()),
    }
}

/// How it stands now, when that is news; never, when nobody tells any more.
pub async fn next(news: &mut Option<watch::Receiver<State>>) -> State {
    if let Some(told) = news {
        if told.changed().await.is_ok() {
            return washed(told.borrow_and_update().clone());
        }
        *news = None;
    }
    std::future::pending().await
}

fn washed(state: State) -> State {
    match state {
        State::Writes { bytes } => State::Writes { bytes },
        State::Over { why } => State::Over {
            why: wash(&why, MOST),
        },
    }
}
