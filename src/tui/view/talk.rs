//! The dialogs about repairs: what will run, what will be taken back, a run that was interrupted,
//! something to read. The run itself is drawn by `running`.
//!
//! ```text
//! ┌ 1 of 2: mend what is safe? ─────────────────────────────────────── 1-9 of 14 ┐
//! │ Nothing is changed before you say yes. These repairs are safe: reversible,   │
//! │ and nothing of anybody's is lost or interrupted.                             │
//! │                                                                              │
//! │   build the sandbox image openclaw-sandbox:bookworm-slim                     │
//! │   does     build from clawdoctor's recipe …                                  │
//! └ j k scroll ──────────────────────────────────────────────────────────────────┘
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use super::{help, offer, put, running};
use crate::fix::repair::{risk_word, risk_words};
use crate::text::wash;
use crate::tui::app::{App, Dialog};
use crate::tui::layout;
use crate::tui::mending::Former;
use crate::tui::screen::repair::{Consent, Talk};
use crate::tui::theme::Role;
use crate::tui::widget::page::Page;
use crate::tui::widget::text::cut;

/// Columns of a text that reads well.
const WIDEST: u16 = 96;
/// Characters of foreign words.
const LONGEST: usize = 1000;

/// A dialog's text.
pub struct Text {
    pub lines: Vec<Line<'static>>,
    /// The line at which the work is.
    pub at: usize,
}

/// Columns inside a dialog on a screen of this size.
pub fn room(size: Size) -> u16 {
    WIDEST.min(size.width.saturating_sub(4)).max(1)
}

/// What is inside the dialog that is open, on a screen of the app's size.
pub fn inside(app: &App) -> Rect {
    app.talk().map_or_else(Rect::default, |talk| {
        let height = text(app, talk, app.size).lines.len();
        layout::inside(frame(app.size, height))
    })
}

/// Whether a question goes on below what is on the screen: nobody says yes to what they have not
/// seen.
pub fn goes_on(app: &App) -> bool {
    let Some(Dialog::Repair { talk, scroll }) = &app.dialog else {
        return false;
    };
    let is_long = matches!(**talk, Talk::Consent(_) | Talk::TakeBack(_));
    let lines = text(app, talk, app.size).lines.len();
    is_long && scroll + usize::from(inside(app).height) < lines
}

/// The footer stays in sight: it names the keys.
pub fn frame(size: Size, lines: usize) -> Rect {
    let above = Size {
        width: size.width,
        height: size.height.saturating_sub(1),
    };
    let height = u16::try_from(lines).unwrap_or(u16::MAX);
    layout::dialog(above, room(size), height)
}

pub fn draw(app: &App, talk: &Talk, scroll: usize, size: Size, buffer: &mut Buffer) {
    let lines = text(app, talk, size).lines;
    let frame = frame(size, lines.len()).intersection(buffer.area);
    boxed(app, &title(app, talk), lines, scroll, frame, buffer);
}

/// A dialog: a box with its title, as much of the text as fits, and where in it that is.
pub fn boxed(
    app: &App,
    title: &str,
    lines: Vec<Line<'_>>,
    scroll: usize,
    frame: Rect,
    buffer: &mut Buffer,
) {
    let inside = layout::inside(frame);
    let (all, height) = (lines.len(), usize::from(inside.height));
    Clear.render(frame, buffer);
    let wide = usize::from(frame.width).saturating_sub(4);
    let title = format!(" {} ", cut(title, wide, app.theme.ellipsis()));
    let mut block = Block::bordered()
        .border_type(BorderType::Plain)
        .title(title);
    if all > height {
        let position = format!(" {}-{} of {all} ", scroll + 1, (scroll + height).min(all));
        if let Some(keys) = help::moves(app, app.place()) {
            block = block.title_bottom(format!(" {keys} scroll "));
        }
        block = block.title_bottom(Line::from(position).right_aligned());
    }
    block.render(frame, buffer);
    for (y, line) in (0..inside.height).zip(lines.into_iter().skip(scroll)) {
        put(buffer, inside, y, line);
    }
}

fn title(app: &App, talk: &Talk) -> String {
    match talk {
        Talk::Consent(consent) => {
            let asked = consent.asked();
            let what = match asked.as_slice() {
                [one] => format!("{} ({})?", wash(&one.title, 200), risk_word(one.risk)),
                all => format!("{} repairs, all of them safe: do it?", all.len()),
            };
            match consent.asks.len() {
                1 => what,
                count => format!("{} of {count}: {what}", consent.at + 1),
            }
        }
        Talk::TakeBack(former) => format!("Take back the run {}?", former.run),
        Talk::Interrupted(former) => format!("The run {} was interrupted", former.run),
        Talk::Run { asks_to_stop, .. } => running::title(app, *asks_to_stop),
        Talk::Note { title, .. } => title.clone(),
        Talk::Explained { id, .. } => id.clone(),
    }
}

