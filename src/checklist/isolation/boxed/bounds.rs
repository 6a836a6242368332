//! What a sandbox reaches and what it may use up.

use super::{Look, limits};
use crate::checklist::isolation::Point;
use crate::checklist::judge::open_door;
use crate::checklist::verdict::Status;
use crate::drift::network;
use crate::facts::sandbox::Inside;
use crate::units::Size;

impl Look<'_> {
    pub(super) fn network(&self) -> Vec<Point> {
        // Docker calls its default network by two names.
        let network = network(&self.docker().network);
        let network = network.as_str();
        let key = ["docker/network"];
        let mut points = vec![match network {
            "none" => self.set(Status::Pass, "network none: offline by policy", &key),
            "host" => self.set(
                Status::Fail,
                "network host: the host's own, loopback and all",
                &key,
            ),
            joined if joined.starts_with("container:") => self.set(
                Status::Fail,
                format!("the network of another container: {joined}"),
                &key,
            ),
            other => self.set(
                Status::Pass,
                format!("network {other}: what the engine routes from it is in reach"),
                &key,
            ),
        }];
        // A probe that did not start is told with the tools.
        if let Ok((base, inside)) = self.probe() {
            points.extend(if network == "none" {
                self.offline(&base, inside)
            } else {
                self.reached(&base, inside)
            });
        }
        points
    }

    fn offline(&self, base: &str, inside: &Inside) -> Vec<Point> {
        let pointer = format!("{base}/interfaces");
        let what = "which interfaces it has";
        let point = self.found(what, &inside.interfaces, &pointer, |interfaces| {
            Some(if interfaces.is_empty() {
                Point::new(Status::Pass, "found inside: loopback alone")
            } else {
                let text = format!(
                    "found inside although it is offline: {}",
                    interfaces.join(", ")
                );
                Point::new(Status::Fail, text)
            })
        });
        point.into_iter().collect()
    }

    fn reached(&self, base: &str, inside: &Inside) -> Vec<Point> {
        let pointer = format!("{base}/reached");
        let reached = match inside.reached.get() {
            Ok(reached) => reached,
            Err(why) => {
                let point = Point::unknown("what it reaches", &why);
                return vec![point.evidence(self.snapshot.at(pointer))];
            }
        };
        let mut points = Vec::new();
        for (index, one) in reached.iter().enumerate() {
            if let Some(complaint) = open_door(inside, one) {
                let pointer = format!("{base}/reached/known/{index}");
                points.push(Point::of(&complaint).evidence(self.snapshot.at(pointer)));
            }
        }
        if points.is_empty() && !reached.is_empty() {
            let tried: Vec<&str> = reached.iter().map(|one| one.address.as_str()).collect();
            let text = format!(
                "tried from inside, and as it should be: {}",
                tried.join(", ")
            );
            points.push(Point::new(Status::Pass, text).evidence(self.snapshot.at(pointer)));
        }
        points
    }

    pub(super) fn limits(&self) -> Vec<Point> {
        let docker = self.docker();
        let mut points = Vec::new();
        points.push(match docker.memory {
            Some(memory) => {
                let swap = match docker.memory_swap {
                    Some(swap) if u64::try_from(swap) == Ok(memory) => "no swap".to_owned(),
                    Some(swap) if swap < 0 => "swap without limit".to_owned(),
                    Some(swap) => match u64::try_from(swap) {
                        Ok(swap) => format!("with swap {}", Size(swap)),
                        Err(_) => "swap without limit".to_owned(),
                    },
                    None => "as much again in swap".to_owned(),
                };
                let text = format!("memory {} ({swap})", Size(memory));
                self.set(Status::Pass, text, &["docker/memory", "docker/memory-swap"])
            }
            None => self.unlimited("memory", "docker/memory"),
        });
        points.push(match docker.cpus {
            Some(cpus) => self.set(Status::Pass, format!("{cpus} CPU"), &["docker/cpus"]),
            None => self.unlimited("processor time", "docker/cpus"),
        });
        points.push(match docker.pids_limit.filter(|pids| *pids > 0) {
            Some(pids) => {
                let text = format!("{pids} processes");
                self.set(Status::Pass, text, &["docker/pids-limit"])
            }
            None => self.unlimited("processes", "docker/pids-limit"),
        });
        points.extend(self.held());
        points
    }

    fn unlimited(&self, what: &str, key: &str) -> Point {
        let text = format!("no limit on {what}: one call can take it all");
        let point = self.set(Status::Warn, text, &[key]);
        point.hint("clawdoctor fix openclaw/limits")
    }

    /// The limits in force, as the probe read them.
    fn held(&self) -> Option<Point> {
        let (base, inside) = self.probe().ok()?;
        let confinement = inside.confinement.get().ok()?;
        let pids = confinement
            .pids_limit
            .and_then(|pids| i64::try_from(pids).ok());
        let text = limits(confinement.memory_limit, confinement.cpus, pids);
        if text == "none" {
            return None;
        }
        let text = format!("found inside: {text}");
        let pointer = format!("{base}/confinement/known");
        Some(Point::new(Status::Pass, text).evidence(self.snapshot.at(pointer)))
    }
}
