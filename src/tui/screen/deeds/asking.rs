//! What keys and news do to acts on sandboxes.

use std::borrow::Cow;

use super::{Cmd, Knowledge, Msg, Question, Reach, Talk, Work, agent, applies, of_agent, target};
use crate::live::sandbox::{Sandbox, State};
use crate::live::scope::Kind;
use crate::tui::app::{App, Dialog};
use crate::tui::deeds::{Became, Deed, Heat, Order};
use crate::tui::keys::{Act, Binding, Command, Over, Place, Want};
use crate::tui::msg;
use crate::tui::screen::Screen;
use crate::tui::screen::live::{Live, Selected};
use crate::tui::screen::repair;
use crate::tui::update::scrolled;
use crate::tui::view;

type Cmds = Vec<msg::Cmd>;

/// What a key does, if it is one of ours.
pub fn command(app: &mut App, place: Place, command: Command) -> Option<Cmds> {
    match (place, command) {
        (Place::Table | Place::Sandbox | Place::Timeline, Command::Live(Act::Want(want))) => {
            Some(wants(app, want))
        }
        (Place::Table | Place::Sandbox | Place::Timeline, Command::Live(Act::Evidence)) => {
            let ours = app.live.as_ref().map(|live| live.ours(app.now));
            let keep = ours.map(|ours| msg::Cmd::Deed(Cmd::Evidence(ours)));
            Some(keep.into_iter().collect())
        }
        (Place::Deciding, Command::Yes) => Some(yes(app)),
        (Place::Deciding, Command::No | Command::Back) => {
            app.dialog = None;
            Some(Vec::new())
        }
        (Place::Deciding, Command::Over(Over::Widen)) => {
            widen(app);
            Some(Vec::new())
        }
        (Place::Deciding, Command::Over(Over::Heat)) => {
            if let Some(question) = question(app)
                && question.deed == Deed::Remove
            {
                question.heat = match question.heat {
                    Heat::ColdOnly => Heat::AlsoHot,
                    Heat::AlsoHot => Heat::ColdOnly,
                };
                to_the_top(app);
            }
            Some(Vec::new())
        }
        (Place::Told, Command::Back) => {
            app.dialog = None;
            if !app.deeds.is_under_way() {
                app.deeds.work = None;
            }
            Some(Vec::new())
        }
        (Place::Deciding | Place::Told, Command::Interrupt | Command::Redraw) => None,
        (Place::Deciding | Place::Told, command) => {
            scroll(app, command);
            Some(Vec::new())
        }
        _ => None,
    }
}

fn scroll(app: &mut App, command: Command) {
    let page = view::live::deeds::height(app).max(1);
    if let Some(Dialog::Deeds { scroll, .. }) = &mut app.dialog
        && let Some(next) = scrolled(*scroll, page, command)
    {
        *scroll = next;
        app.changed = true;
    }
}

/// Keeps the scroll within the text.
fn settle(app: &mut App) {
    let lines = view::live::deeds::lines(app).len();
    let height = view::live::deeds::height(app);
    if let Some(Dialog::Deeds { scroll, .. }) = &mut app.dialog {
        *scroll = (*scroll).min(lines.saturating_sub(height));
    }
}

fn question(app: &mut App) -> Option<&mut Question> {
    match &mut app.dialog {
        Some(Dialog::Deeds { talk, .. }) => match &mut **talk {
            Talk::Question(question) => Some(question),
            Talk::Work | Talk::Note { .. } => None,
        },
        _ => None,
    }
}

/// What is asked is no longer what was.
fn to_the_top(app: &mut App) {
    app.asked += 1;
    if let Some(Dialog::Deeds { scroll, .. }) = &mut app.dialog {
        *scroll = 0;
    }
}

fn open(app: &mut App, talk: Talk) {
    app.asked += 1;
    app.dialog = Some(Dialog::Deeds {
        talk: Box::new(talk),
        scroll: 0,
    });
    app.changed = true;
}

/// Something to read.
pub fn note(app: &mut App, title: &str, line: impl Into<String>) {
    let talk = Talk::Note {
        title: title.to_owned(),
        lines: vec![line.into()],
    };
    open(app, talk);
}

/// Opens the question, or says why there is none.
fn wants(app: &mut App, want: Want) -> Cmds {
    if let Some(why) = app.deeds.forbidden.clone() {
        note(app, "Nothing is done", why);
        return Vec::new();
    }
    if app.deeds.is_under_way() {
        // One thing at a time: what is under way is shown.
        open(app, Talk::Work);
        return Vec::new();
    }
    let Some(live) = &app.live else {
        return Vec::new();
    };
    match asked(live, want) {
        Ok(question) => {
            let asks = question.register == Knowledge::Asked;
            open(app, Talk::Question(question));
            if asks {
                vec![msg::Cmd::Deed(Cmd::Register)]
            } else {
                Vec::new()
            }
        }
        Err(why) => {
            note(app, "Nothing to do", why);
            Vec::new()
        }
    }
}

