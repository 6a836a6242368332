//! How far a drill may go. Pure.

use crate::headroom::Arithmetic;

/// Of the memory cap, in hundredths, what each load takes up: near enough to the cap to count as
/// busy, and not so near that the interpreter's own memory makes the kernel kill it.
const LOAD_SHARE: u64 = 85;
/// Processes of one load: more would be more than any sandbox's cap of cores is for.
const MOST_SPINNERS: u32 = 16;

/// The bounds of a drill, settled before anything is started. Bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// So many fit by the arithmetic.
    pub computed: u64,
    /// So many more were asked for.
    pub beyond: u64,
    /// The ceiling, whatever else is said.
    pub most: u64,
    /// The memory cap of one sandbox, or what is assumed for it.
    pub cap: u64,
    /// Cores; none = no cap is configured.
    pub cpu_cap: Option<f64>,
    /// What the engine can really use of the machine.
    pub engine_memory: u64,
    /// What must stay free for the engine's own system.
    pub reserve: u64,
}

/// Whether one more may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Start,
    /// As many run as were to.
    Reached,
    /// The ceiling lies below what was to be reached.
    Ceiling,
    /// The load of the next one would take from what must stay free.
    NoRoom {
        left: u64,
    },
}

impl Plan {
    pub fn of(arithmetic: &Arithmetic, cpu_cap: Option<f64>, beyond: u64, most: u64) -> Self {
        Self {
            computed: arithmetic.headroom,
            beyond,
            most,
            cap: arithmetic.cap,
            cpu_cap,
            engine_memory: arithmetic.memory.vm,
            reserve: arithmetic.memory.system,
        }
    }

    /// So many are to run at the same time in the end.
    pub fn target(&self) -> u64 {
        self.computed.saturating_add(self.beyond).min(self.most)
    }

    /// What each load takes up, the interpreter's own memory included.
    pub fn load(&self) -> u64 {
        // In this order, so that no number of bytes overflows.
        self.cap / 100 * LOAD_SHARE + self.cap % 100 * LOAD_SHARE / 100
    }

    /// Processes that each load spins with: as many as it takes to use up the cap.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast from float saturates, and the number is bounded"
    )]
    pub fn spinners(&self) -> u32 {
        let cores = self.cpu_cap.unwrap_or(1.0).ceil().max(1.0) as u32;
        cores.min(MOST_SPINNERS)
    }

    /// Whether one more may start while so many run. `left`: what the engine's memory has left.
    pub fn next(&self, running: u64, left: u64) -> Next {
        if running >= self.computed.saturating_add(self.beyond) {
            Next::Reached
        } else if running >= self.most {
            Next::Ceiling
        } else if left < self.reserve.saturating_add(self.load()) {
            Next::NoRoom { left }
        } else {
            Next::Start
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    pub fn plan() -> Plan {
        Plan {
            computed: 6,
            beyond: 0,
            most: 32,
            cap: 512 * MIB,
            cpu_cap: Some(0.5),
            engine_memory: 8192 * MIB,
            reserve: 1228 * MIB,
        }
    }

    #[test]
    fn without_a_wish_for_more_it_ends_at_the_computed_number() {
        let plan = plan();
        assert_eq!(plan.target(), 6);
        assert_eq!(plan.next(5, 4000 * MIB), Next::Start);
        assert_eq!(plan.next(6, 4000 * MIB), Next::Reached);
    }

    #[test]
    fn the_ceiling_holds_whatever_was_computed_or_asked_for() {
        let mut plan = plan();
        (plan.computed, plan.beyond) = (40, u64::MAX);
        assert_eq!(plan.target(), 32);
        assert_eq!(plan.next(31, u64::MAX), Next::Start);
        assert_eq!(plan.next(32, u64::MAX), Next::Ceiling);
    }

    #[test]
    fn what_must_stay_free_is_never_taken_by_the_next_one() {
        let plan = plan();
        let enough = plan.reserve + plan.load();
        assert_eq!(plan.next(1, enough), Next::Start);
        let left = enough - 1;
        assert_eq!(plan.next(1, left), Next::NoRoom { left });
    }

    #[test]
    fn a_load_stays_below_its_cap_and_spins_up_to_it() {
        let mut plan = plan();
        assert_eq!(plan.load(), 456_340_275);
        assert_eq!(plan.spinners(), 1);
        plan.cpu_cap = Some(1.5);
        assert_eq!(plan.spinners(), 2);
        plan.cpu_cap = None;
        assert_eq!(plan.spinners(), 1);
        plan.cpu_cap = Some(f64::NAN);
        assert_eq!(plan.spinners(), 1);
    }

    proptest::proptest! {
        #[test]
        fn none_starts_above_the_ceiling_the_wish_or_the_reserve(
            computed in 0_u64..100, beyond in 0_u64..100, most in 1_u64..64, running in 0_u64..200,
            left in 0_u64..(64 << 30), cap in 0_u64..u64::MAX,
        ) {
            let plan = Plan { computed, beyond, most, cap, ..plan() };
            proptest::prop_assert!(plan.load() <= cap);
            let next = plan.next(running, left);
            if next == Next::Start {
                proptest::prop_assert!(running < plan.target() && running < most);
                proptest::prop_assert!(left - plan.load() >= plan.reserve);
            }
            if running < plan.target() && left >= plan.reserve.saturating_add(plan.load()) {
                proptest::prop_assert_eq!(next, Next::Start, "nothing stops too early");
            }
        }
    }
}
