//! From a command line to an exit code: parses, dispatches, prints.

use std::ffi::OsString;
use std::io;

use super::app::Opening;
use super::args::{
    self, Args, CallsArgs, Command, FixArgs, HeadroomArgs, OwnVerbName, RecorderArgs, RecorderVerb,
    ReplayArgs, WatchArgs,
};
use super::become_user;
use super::check::{Ask, Recorded};
use super::out::{Out, Terminals};
use super::prepare::{self, Wish};
use super::refused::{fail, usage};
use super::status::Status;
use super::{
    app, bench, calls, check, demo, drill, explain, fix, headroom, keys, list, recorder, replay,
    schema, undo, watch, whose,
};
use crate::checklist::catalog::Catalog;
use crate::engine::CommandLines;
use crate::exit;
use crate::failure::Failure;
use crate::fix::apply::owners::{OwnVerb, own};
use crate::fix::consent::Allow;
use crate::fix::recipe;
use crate::probe::gather::Progress;
use crate::probe::here::here;
use crate::redact::Redactor;
use crate::report::{self, Format};
use crate::surroundings::Surroundings;
use crate::tui;
use crate::units::Span;

/// Runs the program and gives its exit code.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let here = here();
    let terminals = Terminals::ask();
    let args = match args::parse(argv, args_color(&here, terminals)) {
        Ok(args) => args,
        Err(problem) => return usage(*problem, &here, terminals),
    };
    let out = Out::new(&here, &args.common, terminals);
    match dispatch(&args, &here, &out) {
        Ok(code) => code,
        Err(failure) => {
            let hide = !args.common.no_redact;
            let redactor = hide.then(|| Redactor::new(&here, &prepare::hostname()));
            fail(&failure, args.common.format(), redactor.as_ref(), &out)
        }
    }
}

fn args_color(here: &Surroundings, terminals: Terminals) -> bool {
    super::out::color(
        here,
        args::Color::Auto,
        terminals.stdout && terminals.stderr,
    )
}

fn dispatch(args: &Args, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    if args.common.demo {
        return demo::demo(args, here, out);
    }
    let format = args.common.format();
    match &args.command {
        // The app keeps no facts: a run that is to keep them is a plain one.
        None if is_for_the_app(args, out) && args.common.save_facts.is_none() => {
            app(args, Opening::Checklist, here, out)
        }
        None | Some(Command::Check(_)) => checked(args, here, out),
        Some(Command::Fix(asked)) => repaired(args, asked, here, out),
        Some(Command::Plan(asked)) => {
            let asked = FixArgs {
                ids: asked.ids.clone(),
                dry_run: true,
                wishes: asked.wishes.clone(),
                ..FixArgs::default()
            };
            repaired(args, &asked, here, out)
        }
        Some(Command::Undo(asked)) => {
            only(
                format,
                "undo",
                &[Format::Text, Format::Json, Format::Ndjson],
            )?;
            if asked.list {
                return undo::list(here, out, format);
            }
            whose::own(here, |owner| format!("sudo -H -u {owner} clawdoctor undo"))?;
            let ask = undo::Ask {
                run: asked.run.clone(),
                yes: asked.yes,
                busy: asked.busy,
                lock_timeout: asked.lock_timeout.0,
                format,
                redact: !args.common.no_redact,
            };
            undo::undo(&ask, here, out)
        }
        Some(Command::Own(asked)) => {
            let verb = match asked.verb {
                OwnVerbName::Change => OwnVerb::Change,
                OwnVerbName::Restore => OwnVerb::Restore,
            };
            let done = own(verb, &asked.list, &asked.home, &asked.within)?;
            printed(out.print_text(&format!("{} changed\n", done.changed)))
        }
        Some(Command::Watch(asked)) => watched(args, asked, here, out),
        Some(Command::Replay(asked)) => replayed(args, asked, here, out),
        Some(Command::Recorder(asked)) => recorded(args, asked, here, out),
        Some(Command::Calls(asked)) => called(args, asked, here, out),
        Some(Command::Headroom(asked)) => reckoned(args, asked, here, out),
        Some(Command::Bench(asked)) => bench::bench(args, asked, here, out),
        Some(Command::Drill(asked)) => drill::drill(args, asked, here, out),
        Some(Command::List) => {
            text_or_json(format, "list")?;
            let config_dir = here.config_dir();
            let catalog = Catalog::load(&config_dir)?;
            let waivers = prepare::waivers(&config_dir, &catalog)?;
            printed(out.print_text(&if format == Format::Json {
                list::json(catalog.checks(), &waivers)
            } else {
                list::text(catalog.checks(), &waivers, &out.style)
            }))
        }
        Some(Command::Keys { defaults }) => {
            text_or_json(format, "keys")?;
            let keymap = if *defaults {
                tui::Keymap::default()
            } else {
                prepare::settings(&here.config_dir(), here)?.1.keys
            };
            printed(out.print_text(&if format == Format::Json {
                keys::json(&keymap)
            } else {
                keys::text(&keymap, &out.style)
            }))
        }
        Some(Command::Explain { what }) => {
            text_or_json(format, "explain")?;
            let catalog = Catalog::load(&here.config_dir())?;
            let as_json = format == Format::Json;
            let told = explain::explain(&what.join(" "), catalog.checks(), &out.style, as_json)?;
            printed(out.print_text(&told.text))?;
            Ok(if told.known {
                exit::CLEAN
            } else {
                exit::FINDINGS
            })
        }
        Some(Command::Recipe) => printed(out.print_text(recipe::DOCKERFILE)),
        Some(Command::Schema { document }) => printed(out.print_text(&schema::text(*document))),
        Some(Command::Completions { shell }) => {
            printed(out.print(|to| to.write_all(&args::completions(*shell))))
        }
        Some(Command::Man) => {
            printed(args::man().and_then(|page| out.print(|to| to.write_all(&page))))
        }
    }
}

