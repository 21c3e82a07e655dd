//! Steps times faults.

use crate::faults::Fault;
use crate::steps::{Step, Work};

/// One step of one work under one fault.
#[derive(Clone, Debug)]
pub struct Cell {
    pub work: Work,
    pub step: Step,
    pub fault: Fault,
    /// Names the cell's people: `c17x`. No such name is the beginning of another.
    pub people: String,
}

/// What running a cell needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Other cells may run beside it: its faults strike its own accounts alone.
    Shared,
    /// Its faults strike the token endpoint, which is everyone's.
    Alone,
    /// The host is killed.
    Killed,
}

impl Way {
    /// On how many grounds such cells are run at once.
    pub fn grounds(self) -> usize {
        match self {
            Self::Alone => 3,
            Self::Killed | Self::Shared => 2,
        }
    }
}

/// Every cell, in the order of the report.
pub fn all() -> Vec<Cell> {
    let mut cells = Vec::new();
    for work in Work::ALL {
        for step in work.steps() {
            for fault in Fault::ALL.into_iter().filter(|fault| fault.concerns(&step)) {
                let people = format!("c{}x", cells.len());
                cells.push(Cell {
                    work,
                    step,
                    fault,
                    people,
                });
            }
        }
    }
    cells
}

impl Cell {
    pub fn name(&self) -> String {
        format!("{}/{}/{}", self.work.name(), self.step.name, self.fault.name())
    }

    pub fn way(&self) -> Way {
        match (self.fault.kills(), self.step.token) {
            (true, _) => Way::Killed,
            (false, true) => Way::Alone,
            (false, false) => Way::Shared,
        }
    }

    /// Why it may end in either of the two ways; which one is then not part of the report.
    pub fn either(&self) -> Option<&'static str> {
        None
    }
}
