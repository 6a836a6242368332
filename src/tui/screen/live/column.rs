//! The columns of the table: what each tells, and when a row may have another place by it.

pub use crate::live::column::Column;

impl Column {
    /// What it tells, for the help.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Owner => "whose sandbox it is; its name where that is not known",
            Self::Name => "the container's name",
            Self::State => "what it is doing",
            Self::Age => "since its creation",
            Self::Start => "how long the start took, or takes",
            Self::Running => "calls that run in it now",
            Self::Made => "calls that have ended",
            Self::Failed => "calls that failed or were killed",
            Self::Cpu => "cores against the cap; ~ = the mean since its start",
            Self::Memory => "memory against the cap, as docker stats counts it",
            Self::Pids => "processes against the limit",
            Self::Idle => "since no call runs in it",
            Self::Marks => {
                "!! = danger, ! = weak, ? = not inspected yet, oom = killed for memory, ~2 = drift"
            }
            Self::Network => "the network's mode",
            Self::Traffic => "bytes received and sent each second",
            Self::Restarts => "how often it was restarted",
            Self::Figures => "how old its figures are, where they are not fresh",
            Self::Image => "the image it was made from",
        }
    }

    /// Whether a sample may change the order by it.
    pub fn is_measured(self) -> bool {
        match self {
            Self::Cpu | Self::Memory | Self::Pids | Self::Traffic | Self::Figures => true,
            Self::Owner
            | Self::Name
            | Self::State
            | Self::Age
            | Self::Start
            | Self::Running
            | Self::Made
            | Self::Failed
            | Self::Idle
            | Self::Marks
            | Self::Network
            | Self::Restarts
            | Self::Image => false,
        }
    }

    /// The one after it among these; the first where it is none of them.
    #[must_use]
    pub fn next(self, among: &[Self]) -> Self {
        let at = among.iter().position(|one| *one == self);
        let next = at.map_or(0, |at| (at + 1) % among.len());
        among.get(next).copied().unwrap_or(self)
    }

    #[must_use]
    pub fn previous(self, among: &[Self]) -> Self {
        let at = among.iter().position(|one| *one == self).unwrap_or(0);
        let last = among.len().saturating_sub(1);
        let previous = at.checked_sub(1).unwrap_or(last);
        among.get(previous).copied().unwrap_or(self)
    }
}
