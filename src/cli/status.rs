//! The line that says what is being asked while a command gathers.

use super::out::Live;
use crate::facts::Section;
use crate::probe::gather::Progress;

/// What is being asked right now, for the status line.
pub struct Status {
    live: Live,
    running: Vec<Section>,
    started: usize,
    done: usize,
}

impl Status {
    pub fn new(live: Live) -> Self {
        Self {
            live,
            running: Vec::new(),
            started: 0,
            done: 0,
        }
    }

    pub fn tell(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Started(section) => {
                self.running.push(*section);
                self.started += 1;
            }
            Progress::Done { section, spent, .. } => {
                self.running.retain(|other| other != section);
                self.done += 1;
                let milliseconds = crate::units::milliseconds(*spent);
                self.live.done(section.words(), milliseconds);
            }
        }
        let now: Vec<&str> = self.running.iter().map(|section| section.words()).collect();
        self.live.show(&now, self.done, self.started);
    }
}
