//! What keys and news do to the logs.

use super::{Cmd, End, Logs, Msg, Typing};
use crate::tui::app::{App, Dialog};
use crate::tui::deeds::Target;
use crate::tui::keys::{Act, Command, Over, Place};
use crate::tui::logs::News;
use crate::tui::msg;
use crate::tui::screen::deeds;
use crate::tui::screen::live::Selected;
use crate::tui::view;

type Cmds = Vec<msg::Cmd>;

/// Characters that may be typed.
const LONGEST: usize = 400;

fn cmd(cmd: Cmd) -> Cmds {
    vec![msg::Cmd::Log(cmd)]
}

/// What a key does, if it is one of ours.
pub fn command(app: &mut App, place: Place, command: Command) -> Option<Cmds> {
    let is_live = matches!(place, Place::Table | Place::Sandbox | Place::Timeline);
    if is_live && command == Command::Live(Act::Logs) {
        return Some(open(app));
    }
    if !matches!(place, Place::Log | Place::LogTyping)
        || matches!(command, Command::Interrupt | Command::Redraw)
    {
        return None;
    }
    let (width, height) = view::live::logs::body(app);
    app.changed = true;
    let Some(logs) = &mut app.logs else {
        app.dialog = None;
        return Some(Vec::new());
    };
    if place == Place::LogTyping {
        return Some(type_on(logs, command, width, height));
    }
    match command {
        Command::Back => {
            app.dialog = None;
            app.logs = None;
            return Some(cmd(Cmd::Close));
        }
        Command::Over(Over::Follow) => {
            logs.at = logs.start(width, height);
            logs.follows = !logs.follows;
        }
        Command::Over(Over::Times) => logs.times = !logs.times,
        Command::Over(Over::Wrap) => {
            logs.at = (logs.start(width, height).0, 0);
            logs.wraps = !logs.wraps;
        }
        Command::Filter => logs.typing = Some(Typing::Search(String::new())),
        Command::Over(Over::Save) => {
            logs.word = None;
            logs.typing = Some(Typing::Path(proposed(&logs.target)));
        }
        Command::NextProblem => find(logs, Towards::Newer, width, height),
        Command::PreviousProblem => find(logs, Towards::Older, width, height),
        command => scroll(logs, command, width, height),
    }
    Some(Vec::new())
}

fn open(app: &mut App) -> Cmds {
    let Some(live) = &app.live else {
        return Vec::new();
    };
    let target = match live.selected() {
        Selected::Standing(one) => Ok(Target {
            id: one.id().to_owned(),
            name: one.about.name.clone(),
        }),
        Selected::Gone(gone) => Err(format!("{} has gone, its logs with it.", gone.about.name)),
        Selected::Nothing | Selected::Group(_) => {
            Err("Select a sandbox to read its logs.".to_owned())
        }
    };
    match target {
        Ok(target) => {
            let id = target.id.clone();
            app.logs = Some(Box::new(Logs::of(target)));
            app.dialog = Some(Dialog::Logs);
            app.changed = true;
            cmd(Cmd::Read(id))
        }
        Err(why) => {
            deeds::note(app, "No logs", why);
            Vec::new()
        }
    }
}

/// A name that is one on every file system, whatever the container's is.
fn proposed(target: &Target) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let name = target.name.chars().take(80);
    let name: String = name.map(|c| if plain(c) { c } else { '-' }).collect();
    let id = target.id.chars().filter(char::is_ascii_alphanumeric);
    let id: String = id.take(12).collect();
    format!("{}-{id}.log", name.trim_start_matches('-'))
}

fn scroll(logs: &mut Logs, command: Command, width: usize, height: usize) {
    let page = height.max(1);
    let start = logs.start(width, height);
    logs.at = match command {
        Command::Up => logs.back(start, 1, width),
        Command::PageUp => logs.back(start, page, width),
        Command::Down => logs.forth(start, 1, width),
        Command::PageDown => logs.forth(start, page, width),
        Command::Top => (logs.first, 0),
        Command::Bottom => {
            logs.follows = true;
            return;
        }
        _ => return,
    };
    logs.follows = false;
    logs.at = logs.start(width, height);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Towards {
    Older,
    Newer,
}

/// To the next line with it, round the end to the other one.
fn find(logs: &mut Logs, towards: Towards, width: usize, height: usize) {
    let hits: Vec<u64> = (logs.first..logs.past())
        .filter(|number| {
            let line = logs.line(*number);
            line.is_some_and(|line| logs.found(&line.text).is_some())
        })
        .collect();
    let from = logs.hit.unwrap_or(match towards {
        Towards::Older => logs.past(),
        Towards::Newer => logs.start(width, height).0,
    });
    let next = match towards {
        Towards::Newer => hits.iter().find(|hit| **hit > from).or(hits.first()),
        Towards::Older => hits.iter().rev().find(|hit| **hit < from).or(hits.last()),
    };
    logs.hit = next.copied();
    if let Some(hit) = logs.hit {
        logs.follows = false;
        logs.at = logs.back((hit, 0), height / 2, width);
    }
}

fn type_on(logs: &mut Logs, command: Command, width: usize, height: usize) -> Cmds {
    match (command, logs.typing.take()) {
        (Command::Erase, Some(mut typing)) => {
            let (Typing::Search(text) | Typing::Path(text)) = &mut typing;
            text.pop();
            logs.typing = Some(typing);
        }
        (Command::Accept, Some(Typing::Search(text))) => {
            logs.search = text;
            logs.hit = None;
            if !logs.search.is_empty() {
                // What was written last is looked for mostly.
                find(logs, Towards::Older, width, height);
            }
        }
        (Command::Accept, Some(Typing::Path(path))) if !path.trim().is_empty() => {
            let (path, text) = (path.trim().to_owned(), logs.text());
            return cmd(Cmd::Save { path, text });
        }
        // Dropped.
        (Command::Back | Command::Accept, _) => {}
        (_, typing) => logs.typing = typing,
    }
    Vec::new()
}

pub fn typed(app: &mut App, c: char) {
    let typing = app.logs.as_mut().and_then(|logs| logs.typing.as_mut());
    let Some(Typing::Search(text) | Typing::Path(text)) = typing else {
        return;
    };
    if text.chars().count() < LONGEST {
        text.push(c);
    }
    app.changed = true;
}

pub fn told(app: &mut App, news: Msg) {
    let Some(logs) = &mut app.logs else { return };
    app.changed = true;
    match news {
        Msg::News(News::Lines(lines)) => {
            for line in lines {
                logs.add(line);
            }
        }
        // The first word counts: the reading that has broken off ends as well.
        Msg::News(News::Ended) => {
            logs.end.get_or_insert(End::Ended);
        }
        Msg::News(News::Failed(why)) => {
            logs.end.get_or_insert(End::Failed(why));
        }
        Msg::Saved(saved) => logs.word = Some(saved),
    }
}
