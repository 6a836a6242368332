//! The dialogs about acts on sandboxes: what would be done to which, what is under way, and what
//! became of it.
//!
//! ```text
//! ┌ Stop openclaw-sbx-9e3779b90000? ─────────────────────────────────────────────┐
//! │ openclaw-sbx-9e3779b90000  main/telegram:0                                    │
//! │   1 call runs in it at this moment, for 1 min: it is cut off                  │
//! │                                                                               │
//! │ The engine asks its program to end, and kills it after 10 s.                  │
//! │ OpenClaw starts it again at the next turn of its session.                     │
//! └───────────────────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;

use super::super::talk;
use crate::fix::words::quoted;
use crate::live::event::Link;
use crate::live::sandbox::{Sandbox, State};
use crate::live::scope::Kind;
use crate::text::wash;
use crate::tui::app::{App, Dialog};
use crate::tui::deeds::{Became, Deed, GRACE_SECONDS, Heat, Target};
use crate::tui::keys::{Act, Command, Over, Place, Want};
use crate::tui::layout;
use crate::tui::screen::deeds::{Knowledge, Question, Reach, Talk, Work};
use crate::tui::screen::live::Live;
use crate::tui::theme::Role;
use crate::tui::widget::figure::Short;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::columns;
use crate::tui::widget::time;

/// Characters of a foreign name.
const LONGEST: usize = 200;

fn frame(app: &App, size: Size) -> Rect {
    talk::frame(size, lines(app).len())
}

/// How many lines the dialog that is open shows.
pub fn height(app: &App) -> usize {
    usize::from(layout::inside(frame(app, app.size)).height)
}

/// Whether a question goes on below what is on the screen: nobody says yes to what they have not
/// seen.
pub fn goes_on(app: &App) -> bool {
    let Some(Dialog::Deeds { talk, scroll }) = &app.dialog else {
        return false;
    };
    matches!(**talk, Talk::Question(_)) && scroll + height(app) < lines(app).len()
}

pub fn draw(app: &App, size: Size, buffer: &mut Buffer) {
    let Some(Dialog::Deeds { talk, scroll }) = &app.dialog else {
        return;
    };
    let lines = lines(app);
    let frame = frame(app, size).intersection(buffer.area);
    talk::boxed(app, &title(app, talk), lines, *scroll, frame, buffer);
}

fn title(app: &App, talk: &Talk) -> String {
    match talk {
        Talk::Question(asked) => match (asked.reach, &asked.agent, asked.targets.as_slice()) {
            (Reach::Agent, Some(agent), [_]) => format!(
                "{} the only one of {}?",
                asked.deed.verb(),
                wash(agent, LONGEST)
            ),
            (Reach::Agent, Some(agent), all) => format!(
                "{} all {} of {}?",
                asked.deed.verb(),
                all.len(),
                wash(agent, LONGEST)
            ),
            (_, _, [one]) => format!("{} {}?", asked.deed.verb(), wash(&one.name, LONGEST)),
            (_, _, all) => format!("{} all {}?", asked.deed.verb(), all.len()),
        },
        Talk::Work => match &app.deeds.work {
            Some(work) if work.ended.is_none() => format!(
                "{}… {} s",
                work.deed.doing(),
                app.now.saturating_sub(work.begun).as_secs()
            ),
            Some(work) => work.deed.verb().to_owned(),
            None => String::new(),
        },
        Talk::Note { title, .. } => title.clone(),
    }
}

pub fn lines(app: &App) -> Vec<Line<'static>> {
    let mut page = Page::new(app.theme, usize::from(talk::room(app.size)));
    if let Some(Dialog::Deeds { talk, .. }) = &app.dialog {
        match (&**talk, &app.live) {
            (Talk::Question(asked), Some(live)) => question(&mut page, app, live, asked),
            (Talk::Work, Some(live)) => {
                if let Some(of) = &app.deeds.work {
                    work(&mut page, app, live, of);
                }
            }
            (Talk::Note { lines, .. }, _) => {
                for line in lines {
                    page.text(Role::Plain, 0, &wash(line, 1000));
                }
            }
            (Talk::Question(_) | Talk::Work, None) => {}
        }
    }
    page.lines
}

