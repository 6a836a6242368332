//! What this very process costs the machine.

use std::time::Duration;

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Since the process began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own {
    /// On all cores together.
    pub cpu: Duration,
    /// Bytes held in memory now.
    pub resident: u64,
}

/// Looks at this process, again and again.
pub struct Mirror {
    system: Option<System>,
    pid: Pid,
}

impl Default for Mirror {
    fn default() -> Self {
        Self {
            system: System::new().ok(),
            pid: Pid::from_u32(std::process::id()),
        }
    }
}

impl Mirror {
    /// None where the system does not say.
    pub fn look(&mut self) -> Option<Own> {
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .without_tasks();
        let system = self.system.as_mut()?;
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.pid]), false, what);
        let process = system.process(self.pid)?;
        Some(Own {
            cpu: Duration::from_millis(process.accumulated_cpu_time()),
            resident: process.memory(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_use_memory_and_more_and_more_of_the_processor() {
        let mut mirror = Mirror::default();
        let before = mirror.look().expect("this process is there");
        assert!(before.resident > 1 << 20, "{before:?}");
        let mut sum = 0_u64;
        while mirror.look().expect("still there").cpu == before.cpu {
            for number in 0..1_000_000_u64 {
                sum = sum
                    .wrapping_mul(31)
                    .wrapping_add(std::hint::black_box(number));
            }
        }
        assert_ne!(std::hint::black_box(sum), 1);
    }
}
