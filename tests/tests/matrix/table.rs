//! The report: `tests/FAULTS.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use crate::cells::{self, Cell};
use crate::faults::Fault;
use crate::ground::Report;
use crate::person::End;
use crate::steps::Work;

const OPENING: &str = "\
# What every fault comes to

Written by `tests/tests/matrix` (`CONJOIN_UPDATE=1 cargo test -p conjoin-tests --test matrix`), which runs every cell through the built program and fails when this file
says otherwise. A row is a request that the host makes of the tenant once the person has agreed; a column is what strikes it.

In every cell is also asserted: no value is lost and no array doubled; the page at the preview's address and the account page tell the same end; the journal has nothing
left to do; `/healthz` answered all the while; when everything else has run, all of it is still so.

";

const ENDS: &str = "\
| in a cell | means |
|---|---|
| linked | one account, both bags merged exactly once |
| as before | two accounts, each with its own bags as before |
| separated | two accounts again, each with its own bags |
| still linked | one account as before the unlink |
| not begun | as before, and the preview still waits: agreeing once more, with the fault gone, does it |
| · | no fault of its own: a read and a token have no effect that could be lost or late |
";

impl End {
    fn word(self) -> &'static str {
        match self {
            Self::Linked => "linked",
            Self::AsBefore => "as before",
            Self::NotBegun => "not begun",
            Self::Separated => "separated",
            Self::StillLinked => "still linked",
        }
    }
}

/// For whoever runs it: the report when everything ran, otherwise line by line.
pub fn summary(reports: &[Report], everything: bool, took: Duration) -> String {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, end) in reports {
        *ends.entry(end.as_ref().map_or("FAILED", |end| end.word())).or_default() += 1;
    }
    let lines = || {
        reports
            .iter()
            .map(|(cell, end)| format!("{}: {end:?}\n", cell.name()))
            .collect()
    };
    let text: String = if everything { markdown(reports) } else { lines() };
    format!("{text}\n{} cells in {} s: {ends:?}", reports.len(), took.as_secs())
}

/// Compares the report with the committed one, or writes it.
pub fn compare(reports: &[Report]) {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("FAULTS.md");
    let measured = markdown(reports);
    if std::env::var_os("CONJOIN_UPDATE").is_some() {
        std::fs::write(&file, measured).expect("the report can be written");
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let differing: Vec<String> = measured
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
        .map(str::to_owned)
        .collect();
    assert!(
        committed == measured,
        "tests/FAULTS.md says otherwise; measured was:\n{}",
        differing.join("\n")
    );
}

fn markdown(reports: &[Report]) -> String {
    let mut text = OPENING.to_owned();
    text.push_str(ENDS);
    text.push_str("\n| column | means |\n|---|---|\n");
    for fault in Fault::ALL {
        writeln!(text, "| {} | {} |", fault.name(), fault.meaning()).expect("text takes text");
    }
    for work in Work::ALL {
        let head = std::iter::once("step".to_owned()).chain(Fault::ALL.map(Fault::name));
        let mut rows: Vec<Vec<String>> = vec![head.collect()];
        for step in work.steps() {
            let of = |fault: Fault| {
                let this = |cell: &Cell| cell.work == work && cell.step == step && cell.fault == fault;
                cell(reports.iter().find(|(cell, _)| this(cell)))
            };
            rows.push(
                std::iter::once(step.title.to_owned())
                    .chain(Fault::ALL.map(of))
                    .collect(),
            );
        }
        write!(text, "\n## {}\n\n{}", work.title(), aligned(&rows)).expect("text takes text");
    }
    let reasons: Vec<String> = cells::all()
        .iter()
        .filter_map(|cell| Some(format!("- `{}` may end either way: {}\n", cell.name(), cell.either()?)))
        .collect();
    if !reasons.is_empty() {
        write!(text, "\n## Where either end is right\n\n{}", reasons.concat()).expect("text takes text");
    }
    text
}

fn cell(report: Option<&Report>) -> String {
    match report {
        None => "·".to_owned(),
        Some((cell, Ok(_))) if cell.either().is_some() => "either".to_owned(),
        Some((_, Ok(end))) => end.word().to_owned(),
        Some((_, Err(_))) => "FAILED".to_owned(),
    }
}

/// A table whose source can be read too.
fn aligned(rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} |"));
        writeln!(text, "|{}", cells.collect::<String>()).expect("text takes text");
        if number == 0 {
            let lines = widths.iter().map(|width| format!("{}|", "-".repeat(width + 2)));
            writeln!(text, "|{}", lines.collect::<String>()).expect("text takes text");
        }
    }
    text
}
