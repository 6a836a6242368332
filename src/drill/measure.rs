//! From the engine's counters to what all sandboxes of a drill used together.

use crate::engine::Sample;

/// What lies between two samples of the same containers: cores, and the throttled share.
pub fn between<'a>(
    pairs: impl IntoIterator<Item = (&'a Sample, &'a Sample)>,
) -> (Option<f64>, Option<f64>) {
    let (mut cores, mut periods, mut throttled) = (None::<f64>, 0, 0);
    for (before, after) in pairs {
        let grown = |of: fn(&Sample) -> Option<u64>| of(after)?.checked_sub(of(before)?);
        let span = after.read_nanos.saturating_sub(before.read_nanos);
        if let Some(used) = grown(|sample| sample.cpu_total_nanos)
            && span > 0
        {
            cores = Some(cores.unwrap_or(0.0) + ratio(used, span.unsigned_abs()));
        }
        let both = grown(|sample| sample.periods).zip(grown(|sample| sample.throttled_periods));
        if let Some((all, held_back)) = both {
            periods += all;
            throttled += held_back;
        }
    }
    let share = (periods > 0).then(|| ratio(throttled, periods).min(1.0));
    (cores, share)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counters of a few minutes are far below 2^53"
)]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: i64, cpu: u64, periods: u64, throttled: u64) -> Sample {
        Sample {
            read_nanos: at,
            cpu_total_nanos: Some(cpu),
            periods: Some(periods),
            throttled_periods: Some(throttled),
            ..Sample::default()
        }
    }

    #[test]
    fn cores_and_throttling_are_what_lies_between_two_samples() {
        let second = 1_000_000_000;
        let first = (sample(0, 500, 10, 5), sample(second, 500_000_500, 20, 15));
        let other = (sample(7, 0, 0, 0), sample(second + 7, 250_000_000, 10, 0));
        let pairs = [(&first.0, &first.1), (&other.0, &other.1)];
        assert_eq!(between(pairs), (Some(0.75), Some(0.5)));
    }

    #[test]
    fn what_no_counter_tells_is_not_zero() {
        let none = Sample::default();
        assert_eq!(between([(&none, &none)]), (None, None));
        assert_eq!(between([]), (None, None));
    }
}