/// The question about what is selected, or why there is nothing to ask.
fn asked(live: &Live, want: Want) -> Result<Question, String> {
    let (one, agent) = match live.selected() {
        Selected::Nothing => return Err("No sandbox is selected.".to_owned()),
        Selected::Gone(gone) => {
            return Err(format!("{} has gone already.", gone.about.name));
        }
        Selected::Standing(one) => (Some(one), agent(one)),
        Selected::Group(group) => {
            let has_agent = of_agent(&live.model, &group.name).next().is_some();
            let name = has_agent.then(|| group.name.clone());
            let name = name.ok_or("These containers belong to no agent: select one of them.")?;
            (None, Some(name))
        }
    };
    let all: Vec<&Sandbox> = match (&one, &agent) {
        (Some(one), _) => vec![one],
        (None, Some(name)) => of_agent(&live.model, name).collect(),
        (None, None) => Vec::new(),
    };
    let deed = deed(want, &all);
    let targets: Vec<_> = all
        .iter()
        .filter(|one| applies(deed, one))
        .map(|one| target(one))
        .collect();
    if targets.is_empty() {
        return Err(why_not(deed, &all));
    }
    Ok(Question {
        deed,
        one: one.map(target),
        reach: if one.is_some() {
            Reach::One
        } else {
            Reach::Agent
        },
        agent,
        targets,
        heat: Heat::ColdOnly,
        register: match deed {
            Deed::Remove => Knowledge::Asked,
            Deed::Stop | Deed::Kill | Deed::Pause | Deed::Unpause => Knowledge::NotAsked,
        },
    })
}

/// One key pauses, and lets go on what is paused.
fn deed(want: Want, all: &[&Sandbox]) -> Deed {
    match want {
        Want::Stop => Deed::Stop,
        Want::Kill => Deed::Kill,
        Want::Remove => Deed::Remove,
        Want::Pause if all.iter().any(|one| one.state == State::Running) => Deed::Pause,
        Want::Pause if all.iter().any(|one| one.state == State::Paused) => Deed::Unpause,
        Want::Pause => Deed::Pause,
    }
}

fn why_not(deed: Deed, all: &[&Sandbox]) -> String {
    let name = match all {
        [one] => one.about.name.as_str(),
        _ => "None of them",
    };
    match (deed, all) {
        (Deed::Remove, [one]) if one.kind == Kind::Other => format!(
            "{name} is no sandbox of OpenClaw's: only those are removed from here, through OpenClaw."
        ),
        (Deed::Remove, _) => "There is no sandbox of OpenClaw's to remove.".to_owned(),
        (Deed::Stop | Deed::Kill, [_]) => format!("{name} has ended already."),
        (_, [one]) => format!("{name} is {}, and does not run.", one.state.word()),
        (Deed::Stop | Deed::Kill, _) => "All of them have ended already.".to_owned(),
        (Deed::Pause | Deed::Unpause, _) => format!("{name} runs."),
    }
}

/// From the one to all of its agent, and back.
fn widen(app: &mut App) {
    let Some(mut asked) = question(app).cloned() else {
        return;
    };
    let (Some(live), Some(agent), Some(one)) = (&app.live, &asked.agent, &asked.one) else {
        return;
    };
    asked.reach = match asked.reach {
        Reach::One => Reach::Agent,
        Reach::Agent => Reach::One,
    };
    asked.targets = match asked.reach {
        Reach::One => vec![one.clone()],
        Reach::Agent => of_agent(&live.model, agent)
            .filter(|one| applies(asked.deed, one))
            .map(target)
            .collect(),
    };
    open(app, Talk::Question(asked));
}

fn yes(app: &mut App) -> Cmds {
    if view::live::deeds::goes_on(app) {
        scroll(app, Command::PageDown);
        app.asked += 1;
        return Vec::new();
    }
    let Some(asked) = question(app).cloned() else {
        return Vec::new();
    };
    let Some(live) = &app.live else {
        return Vec::new();
    };
    let targets = asked.chosen(&live.model, live.ours(app.now));
    if targets.is_empty() {
        // The question says why; nothing else is there to say.
        return Vec::new();
    }
    app.deeds.work = Some(Work {
        deed: asked.deed,
        rows: targets.iter().map(|one| (one.clone(), None)).collect(),
        begun: app.now,
        ended: None,
    });
    open(app, Talk::Work);
    vec![msg::Cmd::Deed(Cmd::Act(Order {
        deed: asked.deed,
        targets,
        heat: asked.heat,
    }))]
}

