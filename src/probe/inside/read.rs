//! What the probe's script wrote, as types. Pure. The output is hostile: an image can print
//! anything before, between and instead of our lines, so only lines with this run's token count,
//! their number and length are bounded, and every text is washed.

use std::collections::BTreeMap;

use super::script::Look;
use crate::facts::host::Disk;
use crate::facts::sandbox::{
    Access, Answer, Confinement, ConnectResult, Ids, NameAnswer, Reached, Resolver, Tool,
};
use crate::facts::{Reading, Why, WhyKind};
use crate::text::wash;

/// Most bytes of output that are kept; no honest report comes near.
const MOST: usize = 64 << 10;
/// Most bytes of foreign output that are kept for the message of a failure.
const MOST_NOISE: usize = 2 << 10;
const LONGEST: usize = 300;
const FROM: &str = "from inside the probe container";

/// Output as it comes, cut into lines.
pub struct Script {
    token: String,
    partial: BTreeMap<bool, Vec<u8>>,
    kept: usize,
    lines: Vec<Vec<String>>,
    noise: String,
    end: Option<By>,
}

/// Who reported: a shell gets less far than python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Python,
    Shell,
}

impl Script {
    pub fn new(token: &str) -> Self {
        Self {
            token: token.to_owned(),
            partial: BTreeMap::new(),
            kept: 0,
            lines: Vec::new(),
            noise: String::new(),
            end: None,
        }
    }

