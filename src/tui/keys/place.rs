//! Where keys go, and by which words settings name it.

use crate::tui::screen::Screen;

/// Where the keys go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The list of steps and checks.
    List,
    /// The detail of the selected check.
    Detail,
    /// Typing a filter.
    Filter,
    /// The agents of the isolation screen.
    Agents,
    /// What is so for the selected agent.
    Picture,
    /// The table of the dashboard.
    Table,
    /// The detail of a sandbox.
    Sandbox,
    /// The timeline of the dashboard.
    Timeline,
    /// The help is open, or another text to read.
    Help,
    /// A question is open: yes or no.
    Asking,
    /// A run that was interrupted is shown.
    Interrupted,
    /// Repairs are being made.
    Working,
    /// Something to read is open.
    Reading,
    /// A question about acting on sandboxes.
    Deciding,
    /// What is done to sandboxes, or a word about it.
    Told,
    /// The logs of a container.
    Log,
    /// Typing what to look for in them, or a file's name.
    LogTyping,
}

/// Places that settings take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    Checklist,
    Dashboard,
    Isolation,
    Log,
    Dialogs,
    Typing,
    /// The dashboard while a recording is played: its keys go before the others.
    Recording,
}

impl Place {
    pub const ALL: [Self; 17] = [
        Self::List,
        Self::Detail,
        Self::Filter,
        Self::Agents,
        Self::Picture,
        Self::Table,
        Self::Sandbox,
        Self::Timeline,
        Self::Help,
        Self::Asking,
        Self::Interrupted,
        Self::Working,
        Self::Reading,
        Self::Deciding,
        Self::Told,
        Self::Log,
        Self::LogTyping,
    ];

    /// Where keys go on a screen as long as nothing else was chosen.
    pub fn main(screen: Screen) -> Self {
        match screen {
            Screen::Checklist => Self::List,
            Screen::Live => Self::Table,
            Screen::Isolation => Self::Agents,
        }
    }

    pub fn section(self) -> Section {
        match self {
            Self::List | Self::Detail => Section::Checklist,
            Self::Table | Self::Sandbox | Self::Timeline => Section::Dashboard,
            Self::Agents | Self::Picture => Section::Isolation,
            Self::Log => Section::Log,
            Self::Help
            | Self::Asking
            | Self::Interrupted
            | Self::Working
            | Self::Reading
            | Self::Deciding
            | Self::Told => Section::Dialogs,
            Self::Filter | Self::LogTyping => Section::Typing,
        }
    }

    /// Characters are text there, and mean nothing else.
    pub fn is_typed_in(self) -> bool {
        self.section() == Section::Typing
    }

    /// Its name within its section, for lists of keys.
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Detail => "detail",
            Self::Filter => "filter",
            Self::Agents => "agents",
            Self::Picture => "text",
            Self::Table => "table",
            Self::Sandbox => "sandbox",
            Self::Timeline => "timeline",
            Self::Help => "help",
            Self::Asking => "question",
            Self::Interrupted => "interrupted",
            Self::Working => "working",
            Self::Reading => "reading",
            Self::Deciding => "act",
            Self::Told => "told",
            Self::Log => "log",
            Self::LogTyping => "search",
        }
    }

    /// As it stands in a sentence.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::List => "in the list of checks",
            Self::Detail => "in the detail of a check",
            Self::Filter => "while a filter is typed",
            Self::Agents => "in the list of agents",
            Self::Picture => "in the text about an agent",
            Self::Table => "in the table of the dashboard",
            Self::Sandbox => "in the detail of a sandbox",
            Self::Timeline => "in the timeline",
            Self::Help => "in the help",
            Self::Asking => "at a question about repairs",
            Self::Interrupted => "at an interrupted run",
            Self::Working => "while repairs are made",
            Self::Reading => "in a text to read",
            Self::Deciding => "at a question about sandboxes",
            Self::Told => "while something is done to sandboxes",
            Self::Log => "in the logs",
            Self::LogTyping => "while a search in the logs is typed",
        }
    }
}

impl Section {
    pub const ALL: [Self; 7] = [
        Self::Checklist,
        Self::Dashboard,
        Self::Isolation,
        Self::Log,
        Self::Dialogs,
        Self::Typing,
        Self::Recording,
    ];

    /// As settings name it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Checklist => "checklist",
            Self::Dashboard => "dashboard",
            Self::Isolation => "isolation",
            Self::Log => "log",
            Self::Dialogs => "dialogs",
            Self::Typing => "typing",
            Self::Recording => "recording",
        }
    }
}
