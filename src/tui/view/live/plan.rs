//! Which columns a table shows in a width, and how wide each is.

/// How a column takes its place.
#[derive(Clone, Copy, Debug)]
pub struct Spec<C> {
    pub column: C,
    /// Columns that are more important have a lower rank, and are dropped later.
    pub rank: u8,
    /// It is not shown with less, and not made wider than the most.
    pub least: usize,
    pub most: usize,
}

/// Columns of lower ranks get their most before these are shown at all.
const EXTRA: u8 = 16;

/// The columns in their order, each with its width; one blank stands between two.
pub fn plan<C: Copy>(width: usize, specs: &[Spec<C>]) -> Vec<(C, usize)> {
    let mut widths = vec![0_usize; specs.len()];
    let mut ranked: Vec<usize> = (0..specs.len()).collect();
    ranked.sort_by_key(|index| specs[*index].rank);
    let mut left = width + 1;
    let (main, extra): (Vec<usize>, Vec<usize>) =
        ranked.iter().partition(|index| specs[**index].rank < EXTRA);
    for some in [main, extra] {
        for index in &some {
            let least = specs[*index].least;
            if least < left {
                widths[*index] = least;
                left -= least + 1;
            }
        }
        for index in &some {
            if widths[*index] > 0 {
                let grown = left.min(specs[*index].most - specs[*index].least);
                widths[*index] += grown;
                left -= grown;
            }
        }
    }
    let shown = specs.iter().zip(widths).filter(|(_, width)| *width > 0);
    shown.map(|(spec, width)| (spec.column, width)).collect()
}

/// The title of the column that is in every table, in so much room.
pub fn owner(width: usize) -> &'static str {
    let whole = "agent/session";
    if width < whole.len() { "agent" } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: [Spec<char>; 4] = [
        Spec {
            column: 'a',
            rank: 0,
            least: 4,
            most: 8,
        },
        Spec {
            column: 'b',
            rank: 2,
            least: 3,
            most: 3,
        },
        Spec {
            column: 'c',
            rank: 1,
            least: 5,
            most: 9,
        },
        Spec {
            column: 'd',
            rank: 17,
            least: 2,
            most: 4,
        },
    ];

    #[test]
    fn what_matters_most_is_kept_and_then_made_wide() {
        assert_eq!(plan(4, &SPECS), [('a', 4)]);
        assert_eq!(plan(10, &SPECS), [('a', 4), ('c', 5)]);
        assert_eq!(plan(14, &SPECS), [('a', 4), ('b', 3), ('c', 5)]);
        assert_eq!(plan(20, &SPECS), [('a', 8), ('b', 3), ('c', 7)]);
        assert_eq!(plan(40, &SPECS), [('a', 8), ('b', 3), ('c', 9), ('d', 4)]);
    }

    #[test]
    fn no_width_is_exceeded() {
        for width in 0..40 {
            let shown = plan(width, &SPECS);
            let used: usize = shown.iter().map(|(_, width)| width + 1).sum();
            assert!(used <= width + 1, "{width}: {shown:?}");
        }
    }
}
