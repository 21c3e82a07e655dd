//! Why a component is not loaded: a report for the platform engineer who built it.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use crate::ending::Ending;
use crate::log::DecisionLog;
use crate::remedy::{HOST_REMEDY, SMALLER_REMEDY, Toolchain, UNEXPECTED_REMEDY, describe_remedy};

/// The most findings in one report; a component that is wrong everywhere need not say so a thousand times.
const MAX_FINDINGS: usize = 20;
/// The longest text of somebody else's (the component's, wasmtime's) that a finding repeats.
const MAX_QUOTE: usize = 600;
/// Longer than any remedy: the one for all three toolchains has some 400.
const MAX_REMEDY: usize = 1_000;

/// Why a component is not loaded. Prints as a report, serialises as `{reason, findings: [{item, problem, remedy}]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Told")]
pub struct Rejection {
    reason: RejectionReason,
    findings: Vec<Finding>,
}

/// At which check a component failed, in the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RejectionReason {
    /// It has more bytes than the engine accepts.
    TooLarge,
    /// The bytes are no WebAssembly component: another file, a core module, WebAssembly text.
    NotAComponent,
    /// Compiling or instantiating it could cost more than a policy may: too many modules, functions, memories.
    Excessive,
    /// It is not valid WebAssembly, or uses a proposal that policies may not use.
    Invalid,
    /// Its imports, exports or types are not the contract's.
    ContractMismatch,
    /// The compiler refused it.
    NotCompiled,
    /// Compiling it, or running it once, took more memory than the jail gives.
    CompileMemory,
    /// Compiling it took more processor time than the jail gives.
    CompileTime,
    /// Compiling it took longer than the jail lives: too costly, or a busy host.
    CompileDeadline,
    /// The process that compiled it crashed.
    CompileCrashed,
    /// The process that compiled it answered what is no report.
    CompileGarbled,
    /// The host cannot compile at present; nothing is known of the component.
    CompileUnavailable,
    /// `describe` gave no answer.
    DescribeFailed,
    /// `describe` answered something a description may not be.
    Description,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about: an import's name, a path into a type, a part of the file.
    pub item: String,
    /// What is wrong and why it matters.
    pub problem: String,
    /// What to do, for the language the component was built from where that is known.
    pub remedy: String,
}

impl Rejection {
    pub(crate) fn new(reason: RejectionReason, mut findings: Vec<Finding>) -> Self {
        findings.truncate(MAX_FINDINGS);
        Self { reason, findings }
    }

    pub(crate) fn single(reason: RejectionReason, item: &str, problem: impl Into<String>, remedy: &str) -> Self {
        Self::new(reason, vec![Finding::new(item, problem, remedy)])
    }

    pub(crate) fn compiler(error: &wasmtime::Error) -> Self {
        if error.is::<wasmtime::OutOfMemory>() {
            let problem = "compiling it takes more memory than there is";
            return Self::single(RejectionReason::CompileMemory, "compiling", problem, SMALLER_REMEDY);
        }
        let remedy = "build it again with a current toolchain; if it is refused still, report the component";
        Self::single(RejectionReason::NotCompiled, "component", format!("{error:#}"), remedy)
    }

    pub(crate) fn compiler_panic() -> Self {
        let problem = "the compiler panicked";
        Self::single(RejectionReason::NotCompiled, "component", problem, UNEXPECTED_REMEDY)
    }

    /// The host cannot compile at present.
    pub(crate) fn unavailable(error: &dyn std::error::Error) -> Self {
        let problem = format!("the process that compiles it cannot be run: {error}");
        Self::single(RejectionReason::CompileUnavailable, "compiling", problem, HOST_REMEDY)
    }

    pub(crate) fn describe(ending: &Ending, log: &DecisionLog, toolchain: Toolchain) -> Self {
        // A component whose types differ where no earlier check looks shows it here, and is no failure of `describe`.
        let reason = match ending {
            Ending::ContractMismatch(_) => RejectionReason::ContractMismatch,
            _ => RejectionReason::DescribeFailed,
        };
        let said = log
            .entries
            .last()
            .map(|entry| format!("; its last words: {}", entry.message))
            .unwrap_or_default();
        let problem = format!("{} ({}){said}", ending, ending.code());
        Self::single(
            reason,
            "conjoin:policy/hooks: describe",
            problem,
            &describe_remedy(toolchain),
        )
    }