    /// Takes the next piece of one of the two streams.
    pub fn take(&mut self, stderr: bool, bytes: &[u8]) {
        let room = MOST.saturating_sub(self.kept).min(bytes.len());
        self.kept += room;
        let mut buffer = self.partial.remove(&stderr).unwrap_or_default();
        buffer.extend_from_slice(&bytes[..room]);
        while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
            let rest = buffer.split_off(end + 1);
            self.line(stderr, &buffer);
            buffer = rest;
        }
        self.partial.insert(stderr, buffer);
    }

    fn line(&mut self, stderr: bool, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        let ours = line
            .strip_prefix(&self.token)
            .and_then(|rest| rest.strip_prefix('\t'));
        let Some(fields) = ours.filter(|_| !stderr) else {
            if self.noise.len() + line.len() < MOST_NOISE {
                self.noise.push_str(line);
                self.noise.push('\n');
            }
            return;
        };
        let fields: Vec<String> = fields.split('\t').map(str::to_owned).collect();
        if fields[0] == "end" {
            self.end = Some(match fields.get(1).map(String::as_str) {
                Some("python") => By::Python,
                _ => By::Shell,
            });
        }
        self.lines.push(fields);
    }

    /// The script runs: its first line came.
    pub fn is_ready(&self) -> bool {
        !self.lines.is_empty()
    }

    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// No more will be kept.
    pub fn is_full(&self) -> bool {
        self.kept >= MOST
    }

    /// What the image wrote by itself, for the message of a failure.
    pub fn noise(&self) -> String {
        let mut noise = self.noise.clone();
        for rest in self.partial.values() {
            noise.push_str(&String::from_utf8_lossy(
                &rest[..rest.len().min(MOST_NOISE)],
            ));
        }
        wash(&noise, LONGEST)
    }

    fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a [String]> {
        self.lines
            .iter()
            .filter(move |line| line[0] == key)
            .map(|line| &line[1..])
    }

    /// The last line of this key about this thing to look at.
    fn about<'a>(&'a self, key: &'a str, place: usize) -> Option<&'a [String]> {
        let place = (place + 1).to_string();
        self.all(key)
            .filter(|fields| fields.first() == Some(&place))
            .last()
            .map(|fields| &fields[1..])
    }

    fn missing(&self, what: &str) -> Why {
        match self.end {
            Some(_) => Why::new(WhyKind::Absent, format!("the probe could not tell {what}")),
            None => Why::new(
                WhyKind::Timeout,
                format!("the probe ended before it told {what}"),
            ),
        }
    }

    fn reading<T>(&self, value: Option<T>, what: &str) -> Reading<T> {
        Reading::from_result(value.ok_or_else(|| self.missing(what)), FROM)
    }

    fn status(&self, key: &str) -> Option<Vec<&str>> {
        self.all("status").find_map(|fields| {
            let mut words = fields.iter().flat_map(|field| field.split_whitespace());
            (words.next() == Some(key)).then(|| words.collect())
        })
    }

    pub fn ids(&self) -> Reading<Ids> {
        let effective = |key: &str| self.status(key)?.get(1)?.parse().ok();
        let ids = effective("Uid:")
            .zip(effective("Gid:"))
            .map(|(uid, gid)| Ids { uid, gid });
        self.reading(ids, "its user")
    }

    pub fn tools(&self, looks: &[Look]) -> Reading<Vec<Tool>> {
        let mut tools = Vec::new();
        for (place, look) in looks.iter().enumerate() {
            let Look::Tool(name) = look else { continue };
            let Some(fields) = self.about("tool", place) else {
                return Reading::Unknown(self.missing(&format!("whether {name} works")));
            };
            let path = fields.get(1).filter(|path| !path.is_empty());
            tools.push(Tool {
                name: name.clone(),
                path: path.map(|path| wash(path, LONGEST)),
                works: fields.first().is_some_and(|said| said == "yes") && path.is_some(),
            });
        }
        Reading::known(tools, FROM)
    }

    /// What was found of the mount in this place: access, error, owner.
    pub fn mount(&self, place: usize) -> (Reading<Access>, Option<String>, Option<String>) {
        let Some(fields) = self.about("mount", place) else {
            return (
                Reading::Unknown(self.missing("what it may do here")),
                None,
                None,
            );
        };
        let found = match fields.first().map(String::as_str) {
            Some("write") => Some(Access::Write),
            Some("read") => Some(Access::Read),
            Some("none") => Some(Access::None),
            _ => None,
        };
        let text = |place: usize| {
            fields
                .get(place)
                .filter(|text| !text.is_empty())
                .map(|text| wash(text, 40))
        };
        (self.reading(found, "what it may do here"), text(1), text(2))
    }

    pub fn root_read_only(&self) -> Reading<bool> {
        let options = self.all("root").filter_map(|fields| fields.first()).last();
        let read_only = options.map(|options| options.split(',').any(|option| option == "ro"));
        self.reading(read_only, "whether its root can be written")
    }

    pub fn confinement(&self) -> Reading<Confinement> {
        let first = |key: &str| self.status(key)?.first().copied();
        let Some(capabilities) = first("CapEff:") else {
            return Reading::Unknown(self.missing("its confinement"));
        };
        let limit = |name: &str| {
            self.all("limit")
                .find(|fields| fields.first().is_some_and(|path| path == name))
                .and_then(|fields| fields.get(1).map(String::as_str))
        };
        let number = |name: &str| limit(name)?.trim().parse::<u64>().ok();
        Reading::known(
            Confinement {
                capabilities: Some(wash(capabilities, 32)),
                no_new_privileges: first("NoNewPrivs:").map(|flag| flag == "1"),
                seccomp: first("Seccomp:").map(|mode| mode != "0"),
                // cgroup v1 has no word for "no limit", but the largest multiple of a page.
                memory_limit: number("memory.max")
                    .or_else(|| number("memory/memory.limit_in_bytes"))
                    .filter(|bytes| *bytes < 1 << 62),
                pids_limit: number("pids.max").or_else(|| number("pids/pids.max")),
                cpus: limit("cpu.max").and_then(quota).or_else(|| {
                    quota(&format!(
                        "{} {}",
                        limit("cpu/cpu.cfs_quota_us")?,
                        limit("cpu/cpu.cfs_period_us")?
                    ))
                }),
            },
            FROM,
        )
    }

    pub fn resolver(&self) -> Reading<Resolver> {
        let mut resolver = Resolver::default();
        for line in self.all("resolv").filter_map(|fields| fields.first()) {
            let mut words = line.split_whitespace().map(|word| wash(word, LONGEST));
            match words.next().as_deref() {
                Some("nameserver") => resolver.nameservers.extend(words.next()),
                Some("search" | "domain") => resolver.search = words.collect(),
                Some("options") => resolver.options.extend(words),
                _ => {}
            }
        }
        let told = self.all("resolver").next().map(|_| resolver);
        self.reading(told, "its resolver configuration")
    }

    pub fn interfaces(&self) -> Reading<Vec<String>> {
        let names = self
            .all("interface")
            .filter_map(|fields| fields.first())
            .map(|name| wash(name, 40))
            .collect();
        let told = self.all("interfaces").next().map(|_| names);
        self.reading(told, "its network interfaces")
    }

    pub fn disk(&self) -> Reading<Disk> {
        let bytes = self
            .all("disk")
            .last()
            .and_then(|fields| Some((fields.first()?.parse().ok()?, fields.get(1)?.parse().ok()?)));
        // `df -P`: file system, 1024-blocks, used, available, capacity, mount point.
        let blocks = || {
            let line = self.all("df").filter_map(|fields| fields.first()).last()?;
            let mut words = line.split_whitespace().skip(1);
            let total: u64 = words.next()?.parse().ok()?;
            let free: u64 = words.nth(1)?.parse().ok()?;
            Some((total.checked_mul(1024)?, free.checked_mul(1024)?))
        };
        let disk = bytes.or_else(blocks).map(|(total, free)| Disk {
            path: "/".to_owned(),
            total,
            free,
        });
        self.reading(disk, "its disk")
    }

    pub fn names(&self, looks: &[Look]) -> Reading<Vec<NameAnswer>> {
        let mut answers = Vec::new();
        for (place, look) in looks.iter().enumerate() {
            let Look::Name(name) = look else { continue };
            let Some(answer) = self
                .about("name", place)
                .and_then(|fields| name_answer(name, fields))
            else {
                return Reading::Unknown(match self.end {
                    Some(By::Shell) => no_python("to ask for names with"),
                    _ => self.missing("how names resolve"),
                });
            };
            answers.push(answer);
        }
        Reading::known(answers, FROM)
    }

    pub fn reached(&self, looks: &[Look]) -> Reading<Vec<Reached>> {
        let mut reached = Vec::new();
        for (place, look) in looks.iter().enumerate() {
            let Look::Way(way) = look else { continue };
            let Some(fields) = self.about("reach", place) else {
                return Reading::Unknown(match self.end {
                    Some(By::Shell) => no_python("to try connections with"),
                    _ => self.missing("what it reaches"),
                });
            };
            let result = match fields.get(1).map(String::as_str) {
                Some("open") => ConnectResult::Open,
                Some("refused") => ConnectResult::Refused,
                Some("timeout") => ConnectResult::Timeout,
                Some("no-name") => ConnectResult::NoName,
                Some("unreachable") => ConnectResult::Unreachable,
                _ => return Reading::Unknown(self.missing("what it reaches")),
            };
            reached.push(Reached {
                address: way.address(fields.first().map_or("", String::as_str)),
                purpose: way.purpose,
                result,
                said: fields
                    .get(2)
                    .filter(|said| !said.trim().is_empty())
                    .map(|said| wash(what_matters(said), 200)),
            });
        }
        Reading::known(reached, FROM)
    }
}