/// What news do.
pub fn told(app: &mut App, news: Msg) {
    app.changed = true;
    match news {
        Msg::Became(id, became) => {
            let rows = app.deeds.work.iter_mut().flat_map(|work| &mut work.rows);
            for (_, state) in rows.filter(|(target, _)| target.id == id) {
                *state = Some(became.clone());
            }
        }
        Msg::Evidence(kept) => {
            app.deeds.kept = Some(kept);
            evidence(app);
        }
        Msg::Over(broke) => over(app, broke.as_deref()),
        Msg::Register(register) => {
            if let Some(question) = question(app)
                && question.register == Knowledge::Asked
            {
                question.register = match register {
                    Ok(register) => Knowledge::Told(register),
                    Err(why) => Knowledge::None(why),
                };
                to_the_top(app);
            }
        }
    }
}

/// Whoever is asked something is not to be talked over: it is told when that is closed.
fn evidence(app: &mut App) {
    if app.dialog.is_some() {
        return;
    }
    let Some(kept) = app.deeds.kept.take() else {
        return;
    };
    let (title, lines) = match kept {
        Ok(lines) => ("Evidence is kept", lines),
        Err(why) => ("No evidence is kept", vec![why]),
    };
    let title = title.to_owned();
    open(app, Talk::Note { title, lines });
}

fn over(app: &mut App, broke: Option<&str>) {
    let now = app.now;
    let Some(work) = &mut app.deeds.work else {
        return;
    };
    work.ended = Some(now);
    for (_, became) in &mut work.rows {
        let why = broke.unwrap_or("nothing was told");
        became.get_or_insert_with(|| Became::Failed(why.to_owned()));
    }
    let is_well = work
        .rows
        .iter()
        .all(|(_, became)| matches!(became, Some(Became::Done | Became::Already)));
    let is_shown = matches!(
        &app.dialog,
        Some(Dialog::Deeds { talk, .. }) if **talk == Talk::Work
    );
    // Whoever has put it away wants to hear of trouble alone.
    match (is_shown, is_well, &app.dialog) {
        (true, _, _) => {}
        (false, false, None) if app.screen == Screen::Live => open(app, Talk::Work),
        (false, _, _) => app.deeds.work = None,
    }
}

/// After whatever has happened: what had to wait for a dialog is told, and a question about what has
/// gone is no question any more.
pub fn refresh(app: &mut App) {
    evidence(app);
    ask_anew(app);
    settle(app);
}

fn ask_anew(app: &mut App) {
    let Some(live) = &app.live else { return };
    let Some(Dialog::Deeds { talk, .. }) = &app.dialog else {
        return;
    };
    let Talk::Question(question) = &**talk else {
        return;
    };
    let is_there = |id: &str| live.model.sandboxes.contains_key(id);
    if question.targets.iter().all(|one| is_there(&one.id)) {
        return;
    }
    let mut left = question.clone();
    left.targets.retain(|one| is_there(&one.id));
    if left.targets.is_empty() {
        let line = match question.targets.as_slice() {
            [one] => format!("{} has gone meanwhile. Nothing was done.", one.name),
            _ => "All of them have gone meanwhile. Nothing was done.".to_owned(),
        };
        note(app, "Gone", line);
    } else {
        // What is asked about is other than what was read.
        open(app, Talk::Question(left));
    }
}

/// The word of a key for the footer; none where it does nothing.
pub fn word(app: &App, binding: &Binding) -> Option<Cow<'static, str>> {
    let question = match &app.dialog {
        Some(Dialog::Deeds { talk, .. }) => match &**talk {
            Talk::Question(question) => Some(question),
            Talk::Work | Talk::Note { .. } => None,
        },
        _ => None,
    };
    match (binding.command, question) {
        (Command::Live(Act::Want(_)), _) if app.deeds.forbidden.is_some() => None,
        (Command::Over(Over::Widen), Some(asked)) => match asked.reach {
            _ if asked.one.is_none() => None,
            Reach::One => asked
                .agent
                .as_ref()
                .map(|name| format!("all of {name}").into()),
            Reach::Agent => Some("this one alone".into()),
        },
        (Command::Over(Over::Heat), Some(asked)) => match asked.heat {
            _ if asked.deed != Deed::Remove => None,
            Heat::ColdOnly => Some("those in use too".into()),
            Heat::AlsoHot => Some("leave those in use alone".into()),
        },
        // Nothing here hangs on repairs, and a steady frame costs little.
        _ if app.screen == Screen::Live && app.dialog.is_none() => {
            binding.footer.map(Cow::Borrowed)
        }
        _ => repair::word(app, binding).map(Cow::Owned),
    }
}
