//! What is told when a run cannot be made: to people, and to programs the document that they asked
//! for.

use std::ffi::OsString;

use super::args::{self, UsageProblem};
use super::out::{Out, Terminals};
use crate::exit;
use crate::failure::Failure;
use crate::redact::Redactor;
use crate::report::{self, Format};
use crate::surroundings::Surroundings;
use crate::text::wash;

/// A program that wanted a document gets it, whatever went wrong.
pub fn fail(failure: &Failure, format: Format, redactor: Option<&Redactor>, out: &Out) -> u8 {
    // Names of files, keys of settings and patterns are foreign text.
    let messages: Vec<String> = failure.messages().map(|one| wash(&one, 4000)).collect();
    let hints: Vec<String> = failure.hints.iter().map(|hint| wash(hint, 1000)).collect();
    if !failure.is_unheard {
        out.failure(&messages, &hints);
    }
    let code = failure.kind.exit_code();
    if format.is_for_people() {
        return code;
    }
    // Documents leave the node, and names of files and folders are in the words.
    let hidden = |text: &str| redactor.map_or_else(|| text.to_owned(), |one| one.text(text));
    let hint = hints.first().map(|hint| hidden(hint));
    let heading = failure.kind.heading();
    let message = hidden(&messages.join("; "));
    let told = document(heading, &message, hint.as_deref(), format, out);
    if code == exit::INCONCLUSIVE {
        told
    } else {
        code
    }
}

/// Prints the report of a run that could not be made; its exit code.
fn document(kind: &str, message: &str, hint: Option<&str>, format: Format, out: &Out) -> u8 {
    let now = jiff::Timestamp::now().to_string();
    let report = report::failed::failed(kind, message, hint, &now, 0);
    let written = out.print(|to| report::write(format, &report, &out.style, to));
    if let Err(error) = written {
        let said = "cannot write to standard output".to_owned();
        out.failure(&[said], &[error.to_string()]);
    }
    report::exit_code(format, &report)
}

pub fn usage(problem: UsageProblem, here: &Surroundings, terminals: Terminals) -> u8 {
    let common = args::parse([OsString::from("clawdoctor")], false)
        .expect("the bare name is a good command line")
        .common;
    let out = Out::new(here, &common, terminals);
    match problem {
        UsageProblem::Asked { text } => {
            // A reader that went away is no failure, and there is nobody left to tell of another.
            out.print_text(&text).unwrap_or(());
            exit::CLEAN
        }
        UsageProblem::Mistake {
            format,
            message,
            hints,
            text,
        } => {
            out.complain(&text);
            if format.is_for_people() {
                return exit::INCONCLUSIVE;
            }
            let hint = hints.first().map(String::as_str);
            document("usage", &message, hint, format, &out)
        }
    }
}