/// Only reports have the other forms.
fn text_or_json(format: Format, command: &str) -> Result<(), Failure> {
    only(format, command, &[Format::Text, Format::Json])
}

pub fn only(format: Format, command: &str, known: &[Format]) -> Result<(), Failure> {
    if known.contains(&format) {
        return Ok(());
    }
    let events = if known.contains(&Format::Ndjson) {
        ", json and ndjson"
    } else {
        " and json"
    };
    Err(
        Failure::usage(format!("`{command}` knows the forms text{events}"))
            .hint(format!("clawdoctor {command} --json")),
    )
}

fn repaired(args: &Args, asked: &FixArgs, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let format = args.common.format();
    only(format, "fix", &[Format::Text, Format::Json, Format::Ndjson])?;
    if let Some(user) = &asked.run_as {
        return Err(become_user::again(user, here));
    }
    if !asked.dry_run {
        whose::own(here, |owner| format!("clawdoctor fix --run-as {owner}"))?;
    }
    // A redacted document has `~` in the ids of repairs that name a path.
    let home = format!("@{}/", here.home.display());
    let named = asked.allow.iter().map(|word| word.replace("@~/", &home));
    let allow = Allow::parse(&named.collect::<Vec<_>>(), asked.yes).map_err(|word| {
        Failure::usage(format!("--allow: `{word}` is no class of risk and no id")).hint(
            "classes: behaviour, restart, data, security; ids as `clawdoctor plan` shows them",
        )
    })?;
    let output = match &args.command {
        Some(Command::Plan(plan)) => plan.output.clone(),
        _ => None,
    };
    let mut check = ask(args);
    check
        .wish
        .gateway_container
        .clone_from(&asked.wishes.gateway_container);
    let ask = fix::Ask {
        check,
        ids: asked.ids.clone(),
        dry_run: asked.dry_run,
        output,
        allow,
        plan: asked.plan.clone(),
        resume: asked.resume,
        lock_timeout: asked.lock_timeout.0,
        wishes: asked.wishes.clone(),
        format,
        argv: std::env::args().collect(),
    };
    fix::fix(&ask, here, out)
}

pub fn ask(args: &Args) -> Ask {
    let check = args.check();
    Ask {
        wish: Wish {
            only: check.only,
            skip: check.skip,
            offline: args.common.offline,
            passive: args.common.passive,
            deep: args.common.deep,
            layers: false,
            gateway_container: check.gateway_container,
            node_id: args.common.node_id.clone(),
        },
        facts: if args.common.demo {
            Some(Recorded::Demo)
        } else {
            check.facts.map(Recorded::File)
        },
        save_facts: args.common.save_facts.clone(),
        fail_on: args.fail_on(),
        timeout: args.common.timeout(),
        redact: !args.common.no_redact,
    }
}

fn watched(args: &Args, asked: &WatchArgs, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let format = args.common.format();
    only(
        format,
        "watch",
        &[Format::Text, Format::Json, Format::Ndjson],
    )?;
    asked.table.only_for_people(format)?;
    let usual = watch::Ask::usual(ask(args).wish);
    let ask = watch::Ask {
        wish: usual.wish,
        all: asked.all,
        read_only: asked.read_only,
        command_lines: command_lines(asked.commands),
        backlog: asked.since.map_or(usual.backlog, |span| span.0),
        record: asked.record.clone(),
        record_most: asked.record_size.0,
        json: !format.is_for_people(),
        redact: !args.common.no_redact,
        timeout: args.common.timeout(),
        table: asked.table.clone(),
        evidence: asked.evidence.clone(),
    };
    if asked.once {
        watch::once(&ask, here, out)
    } else if is_for_the_app(args, out) {
        app(args, Opening::Watch(Box::new(ask)), here, out)
    } else {
        watch::follow(&ask, here, out)
    }
}

