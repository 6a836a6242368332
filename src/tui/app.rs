//! The whole state of the app, and questions about it that both update and view ask. Pure data:
//! no handles, no clock (`now` is the stamp of the last message).

use std::time::Duration;

use ratatui::layout::Size;

use super::gathering::Gathering;
use super::keys::{Keymap, Place};
use super::screen::Screen;
use super::screen::checklist::Checklist;
use super::screen::deeds::{self, Deeds};
use super::screen::isolation::Isolation;
use super::screen::live::Live;
use super::screen::logs::Logs;
use super::screen::repair::{Repairs, Talk};
use super::theme::Theme;
use super::widget::clock::Zone;
use crate::checklist::report::{Node, Report};
use crate::live::event::Moment;

pub struct App {
    pub theme: Theme,
    pub keys: Keymap,
    /// In which times of the clock are shown.
    pub zone: Zone,
    pub size: Size,
    /// The node is a recorded one, and every screen says so.
    pub is_demo: bool,
    /// Time since the app was opened.
    pub now: Duration,
    pub screen: Screen,
    pub checklist: Checklist,
    pub isolation: Isolation,
    /// None: this session watches no engine.
    pub live: Option<Box<Live>>,
    pub deeds: Deeds,
    /// Of the container whose logs are open.
    pub logs: Option<Box<Logs>>,
    pub gathering: Gathering,
    pub repairs: Repairs,
    /// What is known of the node so far.
    pub node: Node,
    /// The report of the last gathering that came to its end.
    pub report: Option<Box<Report>>,
    pub dialog: Option<Dialog>,
    /// Counts up with each question that is put, or put otherwise.
    pub asked: u32,
    /// What is asked has not been on the screen long enough to be read: a yes was typed before it.
    pub unread: bool,
    /// Of which alerts the title of the terminal tells.
    pub titled: Option<(Moment, usize)>,
    /// Something on the screen is not as it was drawn last.
    pub changed: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Dialog {
    /// With the first line that is shown.
    Help { scroll: usize },
    /// How the headroom is reckoned.
    Room { scroll: usize },
    /// All that has alarmed.
    Alerts { scroll: usize },
    /// About repairs.
    Repair { talk: Box<Talk>, scroll: usize },
    /// The logs of a container, which are kept beside it.
    Logs,
    /// About acts on sandboxes.
    Deeds {
        talk: Box<deeds::Talk>,
        scroll: usize,
    },
}

impl App {
    pub fn new(checklist: Checklist, theme: Theme, size: Size) -> Self {
        Self {
            theme,
            keys: Keymap::default(),
            zone: Zone::default(),
            size,
            is_demo: false,
            now: Duration::ZERO,
            screen: Screen::Checklist,
            checklist,
            isolation: Isolation::default(),
            live: None,
            deeds: Deeds::default(),
            logs: None,
            gathering: Gathering::default(),
            repairs: Repairs::default(),
            node: Node::default(),
            report: None,
            dialog: None,
            asked: 0,
            unread: false,
            titled: None,
            changed: true,
        }
    }

    /// The dialog about repairs, when that is what is open.
    pub fn talk(&self) -> Option<&Talk> {
        match &self.dialog {
            Some(Dialog::Repair { talk, .. }) => Some(talk),
            Some(
                Dialog::Help { .. }
                | Dialog::Room { .. }
                | Dialog::Alerts { .. }
                | Dialog::Deeds { .. }
                | Dialog::Logs,
            )
            | None => None,
        }
    }

    /// Where keys go.
    pub fn place(&self) -> Place {
        match &self.dialog {
            Some(Dialog::Help { .. } | Dialog::Room { .. } | Dialog::Alerts { .. }) => Place::Help,
            Some(Dialog::Repair { talk, .. }) => self.repairs.place(talk),
            Some(Dialog::Deeds { talk, .. }) => Deeds::place(talk),
            Some(Dialog::Logs) => {
                let typing = self.logs.as_ref().and_then(|logs| logs.typing.as_ref());
                typing.map_or(Place::Log, |_| Place::LogTyping)
            }
            None => match self.screen {
                Screen::Checklist => self.checklist.place(),
                Screen::Live => self.live.as_ref().map_or(Place::Table, |live| live.place()),
                Screen::Isolation => self.isolation.place(),
            },
        }
    }
}

/// In the midst of a gathering what is not known yet may have been known before.
pub fn learn(node: &mut Node, report: &Report) {
    let pairs = [
        (&mut node.os, &report.node.os),
        (&mut node.os_version, &report.node.os_version),
        (&mut node.arch, &report.node.arch),
        (&mut node.runtime, &report.node.runtime),
        (&mut node.runtime_version, &report.node.runtime_version),
        (&mut node.openclaw_version, &report.node.openclaw_version),
    ];
    for (old, new) in pairs {
        if new.is_some() {
            old.clone_from(new);
        }
    }
}
