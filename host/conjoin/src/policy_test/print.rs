//! The report as a person reads it.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use conjoin_linking::conformance::{ItemReport, Verdict};

use super::diff::{self, Kind};
use super::report::{CaseReport, Cost, Most, Problem, TestReport};
use crate::operate::print::plain;

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();
const EXPECTED: Style = AnsiColor::Green.on_default();
const ACTUAL: Style = AnsiColor::Red.on_default();

/// Writes everything: a line for each case and item, and beneath those that failed, why.
pub(super) fn report(output: &mut impl Write, report: &TestReport) -> io::Result<()> {
    let digest = report.digest.get(..12).unwrap_or_default();
    writeln!(
        output,
        "{} {} ({digest})",
        plain(&report.policy),
        plain(&report.version)
    )?;
    let names = report.cases.iter().map(|case| case.name.as_str());
    let names = names.chain(report.conformance.items.iter().map(|item| item.name));
    let width = names.map(|name| name.chars().count()).max().unwrap_or_default();
    heading(output, "cases", width)?;
    if report.cases.is_empty() {
        writeln!(output, "  none: give their folder with --cases")?;
    }
    for case in &report.cases {
        one_case(output, case, &report.limits, width)?;
    }
    heading(output, "conformance", width)?;
    for item in &report.conformance.items {
        one_item(output, item, &report.limits, width)?;
    }
    summary(output, report)
}

fn heading(output: &mut impl Write, title: &str, width: usize) -> io::Result<()> {
    let rest = width + 8 - title.len();
    writeln!(
        output,
        "\n{title}{:rest$}{QUIET}{:>16} of limit {:>10} of limit {:>9} of limit{QUIET:#}",
        "", "fuel", "ms", "MiB"
    )
}

fn one_case(output: &mut impl Write, case: &CaseReport, limits: &Most, width: usize) -> io::Result<()> {
    let (style, mark) = if case.passed { (GOOD, "ok") } else { (BAD, "FAIL") };
    let name = plain(&case.name);
    let cost = case.cost.map_or_else(String::new, |cost| figures(&cost, limits));
    writeln!(output, "  {style}{mark:<4}{style:#}  {name:<width$}{cost}")?;
    let Some(problem) = &case.problem else {
        return Ok(());
    };
    if let Some(about) = &case.about {
        writeln!(output, "        {QUIET}{}{QUIET:#}", plain(about))?;
    }
    match problem {
        Problem::Error { error } => writeln!(output, "        {}", plain(error))?,
        Problem::Mismatch {
            expected,
            actual,
            detail,
        } => {
            if let Some(detail) = detail {
                writeln!(output, "        {}", plain(detail))?;
            }
            writeln!(
                output,
                "        {EXPECTED}- expected{EXPECTED:#}  {ACTUAL}+ answered{ACTUAL:#}"
            )?;
            for line in diff::lines(expected, actual) {
                difference(output, &line)?;
            }
        }
    }
    for entry in &case.log {
        writeln!(output, "        {QUIET}log: {}{QUIET:#}", plain(&entry.message))?;
    }
    Ok(())
}

fn difference(output: &mut impl Write, line: &diff::Line) -> io::Result<()> {
    let text = plain(&line.text);
    match line.kind {
        Kind::Expected => writeln!(output, "        {EXPECTED}- {text}{EXPECTED:#}"),
        Kind::Actual => writeln!(output, "        {ACTUAL}+ {text}{ACTUAL:#}"),
        Kind::Both => writeln!(output, "          {text}"),
        Kind::Gap => writeln!(output, "        {QUIET}{text}{QUIET:#}"),
    }
}

fn one_item(output: &mut impl Write, item: &ItemReport, limits: &Most, width: usize) -> io::Result<()> {
    let (style, mark) = match item.verdict {
        Verdict::Passed => (GOOD, "ok"),
        Verdict::Failed { .. } => (BAD, "FAIL"),
        Verdict::NotApplicable { .. } => (QUIET, "n/a"),
    };
    let cost = Cost {
        fuel: Some(item.cost.fuel),
        micros: item.cost.micros,
        memory_bytes: item.cost.memory_bytes,
    };
    let cost = figures(&cost, limits);
    writeln!(output, "  {style}{mark:<4}{style:#}  {:<width$}{cost}", item.name)?;
    match &item.verdict {
        Verdict::Passed => Ok(()),
        Verdict::NotApplicable { why } => writeln!(output, "        {QUIET}{}{QUIET:#}", plain(why)),
        Verdict::Failed { why } => {
            writeln!(output, "        {QUIET}{}{QUIET:#}", item.checks)?;
            why.iter()
                .try_for_each(|why| writeln!(output, "        {}", plain(why)))
        }
    }
}

fn summary(output: &mut impl Write, report: &TestReport) -> io::Result<()> {
    let met = report.cases.iter().filter(|case| case.passed).count();
    let items = &report.conformance.items;
    let of_kind = |kind: fn(&Verdict) -> bool| items.iter().filter(|item| kind(&item.verdict)).count();
    let passed = of_kind(|verdict| matches!(verdict, Verdict::Passed));
    let skipped = of_kind(|verdict| matches!(verdict, Verdict::NotApplicable { .. }));
    let failed = of_kind(Verdict::is_failure);
    let (style, word) = if report.passed {
        (GOOD, "passed")
    } else {
        (BAD, "failed")
    };
    writeln!(
        output,
        "\n{style}{word}{style:#}: {met} of {} cases met; conformance: {passed} passed, {failed} failed, {skipped} not applicable",
        report.cases.len(),
    )
}

/// Each figure beside its part of the limit.
fn figures(cost: &Cost, limits: &Most) -> String {
    let fuel = cost.fuel.map_or_else(|| "?".to_owned(), grouped);
    let milliseconds = micros_as_ms(cost.micros);
    let mebibytes = to_float(cost.memory_bytes) / f64::from(1 << 20);
    format!(
        "  {fuel:>16} {} {milliseconds:>10.2} {} {mebibytes:>9.2} {}",
        part(cost.fuel, limits.fuel),
        part(Some(cost.micros), limits.micros),
        part(Some(cost.memory_bytes), limits.memory_bytes),
    )
}

fn micros_as_ms(micros: u64) -> f64 {
    to_float(micros) / 1_000.0
}

fn part(of: Option<u64>, limit: u64) -> String {
    match of {
        Some(of) => format!("{:>6.1} %", 100.0 * to_float(of) / to_float(limit.max(1))),
        None => format!("{:>8}", ""),
    }
}

/// Figures for people: beyond 2^53 the last digits do not matter.
fn to_float(number: u64) -> f64 {
    number as f64
}

/// `12,345,678`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        let numbers = [0, 999, 1_000, 12_345_678].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "12,345,678"]);
    }
}