fn question(page: &mut Page, app: &App, live: &Live, asked: &Question) {
    let ours = live.ours(app.now);
    let since = Short(live.link_age(ours));
    let silence = match live.model.link {
        Link::Hung => Some(format!("The engine has hung for {since}")),
        Link::Lost { .. } => Some(format!("The engine was lost {since} ago")),
        Link::Connecting | Link::Up => None,
    };
    if let Some(silence) = silence {
        let words = format!("{silence}: what follows is as it was then, and a yes may do nothing.");
        page.text(Role::Unsure, 0, &words);
        page.gap();
    }
    for target in &asked.targets {
        let Some(one) = live.model.sandboxes.get(&target.id) else {
            continue;
        };
        named(page, target, one);
        calls(page, app, live, asked.deed, one);
        if one.kind == Kind::Other {
            page.text(Role::Warn, 2, "It is no sandbox of OpenClaw's.");
        }
        if asked.is_known(&target.name) == Some(false) {
            let words = "OpenClaw here does not have it in its register: it is left alone.";
            page.text(Role::Warn, 2, words);
        } else if let Some(why) = asked.heat_of(&live.model, one, ours) {
            let (role, then) = match asked.heat {
                _ if !asked.can_be_done() => (Role::Warn, String::new()),
                Heat::ColdOnly => {
                    let key = app.keys.first(Place::Deciding, Command::Over(Over::Heat));
                    let unless = key.map(|key| format!(", unless you press {key}"));
                    (
                        Role::Warn,
                        format!(": left alone{}", unless.unwrap_or_default()),
                    )
                }
                Heat::AlsoHot => (Role::Bad, ": removed all the same".to_owned()),
            };
            page.text(role, 2, &format!("{why}{then}"));
        }
    }
    page.gap();
    means(page, live, asked);
    match &asked.register {
        Knowledge::NotAsked => {}
        Knowledge::Asked => {
            page.text(Role::Busy, 0, "OpenClaw is asked what it knows of it…");
        }
        Knowledge::None(why) => by_hand(page, live, asked, why),
        Knowledge::Told(_) => {
            if asked.chosen(&live.model, ours).is_empty() {
                page.gap();
                let words = "As it is, a yes would remove nothing.";
                page.text(Role::Warn, 0, words);
            }
            let unknown = |one: &&Target| asked.is_known(&one.name) == Some(false);
            let foreign: Vec<&Target> = asked.targets.iter().filter(unknown).collect();
            if !foreign.is_empty() {
                page.gap();
                let words = "As the user whose gateway made what is left alone, type:";
                page.text(Role::Plain, 0, words);
                for target in foreign {
                    page.text(Role::Code, 2, &command(live, target));
                }
            }
        }
    }
}

/// Its name, whose it is and what it does: over several lines rather than cut.
fn named(page: &mut Page, target: &Target, one: &Sandbox) {
    let name = wash(&target.name, LONGEST);
    let mut about = wash(&one.owner().words(), LONGEST);
    if !about.is_empty() {
        about.push_str(", ");
    }
    about.push_str(one.state.word());
    if columns(&name) + 2 + columns(&about) <= page.width {
        let line = page.pieces().add(Role::Strong, &name).gap(2);
        page.push(line.add(Role::Plain, &about));
    } else {
        page.text(Role::Strong, 0, &name);
        page.text(Role::Plain, 2, &about);
    }
}

/// The calls that run in it at this moment, and what becomes of them.
fn calls(page: &mut Page, app: &App, live: &Live, deed: Deed, one: &Sandbox) {
    let then = match deed {
        Deed::Stop | Deed::Kill | Deed::Remove => "cut off",
        Deed::Pause => "held",
        Deed::Unpause => "let go on",
    };
    let engine = live.model.engine_clock(live.ours(app.now));
    let longest = one
        .running
        .iter()
        .filter_map(|call| call.started)
        .map(|started| engine.since(started))
        .max();
    let is_seen = match live.model.link {
        Link::Connecting | Link::Up => true,
        Link::Hung | Link::Lost { .. } => false,
    };
    let since = longest.filter(|_| is_seen).map_or(String::new(), |span| {
        format!(", for {}", time::old(span).trim_end_matches(" old"))
    });
    let (runs, run, when) = if is_seen {
        ("runs", "run", "at this moment")
    } else {
        ("ran", "ran", "then")
    };
    match one.running.len() {
        0 if one.is_inspected() || one.witnessed => {
            page.text(Role::Muted, 2, &format!("no call {runs} in it {when}"));
        }
        0 => page.text(
            Role::Unsure,
            2,
            "whether a call runs in it is not known yet",
        ),
        1 => page.text(
            Role::Warn,
            2,
            &format!("1 call {runs} in it {when}{since}: it is {then}"),
        ),
        count => page.text(
            Role::Warn,
            2,
            &format!("{count} calls {run} in it {when}{since}: they are {then}"),
        ),
    }
    for command in one.running.iter().filter_map(|call| call.command.as_ref()) {
        page.text(Role::Muted, 4, &wash(command, LONGEST));
    }
}

