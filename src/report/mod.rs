//! One file per output format: pure functions of a report. No I/O besides the writer that is
//! given, no colours, only roles. What a format shows is decided in its file; what the checks say
//! was decided before.

pub mod bench;
pub mod drill;
pub mod failed;
pub mod github_issue;
pub mod headroom;
pub mod json;
pub mod junit;
pub mod live;
pub mod nagios;
pub mod ndjson;
pub mod prometheus;
pub mod repairs;
#[cfg(test)]
pub(crate) mod sample;
pub mod style;
pub mod tally;
pub mod tap;
pub mod text;
pub mod wrap;

use std::io;

pub use style::{Role, Style};

use crate::checklist::report::Report;
use crate::checklist::run;

/// The forms that a report can take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    #[default]
    Text,
    Json,
    Ndjson,
    Junit,
    Tap,
    Nagios,
    Prometheus,
    GithubIssue,
}

impl Format {
    /// Only text is coloured and redrawn; everything else is for machines.
    pub fn is_for_people(self) -> bool {
        self == Self::Text
    }
}

/// Writes the report in the given form.
pub fn write(
    format: Format,
    report: &Report,
    style: &Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Text => text::write(report, style, out),
        Format::Json => json::write(report, style, out),
        Format::Ndjson => ndjson::write(report, style, out),
        Format::Junit => junit::write(report, style, out),
        Format::Tap => tap::write(report, style, out),
        Format::Nagios => nagios::write(report, style, out),
        Format::Prometheus => prometheus::write(report, style, out),
        Format::GithubIssue => github_issue::write(report, style, out),
    }
}

/// The exit code of a run that printed this form: monitoring plugins have codes of their own.
pub fn exit_code(format: Format, report: &Report) -> u8 {
    match format {
        Format::Nagios => nagios::exit_code(report),
        Format::Text
        | Format::Json
        | Format::Ndjson
        | Format::Junit
        | Format::Tap
        | Format::Prometheus
        | Format::GithubIssue => run::exit_code(report),
    }
}