fn replayed(
    args: &Args,
    asked: &ReplayArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    let format = args.common.format();
    let known = [Format::Text, Format::Json, Format::Ndjson];
    only(format, "replay", &known)?;
    asked.table.only_for_people(format)?;
    let end = replay::At::BeforeEnd(Span::default());
    let ask = replay::Ask {
        file: asked.file.clone(),
        at: asked.at.or(asked.once.then_some(end)),
        json: !format.is_for_people(),
        table: asked.table.clone(),
    };
    if ask.at.is_none() && is_for_the_app(args, out) {
        let recording = replay::replay(&ask.file)?;
        return app(
            args,
            Opening::Replay(Box::new(recording), ask.table),
            here,
            out,
        );
    }
    let hide = !args.common.no_redact;
    let redactor = hide.then(|| Redactor::new(here, &prepare::hostname()));
    replay::run(&ask, redactor, here, out)
}

fn recorded(
    args: &Args,
    asked: &RecorderArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    let format = args.common.format();
    text_or_json(format, "recorder")?;
    let (act, yes) = match asked.verb {
        RecorderVerb::Install { yes } => (recorder::Act::Install, yes),
        RecorderVerb::Status => (recorder::Act::Status, false),
        RecorderVerb::Uninstall { yes, purge } => (recorder::Act::Uninstall { purge }, yes),
        RecorderVerb::Run => (recorder::Act::Run, false),
    };
    let ask = recorder::Ask {
        act,
        yes,
        json: format == Format::Json,
        redact: !args.common.no_redact,
    };
    recorder::recorder(&ask, here, out)
}

fn called(args: &Args, asked: &CallsArgs, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let format = args.common.format();
    let known = [Format::Text, Format::Json, Format::Ndjson];
    only(format, "calls", &known)?;
    let ask = calls::Ask {
        wish: ask(args).wish,
        // Lines are a stream's form.
        follow: asked.follow || format == Format::Ndjson,
        all: asked.all,
        command_lines: command_lines(asked.commands),
        since: asked.since.map(|span| span.0),
        agent: asked.agent.clone(),
        failed: asked.failed,
        json: !format.is_for_people(),
        redact: !args.common.no_redact,
        timeout: args.common.timeout(),
    };
    calls::calls(&ask, here, out)
}

fn command_lines(keep: bool) -> CommandLines {
    if keep {
        CommandLines::Keep
    } else {
        CommandLines::Drop
    }
}

pub fn reckoned(
    args: &Args,
    asked: &HeadroomArgs,
    here: &Surroundings,
    out: &Out,
) -> Result<u8, Failure> {
    let format = args.common.format();
    text_or_json(format, "headroom")?;
    let mut check = ask(args);
    check.facts = check.facts.or(asked.facts.clone().map(Recorded::File));
    check
        .wish
        .gateway_container
        .clone_from(&asked.gateway_container);
    let mut status = Status::new(out.progress());
    let told = |progress: Progress<'_>| status.tell(&progress);
    let reckoned = headroom::reckon(check, asked.need, here, told);
    drop(status);
    headroom::print(&reckoned?, format == Format::Json, out)
}

pub fn checked(args: &Args, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let mut status = Status::new(out.progress());
    let report = check::report(&ask(args), here, |progress| status.tell(&progress));
    drop(status);
    let report = report?;
    let format = args.common.format();
    // The page for people shows them itself.
    let apart = report.warnings.iter().filter(|_| !format.is_for_people());
    for warning in apart {
        out.complain(&format!("warning: {warning}\n"));
    }
    printed(out.print(|to| report::write(format, &report, &out.style, to)))?;
    Ok(report::exit_code(format, &report))
}

/// On a terminal, with nothing asked for that a screen cannot give.
pub fn is_for_the_app(args: &Args, out: &Out) -> bool {
    out.stdout_is_terminal && out.stdin_is_terminal && args.common.format() == Format::Text
}

fn app(args: &Args, opening: Opening, here: &Surroundings, out: &Out) -> Result<u8, Failure> {
    let argv = std::env::args().collect();
    let report = app::show(&ask(args), here, out, args.common.theme, argv, opening)?;
    Ok(report.map_or(exit::CLEAN, |report| {
        report::exit_code(Format::Text, &report)
    }))
}

fn printed(result: io::Result<()>) -> Result<u8, Failure> {
    match result {
        Ok(()) => Ok(exit::CLEAN),
        Err(error) => Err(Failure::system("cannot write to standard output").cause(error)),
    }
}