pub fn text(app: &App, talk: &Talk, size: Size) -> Text {
    let mut page = Page::new(app.theme, usize::from(room(size)));
    let mut at = 0;
    match talk {
        Talk::Consent(consent) => consented(&mut page, consent),
        Talk::TakeBack(former) => taking_back(&mut page, former),
        Talk::Interrupted(former) => interrupted(&mut page, former),
        Talk::Run { asks_to_stop, .. } => at = running::run(app, *asks_to_stop, &mut page),
        Talk::Note { lines, .. } => {
            for line in lines {
                let indent = line.len() - line.trim_start().len();
                let role = if indent > 0 { Role::Code } else { Role::Plain };
                page.text(role, indent, &wash(line.trim_start(), LONGEST));
            }
        }
        Talk::Explained { text, .. } => explained(&mut page, text),
    }
    Text {
        lines: page.lines,
        at,
    }
}

fn consented(page: &mut Page, consent: &Consent) {
    let asked = consent.asked();
    if let [one] = asked.as_slice() {
        let means = format!("This {}.", means(risk_words(one.risk)));
        page.text(offer::role(one.risk), 0, &means);
        if one.only_named {
            page.text(
                Role::Warn,
                0,
                "It is only ever done when it is asked for by itself.",
            );
        }
    } else {
        // What it is about comes first, where a small screen shows no more than that.
        for (number, repair) in asked.iter().enumerate() {
            let title = format!("{}. {}", number + 1, wash(&repair.title, LONGEST));
            page.text(Role::Strong, 0, &title);
        }
        page.gap();
        let words = "Each of them is reversible, and nothing of anybody's is lost or interrupted.";
        page.text(Role::Good, 0, words);
    }
    for repair in asked {
        page.gap();
        offer::one(page, repair, &repair.findings);
    }
    page.gap();
    let words = "What stands here is all that is done, and nothing is before you say yes.";
    page.text(Role::Muted, 0, words);
}

/// The words of a class as the end of a sentence.
fn means(words: &str) -> String {
    match words.split_once(' ') {
        Some(("changes" | "touches", _)) => words.to_owned(),
        Some(("reversible,", rest)) => format!("is reversible, {rest}"),
        _ => format!("means: {words}"),
    }
}

fn taking_back(page: &mut Page, former: &Former) {
    page.text(Role::Plain, 0, &began(former));
    page.text(
        Role::Muted,
        0,
        "These steps are taken back, in this order, unless somebody has changed the thing since:",
    );
    steps(page, former);
}

fn began(former: &Former) -> String {
    let repairs = wash(&former.repairs.join(", "), LONGEST);
    if former.started_at.is_empty() {
        return repairs;
    }
    format!("begun {}: {repairs}", wash(&former.started_at, 40))
}

fn steps(page: &mut Page, former: &Former) {
    page.gap();
    if former.steps.is_empty() {
        page.text(Role::Muted, 2, "nothing is to be taken back");
    }
    for (number, (_, step)) in former.steps.iter().enumerate() {
        let name = format!("{}.", number + 1);
        page.field(Role::Plain, &name, &wash(&step.effect, LONGEST));
        if let Some(elsewhere) = &step.elsewhere {
            page.field(Role::Plain, "at", &wash(elsewhere, LONGEST));
        }
        if let Some(stays) = &step.stays {
            page.field(Role::Warn, "stays", &wash(stays, LONGEST));
        }
    }
    if former.needs_root {
        page.gap();
        page.text(Role::Plain, 0, "sudo will ask for your password first.");
    }
}

fn interrupted(page: &mut Page, former: &Former) {
    page.text(Role::Plain, 0, &began(former));
    let words = "It was killed or lost power before it came to its end. Resume: its last step counts as done \
                 where the node looks so, else its last repair is taken back; then go on from what is found. \
                 Take it back: all of its steps, which are:";
    page.gap();
    page.text(Role::Plain, 0, words);
    steps(page, former);
    if let Some(why) = &former.refused {
        page.gap();
        page.text(Role::Warn, 0, &wash(why, LONGEST));
    }
}

/// The page of a check, as it was made for this width: headings stand at the margin behind an empty
/// line, commands far in.
fn explained(page: &mut Page, text: &str) {
    let mut before = "";
    for line in text.lines() {
        let is_heading = before.is_empty() && !line.starts_with(' ');
        let indent = line.len() - line.trim_start().len();
        let role = match indent {
            _ if is_heading => Role::Strong,
            0 => Role::Muted,
            6.. => Role::Code,
            _ => Role::Plain,
        };
        page.text(role, indent, line.trim_start());
        before = line;
    }
}