fn means(page: &mut Page, live: &Live, asked: &Question) {
    let is_sandbox = asked.targets.iter().any(|target| {
        let one = live.model.sandboxes.get(&target.id);
        one.is_some_and(|one| one.kind == Kind::Sandbox)
    });
    let is_one = asked.targets.len() == 1;
    let words = match (asked.deed, is_one) {
        (Deed::Stop, true) => {
            &*format!("The engine asks its program to end, and kills it after {GRACE_SECONDS} s.")
        }
        (Deed::Stop, false) => &*format!(
            "The engine asks their programs to end, and kills each after {GRACE_SECONDS} s."
        ),
        (Deed::Kill, true) => "The engine kills it at once: nothing in it can finish or clean up.",
        (Deed::Kill, false) => {
            "The engine kills them at once: nothing in them can finish or clean up."
        }
        (Deed::Pause, true) => {
            "Everything in it is frozen and keeps its memory. Calls into it hang until it goes on."
        }
        (Deed::Pause, false) => {
            "Everything in them is frozen and keeps its memory. Calls into them hang until they go on."
        }
        (Deed::Unpause, true) => "Everything in it goes on where it was.",
        (Deed::Unpause, false) => "Everything in them goes on where it was.",
        (Deed::Remove, true) => {
            "OpenClaw removes it (openclaw sandbox recreate). What was installed in it is lost, its \
             workspace stays, and the next turn of its session makes it anew."
        }
        (Deed::Remove, false) => {
            "OpenClaw removes them (openclaw sandbox recreate). What was installed in them is lost, \
             their workspaces stay, and the next turn of its session makes each anew."
        }
    };
    page.text(Role::Plain, 0, words);
    if is_sandbox && matches!(asked.deed, Deed::Stop | Deed::Kill) {
        page.text(Role::Plain, 0, again(is_one));
    }
}

/// What becomes of what was stopped.
fn again(is_one: bool) -> &'static str {
    if is_one {
        "OpenClaw starts it again at the next turn of its session."
    } else {
        "OpenClaw starts each again at the next turn of its session."
    }
}

/// What to type, where it cannot be done from here.
fn by_hand(page: &mut Page, live: &Live, asked: &Question, why: &str) {
    page.gap();
    page.text(
        Role::Warn,
        0,
        &format!("It cannot be done from here: {}", wash(why, 600)),
    );
    page.text(Role::Plain, 0, "As the gateway's user, type:");
    for target in &asked.targets {
        page.text(Role::Code, 2, &command(live, target));
    }
}

/// The key is a label's: foreign text, which no shell may take for more than a word.
fn command(live: &Live, target: &Target) -> String {
    let one = live.model.sandboxes.get(&target.id);
    let detail = one.and_then(|one| one.detail.as_ref());
    let key = detail.and_then(|detail| detail.labels.session_key.as_deref());
    match key {
        Some(key) => format!(
            "openclaw sandbox recreate --session {}",
            quoted(&wash(key, 300))
        ),
        None => "openclaw sandbox list    (its session is not known here)".to_owned(),
    }
}

fn work(page: &mut Page, app: &App, live: &Live, work: &Work) {
    let mut ended = 0;
    for (target, became) in &work.rows {
        let name = wash(&target.name, LONGEST);
        let (role, words) = outcome(live, work.deed, target, became.as_ref());
        ended += usize::from(matches!(became, Some(Became::Done | Became::Already)));
        page.text(Role::Strong, 0, &name);
        page.text(role, 2, &words);
    }
    if work.ended.is_none() {
        page.gap();
        page.text(
            Role::Muted,
            0,
            "It goes on when this is put away; what goes wrong is told.",
        );
        return;
    }
    let is_one = ended == 1;
    let words = match work.deed {
        _ if ended == 0 => return,
        Deed::Unpause => return,
        Deed::Stop | Deed::Kill => again(is_one).to_owned(),
        Deed::Remove if is_one => {
            "OpenClaw makes it anew at the next turn of its session.".to_owned()
        }
        Deed::Remove => "OpenClaw makes each anew at the next turn of its session.".to_owned(),
        Deed::Pause => {
            let pause = Command::Live(Act::Want(Want::Pause));
            let key = app.keys.first(Place::Table, pause);
            let press = key.map_or(String::new(), |key| format!(": press {key}"));
            let (into, until) = if is_one {
                ("it", "it goes")
            } else {
                ("them", "they go")
            };
            format!("Calls into {into} hang until {until} on{press}.")
        }
    };
    page.gap();
    page.text(Role::Plain, 0, &words);
}

fn outcome(live: &Live, deed: Deed, target: &Target, became: Option<&Became>) -> (Role, String) {
    let one = live.model.sandboxes.get(&target.id);
    let exited = one.filter(|one| one.state == State::Exited);
    let code = exited.and_then(|one| one.exit_code);
    match became {
        None => (Role::Busy, format!("{}…", deed.doing())),
        Some(Became::Done) => {
            let words = match (deed, code) {
                (Deed::Stop | Deed::Kill, Some(code)) => {
                    format!("{}: exited with {code}", deed.done())
                }
                _ => deed.done().to_owned(),
            };
            (Role::Good, words)
        }
        Some(Became::Already) => (Role::Plain, format!("was {} already", already(deed))),
        Some(Became::Gone) => (Role::Plain, "had gone already".to_owned()),
        Some(Became::Refused(why)) => (Role::Warn, format!("not {}: {why}", already(deed))),
        Some(Became::Failed(why)) => (Role::Bad, format!("not {}: {why}", already(deed))),
        Some(Became::NoAnswer(span)) => (
            Role::Bad,
            format!(
                "no answer within {} s: whether it is {} is not known",
                span.as_secs(),
                already(deed)
            ),
        ),
    }
}

fn already(deed: Deed) -> &'static str {
    match deed {
        Deed::Unpause => "going on",
        Deed::Stop | Deed::Kill | Deed::Pause | Deed::Remove => deed.done(),
    }
}