/// Of an HTTP answer that is an engine's: who it says it is.
fn what_matters(said: &str) -> &str {
    said.find("{\"")
        .filter(|_| said.contains("ApiVersion"))
        .map_or(said, |body| &said[body..])
}

fn no_python(what_for: &str) -> Why {
    Why::new(
        WhyKind::Absent,
        format!("the image has no python3 that works {what_for}"),
    )
}

/// `50000 100000` → half a processor; `max …` and -1: no limit.
fn quota(text: &str) -> Option<f64> {
    let (quota, period) = text.split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.trim().parse().ok()?, period.trim().parse().ok()?);
    (quota > 0.0 && period > 0.0).then_some(quota / period)
}

fn name_answer(name: &str, fields: &[String]) -> Option<NameAnswer> {
    let detail = fields.get(2).map_or("", String::as_str);
    let answer = match fields.first()?.as_str() {
        "addresses" => {
            let mut addresses: Vec<String> = Vec::new();
            for address in detail.split_whitespace().map(|one| wash(one, 60)) {
                if !addresses.contains(&address) && addresses.len() < 32 {
                    addresses.push(address);
                }
            }
            Answer::Addresses { addresses }
        }
        "no-name" => Answer::NoSuchName,
        "failure" => Answer::ServerFailure {
            detail: wash(detail, 100),
        },
        "timeout" => Answer::Timeout,
        "unreachable" => Answer::Unreachable {
            detail: wash(detail, 100),
        },
        _ => return None,
    };
    Some(NameAnswer {
        name: name.to_owned(),
        answer,
        milliseconds: fields.get(1).and_then(|ms| ms.parse().ok()).unwrap_or(0),
    })
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