    /// At which check it failed.
    pub fn reason(&self) -> RejectionReason {
        self.reason
    }

    /// What is wrong: at least one entry, at most twenty.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// A rejection as another process tells it: as bounded as one made here, or none.
#[derive(Deserialize)]
#[serde(rename = "Rejection")]
struct Told {
    reason: String,
    findings: Vec<Finding>,
}

impl TryFrom<Told> for Rejection {
    type Error = &'static str;

    fn try_from(told: Told) -> Result<Self, Self::Error> {
        let reason = RejectionReason::ALL
            .into_iter()
            .find(|reason| reason.code() == told.reason)
            .ok_or("unknown reason")?;
        if told.findings.is_empty() {
            return Err("no findings");
        }
        let cut = |finding: Finding| Finding::new(finding.item, finding.problem, finding.remedy);
        Ok(Self::new(reason, told.findings.into_iter().map(cut).collect()))
    }
}

impl RejectionReason {
    const ALL: [Self; 14] = [
        Self::TooLarge,
        Self::NotAComponent,
        Self::Excessive,
        Self::Invalid,
        Self::ContractMismatch,
        Self::NotCompiled,
        Self::CompileMemory,
        Self::CompileTime,
        Self::CompileDeadline,
        Self::CompileCrashed,
        Self::CompileGarbled,
        Self::CompileUnavailable,
        Self::DescribeFailed,
        Self::Description,
    ];

    /// The reason's name in records and in JSON. Stable.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NotAComponent => "not-a-component",
            Self::Excessive => "excessive",
            Self::Invalid => "invalid",
            Self::ContractMismatch => "contract-mismatch",
            Self::NotCompiled => "not-compiled",
            Self::CompileMemory => "compile-memory",
            Self::CompileTime => "compile-time",
            Self::CompileDeadline => "compile-deadline",
            Self::CompileCrashed => "compile-crashed",
            Self::CompileGarbled => "compile-garbled",
            Self::CompileUnavailable => "compile-unavailable",
            Self::DescribeFailed => "describe-failed",
            Self::Description => "description",
        }
    }
}

impl Serialize for RejectionReason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Finding {
    pub(crate) fn new(item: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            item: cut(item.into(), MAX_QUOTE),
            problem: cut(problem.into(), MAX_QUOTE),
            remedy: cut(remedy.into(), MAX_REMEDY),
        }
    }
}

/// To a terminal, control characters are commands; in a log, a line's end begins somebody else's line.
fn cut(text: String, most: usize) -> String {
    let mut text = text.replace(|character: char| character.is_control() || is_mark(character), " ");
    text.truncate(text.floor_char_boundary(most));
    text
}

/// Marks of direction, and others that are not seen: they make text read as what it is not.
pub fn is_mark(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

impl std::error::Error for Rejection {}

impl fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the component is refused ({})", self.reason.code())?;
        for Finding { item, problem, remedy } in &self.findings {
            write!(formatter, "\n- {item}: {problem}\n  remedy: {remedy}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_reads_as_text_and_as_json() {
        let rejection = Rejection::single(RejectionReason::TooLarge, "file", "it has 3 bytes", "use fewer");
        assert_eq!(
            rejection.to_string(),
            "the component is refused (too-large)\n- file: it has 3 bytes\n  remedy: use fewer"
        );
        assert_eq!(
            serde_json::to_value(&rejection).unwrap(),
            serde_json::json!({
                "reason": "too-large",
                "findings": [{"item": "file", "problem": "it has 3 bytes", "remedy": "use fewer"}],
            })
        );
    }

    #[test]
    fn a_report_stays_readable_whatever_the_component_holds() {
        let findings = vec![Finding::new("é".repeat(10_000), "é".repeat(10_000), ""); 100];
        assert!(Rejection::new(RejectionReason::Invalid, findings).to_string().len() < 30_000);
    }
}
