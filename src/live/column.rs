//! The columns of a table of sandboxes, and what each is called.

/// In the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Owner,
    Name,
    State,
    Age,
    Start,
    Running,
    Made,
    Failed,
    Cpu,
    Memory,
    Pids,
    Idle,
    Marks,
    Network,
    Traffic,
    Restarts,
    Figures,
    Image,
}

impl Column {
    pub const ALL: [Self; 18] = [
        Self::Owner,
        Self::Name,
        Self::State,
        Self::Age,
        Self::Start,
        Self::Running,
        Self::Made,
        Self::Failed,
        Self::Cpu,
        Self::Memory,
        Self::Pids,
        Self::Idle,
        Self::Marks,
        Self::Network,
        Self::Traffic,
        Self::Restarts,
        Self::Figures,
        Self::Image,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Owner => "agent/session",
            Self::Name => "name",
            Self::State => "state",
            Self::Age => "age",
            Self::Start => "start",
            Self::Running => "run",
            Self::Made => "made",
            Self::Failed => "fail",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Idle => "idle",
            Self::Marks => "marks",
            Self::Network => "network",
            Self::Traffic => "in+out/s",
            Self::Restarts => "rst",
            Self::Figures => "as of",
            Self::Image => "image",
        }
    }

    /// By which settings and the command line name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "agent",
            Self::Name => "name",
            Self::State => "state",
            Self::Age => "age",
            Self::Start => "start",
            Self::Running => "running",
            Self::Made => "made",
            Self::Failed => "failed",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Idle => "idle",
            Self::Marks => "marks",
            Self::Network => "network",
            Self::Traffic => "traffic",
            Self::Restarts => "restarts",
            Self::Figures => "as-of",
            Self::Image => "image",
        }
    }
}
