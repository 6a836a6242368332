//! What keys and news do to the repairs: questions, the run, the way back.

use super::choice::{chosen, here, offer, safe};
use super::{Cmd, Consent, Msg, Reply, Running, Talk, Then};
use crate::fix::repair::{Need, Plan, Repair};
use crate::text::wash;
use crate::tui::app::{App, Dialog};
use crate::tui::gathering::Scope;
use crate::tui::keys::{Command, Place};
use crate::tui::mending::{End, Former, Order, Past, Progress};
use crate::tui::msg;
use crate::tui::screen::checklist::Cursor;
use crate::tui::view;

/// Characters of a line of a note.
const LONGEST: usize = 1000;

type Cmds = Vec<msg::Cmd>;

fn cmd(cmd: Cmd) -> Cmds {
    vec![msg::Cmd::Repair(cmd)]
}

/// What is asked before anything is known. A recorded node has no past.
pub fn opens(app: &App) -> Cmds {
    if app.is_demo {
        return Vec::new();
    }
    cmd(Cmd::Past(Then::Greet))
}

/// What is said instead of doing anything to a recorded node.
fn refusal() -> Talk {
    let lines = [
        "This is a recorded node: nothing is done to it.",
        "On a node of your own: clawdoctor, or clawdoctor fix.",
    ];
    Talk::Note {
        title: "Only a demo".to_owned(),
        lines: lines.map(str::to_owned).to_vec(),
    }
}

/// Takes back what the last run did, after asking.
fn undo(app: &mut App) -> Cmds {
    if app.is_demo {
        open(app, refusal());
        return Vec::new();
    }
    cmd(Cmd::Past(Then::TakeBack))
}

/// A new look has begun: what was planned for another node is no plan any more only after a run.
pub fn planned(app: &mut App, plan: Box<Plan>) {
    let plan = app.repairs.plan.insert(plan);
    let planned = |id: &String| {
        let of = |one: &Repair| one.check == *id || one.also.contains(id);
        plan.repairs.iter().any(of)
    };
    app.repairs.marked.retain(planned);
}

/// What a key does, if it is one of ours.
pub fn command(app: &mut App, place: Place, command: Command) -> Option<Cmds> {
    match place {
        Place::List | Place::Detail => on_list(app, command),
        Place::Asking => Some(answer(app, command)?),
        Place::Interrupted => interrupted(app, command),
        Place::Working => match command {
            Command::Back => {
                set_asks_to_stop(app, true);
                Some(Vec::new())
            }
            _ => None,
        },
        Place::Reading => match command {
            Command::Back => {
                close(app);
                Some(Vec::new())
            }
            Command::Undo if shows_a_run(app) => {
                close(app);
                Some(cmd(Cmd::Past(Then::TakeBack)))
            }
            _ => None,
        },
        Place::Filter
        | Place::Agents
        | Place::Picture
        | Place::Table
        | Place::Sandbox
        | Place::Timeline
        | Place::Deciding
        | Place::Told
        | Place::Log
        | Place::LogTyping
        | Place::Help => None,
    }
}

fn on_list(app: &mut App, command: Command) -> Option<Cmds> {
    match command {
        Command::Fix => {
            let repairs = chosen(app);
            Some(ask(app, repairs))
        }
        Command::FixSafe => {
            let repairs = safe(app);
            Some(ask(app, repairs))
        }
        Command::Mark => {
            mark(app);
            Some(Vec::new())
        }
        Command::Undo => Some(undo(app)),
        Command::Explain => Some(match app.checklist.sight.cursor {
            Cursor::Check(index) => cmd(Cmd::Explain {
                id: app.checklist.check(index).id.to_string(),
                width: usize::from(view::talk::room(app.size)),
            }),
            Cursor::Step(_) => Vec::new(),
        }),
        _ => None,
    }
}

/// Marks the checks under the cursor that a repair answers, or takes the marks away.
fn mark(app: &mut App) {
    let ids = here(app);
    let able: Vec<String> = ids
        .into_iter()
        .filter(|id| !offer(app, id).repairs.is_empty())
        .collect();
    let marked = &mut app.repairs.marked;
    if able.iter().any(|id| marked.contains(id)) {
        marked.retain(|id| !able.contains(id));
    } else {
        marked.extend(able);
    }
    app.changed = true;
}

/// Opens the question about these repairs, or says why there is none.
fn ask(app: &mut App, repairs: Vec<Repair>) -> Cmds {
    if let Some(former) = app.repairs.past.open.clone() {
        // Nothing is built on a run that nobody has brought to rest.
        open(app, Talk::Interrupted(former));
        return Vec::new();
    }
    let talk = Consent::about(repairs).map_or_else(|| nothing(app), Talk::Consent);
    open(app, talk);
    Vec::new()
}

