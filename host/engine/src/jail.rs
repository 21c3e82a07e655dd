//! Compiling in a child process that limits itself.

use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) use parent::compile;

pub use child::compile_for_parent;
pub use limits::JailLimits;

mod child;
mod ending;
mod limits;
mod order;
mod parent;
mod report;

/// Where components are checked and compiled: a child process for each, which hurts nobody but itself.
///
/// A component of a few kilobytes can make a compiler use gigabytes, or minutes, or crash it; wasmtime does not count that as a fault of its own. What the engine's
/// scan finds is refused for nothing; what it does not find meets the child's limits. In the child: the scan, the comparison with the contract, the compiler, one
/// instantiation and `describe`. The parent does nothing with a component's bytes but count, hash and send them.
///
/// The child is started with an empty environment, standard input and output as the only files of those that this process opened through `std`, and `/` as its folder. It takes from the parent what to do
/// and with what limits, sets them on itself before it reads the component, and answers with a report and the compiled code, of which the parent reads
/// no more than [`JailLimits::artifact_bytes`]. The parent kills it after [`JailLimits::wall_clock`]. However it ends, [`Engine::load`](crate::Engine::load) answers a
/// [`Rejection`](crate::Rejection) that says what happened and what to do.
///
/// # What it is not
/// A jail for resources and crashes, not against an attacker who runs code in it. A component that exploited a memory fault of the compiler would act with the rights
/// of the host's user in the child, and could answer compiled code of its choice, which the parent would then run. Such a fault is a vulnerability
/// that wasmtime's security process covers; keep to its patch releases. The parent does what it can: it takes code only from the pipe of a child that it started
/// itself, from this program, and never from a path or a name that an upload could choose.
///
/// # The program
/// The child is any program that calls [`compile_for_parent`] and was built with the same version of this crate, normally the embedding program itself:
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use conjoin_engine::{Engine, EngineConfig, Jail, compile_for_parent};
///
/// fn main() -> ExitCode {
///     // Before anything else: threads, files and logs of the program have no business in the child.
///     if std::env::args().nth(1).as_deref() == Some("compile-policy") {
///         return compile_for_parent();
///     }
///     let jail = Jail::own_program().argument("compile-policy");
///     let engine = Engine::new(EngineConfig::default().jail(jail));
///     # let _ = engine;
///     ExitCode::SUCCESS
/// }
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct Jail {
    program: PathBuf,
    arguments: Vec<OsString>,
    compiled: JailLimits,
    interpreter: JailLimits,
}

impl Jail {
    /// Runs `program` as the child.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            compiled: JailLimits::COMPILED,
            interpreter: JailLimits::INTERPRETER,
        }
    }

    /// Runs the program that calls this: on Linux the very file that runs, also when another one was installed in its place.
    pub fn own_program() -> Self {
        let linux = PathBuf::from("/proc/self/exe");
        if linux.exists() {
            return Self::new(linux);
        }
        Self::new(std::env::current_exe().unwrap_or(linux))
    }

    /// Adds an argument, by which the program knows that it is the child.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// What the compiling of one component may cost: of at most 1 MiB ([`JailLimits::COMPILED`] by default), and of more ([`JailLimits::INTERPRETER`]).
    pub fn limits(mut self, compiled: JailLimits, interpreter: JailLimits) -> Self {
        self.compiled = compiled;
        self.interpreter = interpreter;
        self
    }

    fn limits_for(&self, component_bytes: usize) -> JailLimits {
        if component_bytes > crate::scan::INTERPRETER_BYTES {
            self.interpreter
        } else {
            self.compiled
        }
    }
}
