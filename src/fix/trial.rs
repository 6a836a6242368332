//! Repairs for the tests of this room.

use super::repair::Repair;
use crate::checklist::check::Risk;

pub fn repair(id: &str, risk: Risk) -> Repair {
    Repair {
        id: id.to_owned(),
        check: id.to_owned(),
        also: Vec::new(),
        title: "mend it".to_owned(),
        findings: Vec::new(),
        risk,
        cost: String::new(),
        undo: None,
        needs: Vec::new(),
        only_named: false,
        restart: None,
        steps: Vec::new(),
    }
}
