//! One JSON document: the contract with programs.

use std::io;

use serde::Serialize;

use super::Style;

/// Writes a report of any kind, with the end of its line.
pub fn write(report: &impl Serialize, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    if style.pretty {
        serde_json::to_writer_pretty(&mut *out, report)?;
    } else {
        serde_json::to_writer(&mut *out, report)?;
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::report::Report;
    use crate::report::sample;

    #[test]
    fn the_document_is_one_line_and_reads_back_as_it_was() {
        for (name, report) in sample::all() {
            let mut bytes = Vec::new();
            write(&report, &Style::default(), &mut bytes).expect("written");
            let text = String::from_utf8(bytes).expect("UTF-8");
            assert_eq!(text.lines().count(), 1, "{name}");
            let again: Report = serde_json::from_str(&text).expect("own output");
            assert_eq!(again, report, "{name}");
        }
    }

    #[test]
    fn the_first_keys_are_those_of_openclaw_in_its_order() {
        let mut bytes = Vec::new();
        write(&sample::engine_down(), &Style::default(), &mut bytes).expect("written");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(
            text.starts_with(r#"{"schemaVersion":1,"ok":false,"checksRun":"#),
            "{text}"
        );
        assert!(text.contains(
            r#""findings":[{"checkId":"clawdoctor/docker/running","severity":"error","message":"#
        ));
        assert!(
            !text.contains(r#""rc":"#),
            "a key `rc` would fail an Ansible task"
        );
    }
}
