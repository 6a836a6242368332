//! The quantile of a sample: linear interpolation between its two nearest values (Hyndman and Fan's
//! type 7, the usual one of R, NumPy and spreadsheets). The half is the median as everybody
//! reckons it.

/// What reports say of it.
pub const DEFINITION: &str = "linear interpolation between the nearest ranks (Hyndman-Fan type 7)";

/// The quantile of sorted values; none of no values. `share` is between 0 and 1.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a small count, and a rank between 0 and it"
)]
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let rank = last as f64 * share.clamp(0.0, 1.0);
    let below = (rank.floor() as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    Some(low + (high - low) * (rank - below as f64))
}

/// The median of values in any order.
pub fn median(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    quantile(&sorted(values), 0.5)
}

pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quantiles_are_those_of_r_and_numpy() {
        // numpy.percentile([15, 20, 35, 40, 50], [0, 5, 30, 40, 50, 95, 100])
        let sample = [15.0, 20.0, 35.0, 40.0, 50.0];
        for (share, value) in [
            (0.0, 15.0),
            (0.05, 16.0),
            (0.3, 23.0),
            (0.4, 29.0),
            (0.5, 35.0),
            (0.95, 48.0),
            (1.0, 50.0),
        ] {
            let found = quantile(&sample, share).expect("a sample");
            assert!((found - value).abs() < 1e-9, "{share}: {found}");
        }
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(median([4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    proptest! {
        #[test]
        fn a_quantile_lies_within_the_sample_and_grows_with_its_share(
            values in prop::collection::vec(0.0f64..1e6, 1..60), a in 0.0f64..=1.0, b in 0.0f64..=1.0,
        ) {
            let sample = sorted(values);
            let (low, high) = (a.min(b), a.max(b));
            let (low, high) = (quantile(&sample, low).expect("some"), quantile(&sample, high).expect("some"));
            prop_assert!(low <= high + 1e-6);
            prop_assert!(sample[0] <= low + 1e-6 && high <= sample[sample.len() - 1] + 1e-6);
        }

        #[test]
        fn half_of_the_sample_lies_on_either_side_of_its_median(
            values in prop::collection::vec(0.0f64..1e6, 1..60),
        ) {
            let middle = median(values.iter().copied()).expect("some");
            let below = values.iter().filter(|v| **v < middle - 1e-6).count();
            let above = values.iter().filter(|v| **v > middle + 1e-6).count();
            prop_assert!(below * 2 <= values.len() && above * 2 <= values.len());
        }
    }
}
