//! The pieces that the text report is laid out with: painted lines, hanging entries, paragraphs.

use std::io;

use super::words::product;
use crate::checklist::report::Report;
use crate::report::style::{Role, Style};
use crate::report::wrap::{columns, cut, pad, wrap};

/// Columns of the words before a detail: `seen`, `want`, `fix`, `more`.
pub const LABEL: usize = 6;

/// Where the report is written, and how.
pub struct Page<'a> {
    pub style: &'a Style,
    out: &'a mut dyn io::Write,
    gap: bool,
}

impl<'a> Page<'a> {
    pub fn new(style: &'a Style, out: &'a mut dyn io::Write) -> Self {
        Self {
            style,
            out,
            gap: false,
        }
    }
}

impl Page<'_> {
    /// The next piece stands apart from what was written.
    pub fn gap_after(&mut self) {
        self.gap = true;
    }

    /// Begins a piece: an empty line if the one before asked for it.
    pub fn gap(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.gap) {
            self.line("")?;
        }
        Ok(())
    }

    pub fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    pub fn paint(&self, role: Role, text: &str) -> String {
        self.style.paint(role, text)
    }

    /// Where details begin: below the text of a check's own line.
    pub fn indent(&self) -> usize {
        2 + self.style.mark_width() + 1
    }

    /// Text broken into lines, all of them indented.
    pub fn paragraph(&mut self, indent: usize, text: &str, role: Role) -> io::Result<()> {
        for line in wrap(text, self.style.width.saturating_sub(indent)) {
            let line = self.paint(role, &line);
            self.line(&format!("{}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }

    /// A word and what belongs to it, hanging.
    pub fn entry(&mut self, indent: usize, label: &str, text: &str, role: Role) -> io::Result<()> {
        let gap = LABEL.max(columns(label) + 1);
        let lines = wrap(text, self.style.width.saturating_sub(indent + gap));
        for (index, line) in lines.iter().enumerate() {
            let label = pad(if index == 0 { label } else { "" }, gap);
            let label = self.paint(Role::Muted, &label);
            let line = self.paint(role, line);
            self.line(&format!("{}{label}{line}", " ".repeat(indent)))?;
        }
        Ok(())
    }

    pub fn header(&mut self, report: &Report) -> io::Result<()> {
        let node = &report.node;
        let versioned = |name: &str, version: &Option<String>| match version {
            Some(version) => format!("{name} {version}"),
            None => name.to_owned(),
        };
        let mut parts = vec![format!("clawdoctor {}", report.tool.version)];
        if !node.id.is_empty() {
            parts.push(node.id.clone());
        }
        if let Some(os) = &node.os {
            let os = versioned(product(os), &node.os_version);
            parts.push(match &node.arch {
                Some(arch) => format!("{os} ({arch})"),
                None => os,
            });
        }
        if let Some(runtime) = &node.runtime {
            parts.push(versioned(product(runtime), &node.runtime_version));
        }
        if let Some(version) = &node.openclaw_version {
            parts.push(format!("OpenClaw {version}"));
        }
        let separator = self.style.separator();
        let mut lines: Vec<String> = Vec::new();
        for part in parts {
            let part = cut(&part, self.style.width, self.style.ascii);
            match lines.last_mut() {
                Some(line)
                    if columns(line) + columns(separator) + columns(&part) <= self.style.width =>
                {
                    line.push_str(separator);
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
        for (index, line) in lines.iter().enumerate() {
            let role = if index == 0 { Role::Title } else { Role::Muted };
            let line = self.paint(role, line);
            self.line(&line)?;
        }
        Ok(())
    }
}
