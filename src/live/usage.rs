//! What a container uses: figures from samples, each with its age, and their history. A figure
//! that is not known is none and never zero.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::{Moment, Sample};

/// Points of a history: ten minutes at one a second.
const MOST_POINTS: usize = 600;
/// Two samples nearer than this say nothing of the time between them.
const LEAST_SPAN: Duration = Duration::from_millis(200);

/// Processor use, in cores: 1 = one core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cpu {
    pub cores: f64,
    pub over: Over,
}

/// What time a figure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Since the container's start: all that one sample can say.
    Life,
    /// Between the last two samples.
    Last(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// By the engine's clock.
    pub read: Moment,
    pub cores: Option<f32>,
    pub memory: Option<u64>,
}

/// All that the samples of one container tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    /// The newest sample, and when it came by our clock.
    pub last: Option<(Moment, Sample)>,
    pub cpu: Option<Cpu>,
    /// Of the time between the last two samples, how much the container was kept from running.
    pub throttled: Option<Duration>,
    /// Bytes a second, between the last two samples.
    pub received: Option<f64>,
    pub sent: Option<f64>,
    pub disk_read: Option<f64>,
    pub disk_written: Option<f64>,
    /// The most memory that was seen, in bytes.
    pub peak: Option<u64>,
    pub history: VecDeque<Point>,
}

impl Usage {
    /// Takes a sample in. `started` by the engine's clock. One that is not newer than the last is
    /// left out.
    pub fn add(&mut self, at: Moment, sample: Sample, started: Option<Moment>) {
        let before = self.last.as_ref().map(|(_, before)| before.clone());
        if before
            .as_ref()
            .is_some_and(|before| before.read >= sample.read)
        {
            return;
        }
        self.cpu = between(before.as_ref(), &sample).or_else(|| mean(&sample, started));
        self.rates(before.as_ref(), &sample);
        self.peak = self.peak.max(sample.memory);
        if self.history.len() == MOST_POINTS {
            self.history.pop_front();
        }
        #[expect(clippy::cast_possible_truncation, reason = "drawn, not reckoned with")]
        let cores = self.cpu.map(|cpu| cpu.cores as f32);
        self.history.push_back(Point {
            read: sample.read,
            cores,
            memory: sample.memory,
        });
        self.last = Some((at, sample));
    }

    /// It runs no more: what it used at its end is not what it uses now.
    pub fn stop(&mut self) {
        self.last = None;
        self.cpu = None;
        self.throttled = None;
        self.received = None;
        self.sent = None;
        self.disk_read = None;
        self.disk_written = None;
    }

    pub fn memory(&self) -> Option<u64> {
        self.last.as_ref()?.1.memory
    }

    pub fn pids(&self) -> Option<u64> {
        self.last.as_ref()?.1.pids
    }

    /// How old its figures are.
    pub fn age(&self, now: Moment) -> Option<Duration> {
        self.last.as_ref().map(|(at, _)| now.since(*at))
    }

    fn rates(&mut self, before: Option<&Sample>, now: &Sample) {
        let span = before.map(|before| now.read.since(before.read));
        let Some((before, span)) = before.zip(span).filter(|(_, span)| *span >= LEAST_SPAN) else {
            return;
        };
        let rate = |old: Option<u64>, new: Option<u64>| {
            let grown = new?.checked_sub(old?)?;
            Some(as_float(grown) / span.as_secs_f64())
        };
        self.received = rate(before.received, now.received);
        self.sent = rate(before.sent, now.sent);
        self.disk_read = rate(before.disk_read, now.disk_read);
        self.disk_written = rate(before.disk_written, now.disk_written);
        let grown = |old: Option<u64>, new: Option<u64>| new?.checked_sub(old?);
        self.throttled = grown(before.throttled, now.throttled).map(Duration::from_nanos);
    }
}

/// A counter that went back belongs to another run of the container.
fn between(before: Option<&Sample>, now: &Sample) -> Option<Cpu> {
    let before = before?;
    let span = now.read.since(before.read);
    if span < LEAST_SPAN {
        return None;
    }
    let used = now.cpu?.checked_sub(before.cpu?)?;
    Some(Cpu {
        cores: as_float(used) / as_float(u64::try_from(span.as_nanos()).ok()?),
        over: Over::Last(span),
    })
}

fn mean(sample: &Sample, started: Option<Moment>) -> Option<Cpu> {
    let life = sample.read.since(started?);
    if life < LEAST_SPAN {
        return None;
    }
    Some(Cpu {
        cores: as_float(sample.cpu?) / as_float(u64::try_from(life.as_nanos()).ok()?),
        over: Over::Life,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "rates are shown with three digits"
)]
pub fn as_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn sample(read: i64, cpu: u64, memory: Option<u64>) -> Sample {
        Sample {
            read: Moment(read),
            cpu: Some(cpu),
            memory,
            received: Some(cpu),
            ..Sample::default()
        }
    }

    #[test]
    fn the_first_sample_gives_the_mean_and_the_second_what_is_now() {
        let mut usage = Usage::default();
        usage.add(
            Moment(0),
            sample(10 * SECOND, 2_000_000_000, Some(5)),
            Some(Moment(0)),
        );
        let cpu = usage.cpu.expect("a mean");
        assert_eq!(cpu.over, Over::Life);
        assert!((cpu.cores - 0.2).abs() < 1e-9);
        usage.add(
            Moment(1),
            sample(12 * SECOND, 3_000_000_000, Some(3)),
            Some(Moment(0)),
        );
        let cpu = usage.cpu.expect("a figure");
        assert_eq!(cpu.over, Over::Last(Duration::from_secs(2)));
        assert!((cpu.cores - 0.5).abs() < 1e-9);
        assert_eq!(usage.peak, Some(5));
        assert_eq!(usage.memory(), Some(3));
        assert_eq!(usage.history.len(), 2);
        assert!((usage.received.expect("a rate") - 5e8).abs() < 1.0);
    }

    #[test]
    fn what_is_not_known_is_not_zero() {
        let mut usage = Usage::default();
        let blank = Sample {
            read: Moment(SECOND),
            ..Sample::default()
        };
        usage.add(Moment(0), blank, Some(Moment(0)));
        assert_eq!(
            (usage.cpu, usage.memory(), usage.pids()),
            (None, None, None)
        );
        usage.add(Moment(0), sample(3 * SECOND, 1, None), None);
        assert_eq!(
            usage.cpu, None,
            "no start is known, and the last had no counter"
        );
    }

    #[test]
    fn a_counter_that_went_back_gives_no_rate_and_an_old_sample_changes_nothing() {
        let mut usage = Usage::default();
        usage.add(Moment(0), sample(5 * SECOND, 9, Some(1)), None);
        usage.add(Moment(0), sample(7 * SECOND, 2, Some(1)), None);
        assert_eq!(usage.cpu, None);
        assert_eq!(usage.received, None);
        let before = usage.clone();
        usage.add(Moment(9), sample(6 * SECOND, 100, Some(100)), None);
        assert_eq!(usage, before);
    }

    #[test]
    fn the_history_is_bounded() {
        let mut usage = Usage::default();
        for second in 0..2000 {
            usage.add(Moment(0), sample(second * SECOND, 1, None), None);
        }
        assert_eq!(usage.history.len(), MOST_POINTS);
    }
}