/// Why nothing is asked: it is for a person to do, or there is nothing to do.
fn nothing(app: &App) -> Talk {
    let mut lines = Vec::new();
    for id in here(app) {
        for advice in offer(app, &id).advice {
            lines.push(format!("{id}: {}", wash(&advice.why, LONGEST)));
            let wash = |line: &String| format!("  {}", wash(line, LONGEST));
            lines.extend(advice.lines.iter().map(wash));
        }
    }
    let title = if !lines.is_empty() {
        "To be done by hand"
    } else if app.repairs.plan.is_none() {
        lines.push(
            "The node is still being looked at: what can be done is not known yet.".to_owned(),
        );
        "Not yet"
    } else {
        lines.push("No repair is planned here.".to_owned());
        "Nothing to mend"
    };
    Talk::Note {
        title: title.to_owned(),
        lines,
    }
}

fn open(app: &mut App, talk: Talk) {
    app.asked += 1;
    app.dialog = Some(Dialog::Repair {
        talk: Box::new(talk),
        scroll: 0,
    });
    app.changed = true;
}

/// Closes the dialog; an ended run is forgotten with it.
fn close(app: &mut App) {
    app.dialog = None;
    app.changed = true;
    if app
        .repairs
        .running
        .as_ref()
        .is_some_and(|run| !run.is_under_way())
    {
        app.repairs.running = None;
    }
}

/// Whether the dialog tells of a run that can be taken back.
pub(super) fn shows_a_run(app: &App) -> bool {
    let is_run = matches!(app.talk(), Some(Talk::Run { .. }));
    is_run
        && app
            .repairs
            .running
            .as_ref()
            .is_some_and(|run| run.progress.run.is_some())
}

fn set_asks_to_stop(app: &mut App, asks: bool) {
    if let Some(Dialog::Repair { talk, .. }) = &mut app.dialog
        && let Talk::Run { asks_to_stop, .. } = &mut **talk
    {
        *asks_to_stop = asks;
        app.asked += 1;
        app.changed = true;
    }
}

/// An answer to a question. Whatever is not a yes is a no.
fn answer(app: &mut App, command: Command) -> Option<Cmds> {
    let reply = match command {
        Command::Yes => Reply::Yes,
        Command::No | Command::Back => Reply::No,
        _ => return None,
    };
    let asked = app.talk()?.clone();
    match asked {
        Talk::Consent(_) if command == Command::Back => {
            close(app);
            Some(Vec::new())
        }
        Talk::Consent(consent) => Some(consented(app, consent, reply)),
        Talk::TakeBack(former) if reply == Reply::Yes => {
            let order = Order::TakeBack {
                run: former.run.clone(),
                steps: former.steps.iter().map(|(seq, _)| *seq).collect(),
            };
            let progress = Box::new(Progress::of(&order, Some(&former)));
            Some(with_rights(app, order, progress, former.needs_root))
        }
        Talk::Run { .. } if reply == Reply::Yes => {
            set_asks_to_stop(app, false);
            if let Some(run) = &mut app.repairs.running {
                run.is_stopping = true;
            }
            Some(cmd(Cmd::Stop))
        }
        Talk::Run { .. } => {
            set_asks_to_stop(app, false);
            Some(Vec::new())
        }
        Talk::TakeBack(_) | Talk::Interrupted(_) | Talk::Note { .. } | Talk::Explained { .. } => {
            close(app);
            Some(Vec::new())
        }
    }
}

/// The next question, or the run when all are answered.
fn consented(app: &mut App, mut consent: Consent, reply: Reply) -> Cmds {
    let asked = consent.asks.get(consent.at).cloned().unwrap_or_default();
    consent
        .answers
        .extend(asked.into_iter().map(|index| (index, reply)));
    consent.at += 1;
    if consent.at < consent.asks.len() {
        open(app, Talk::Consent(consent));
        return Vec::new();
    }
    let of = |wanted: Reply| -> Vec<Repair> {
        let all = consent.all.iter().enumerate();
        let answered = all.filter(|(index, _)| consent.answers.get(index) == Some(&wanted));
        answered.map(|(_, repair)| repair.clone()).collect()
    };
    let (repairs, declined) = (of(Reply::Yes), of(Reply::No));
    if repairs.is_empty() {
        close(app);
        return Vec::new();
    }
    let needs_root = repairs.iter().any(|one| one.needs.contains(&Need::Sudo));
    app.repairs.marked.clear();
    let order = Order::Mend { repairs, declined };
    let progress = Box::new(Progress::of(&order, None));
    with_rights(app, order, progress, needs_root)
}

/// Administrator rights are asked for before anything is changed.
fn with_rights(app: &mut App, order: Order, progress: Box<Progress>, needs_root: bool) -> Cmds {
    if app.is_demo {
        open(app, refusal());
        return Vec::new();
    }
    // One thing at a time: what waits for its rights begins as soon as they have been asked for.
    if app.repairs.waiting.is_some() {
        return Vec::new();
    }
    if needs_root && !app.repairs.is_root {
        app.repairs.waiting = Some((order, progress));
        app.dialog = None;
        return cmd(Cmd::Rights);
    }
    begins(app, order, progress)
}

/// The run begins, and its dialog is on the screen until it has ended. A look at the node that is
/// under way is called off: all of it is looked at again when the run is over.
fn begins(app: &mut App, order: Order, progress: Box<Progress>) -> Cmds {
    let why = "it was put off for a repair".to_owned();
    app.gathering.end(app.now, Some(why));
    app.repairs.running = Some(Running {
        progress: progress.clone(),
        begun: app.now,
        since: app.now,
        ended: None,
        is_stopping: false,
    });
    let run = Talk::Run {
        asks_to_stop: false,
        follows: true,
    };
    open(app, run);
    cmd(Cmd::Begin(Box::new(order), progress))
}

fn interrupted(app: &mut App, command: Command) -> Option<Cmds> {
    let Some(Talk::Interrupted(former)) = app.talk().cloned() else {
        return None;
    };
    match command {
        Command::Resume => {
            let order = Order::Settle { run: former.run };
            let progress = Box::new(Progress::of(&order, None));
            Some(with_rights(app, order, progress, former.needs_root))
        }
        Command::RollBack => {
            offer_taking_back(app, former);
            Some(Vec::new())
        }
        Command::Back => {
            close(app);
            Some(Vec::new())
        }
        _ => None,
    }
}

fn offer_taking_back(app: &mut App, former: Former) {
    let talk = match &former.refused {
        None => Talk::TakeBack(former),
        Some(why) => Talk::Note {
            title: "It cannot be taken back from here".to_owned(),
            lines: vec![why.clone()],
        },
    };
    open(app, talk);
}

/// What news do.
pub fn told(app: &mut App, news: Msg) -> Cmds {
    app.changed = true;
    match news {
        Msg::Past(then, past) => {
            app.repairs.past = *past;
            remembered(app, then);
            Vec::new()
        }
        Msg::Asked => match app.repairs.waiting.take() {
            Some((order, progress)) => begins(app, order, progress),
            None => Vec::new(),
        },
        Msg::Progress(progress) => {
            let now = app.now;
            if let Some(run) = &mut app.repairs.running {
                if run.progress.at() != progress.at() {
                    run.since = now;
                }
                run.progress = progress;
            }
            Vec::new()
        }
        Msg::Over(broke) => over(app, broke),
        Msg::Explained { id, text } => {
            if app.dialog.is_none() {
                open(app, Talk::Explained { id, text });
            }
            Vec::new()
        }
    }
}

fn remembered(app: &mut App, then: Then) {
    let Past {
        open: interrupted,
        last,
        held,
        trouble,
    } = app.repairs.past.clone();
    if interrupted.is_none() && matches!(app.talk(), Some(Talk::Interrupted(_))) {
        // It has come to rest meanwhile.
        close(app);
    }
    if app.dialog.is_some() || app.repairs.waiting.is_some() {
        return;
    }
    let note = |title: &str, line: String| Talk::Note {
        title: title.to_owned(),
        lines: vec![line],
    };
    match (then, interrupted, last) {
        (Then::Know, _, _) | (Then::Greet, None, _) => {}
        (Then::Greet, Some(former), _) => open(app, Talk::Interrupted(former)),
        (Then::TakeBack, _, Some(former)) if held.is_none() => offer_taking_back(app, former),
        (Then::TakeBack, _, _) => {
            let talk = match (held, trouble) {
                (Some(who), _) => note(
                    "Another run is at work",
                    format!("{who}. Wait until it has ended, then try again."),
                ),
                (None, Some(why)) => note("What was done before cannot be told", why),
                (None, None) => note(
                    "Nothing to take back",
                    "No run has anything to take back.".to_owned(),
                ),
            };
            open(app, talk);
        }
    }
}

/// The run is over: the node is looked at anew, all of it, since one repair brings to light what
/// another was hiding.
fn over(app: &mut App, broke: Option<String>) -> Cmds {
    let now = app.now;
    let Some(run) = &mut app.repairs.running else {
        return Vec::new();
    };
    run.ended = Some(now);
    run.progress.quiet();
    if run.progress.end.is_none() {
        run.progress.end = Some(End::Failed {
            words: broke.unwrap_or_else(|| "the run ended without a word".to_owned()),
            hints: vec!["see what is left of it: clawdoctor undo --list".to_owned()],
        });
    }
    // A run that it has brought to rest is none any more; what stands now is asked anew below.
    app.repairs.past.open = None;
    set_asks_to_stop(app, false);
    if let Some(Dialog::Repair { scroll, .. }) = &mut app.dialog {
        *scroll = 0;
    }
    app.repairs.plan = None;
    let mut cmds = crate::tui::update::begin(app, Scope::All);
    cmds.extend(cmd(Cmd::Past(Then::Know)));
    cmds
}
