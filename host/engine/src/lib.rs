//! Loads and runs Conjoin policies: WebAssembly components that decide which accounts of a person are joined and how.
//!
//! What lives here: the check of a component against the contract (`wit/policy.wit`), the virtual system around it, and each call in a fresh instance
//! under limits of fuel, time, memory, tables, output and log. What may not: HTTP, SQL, Auth0, and any opinion about whether an answer is *right*.
//! A policy's answer is well-typed and bounded, nothing more; the caller narrows it to what it allows.
//!
//! ```no_run
//! use conjoin_engine::{Engine, EngineConfig, Limits};
//!
//! let engine = Engine::new(EngineConfig::default())?;
//! let policy = engine.load(&std::fs::read("policy.wasm")?)?;
//! println!("{} {}", policy.description().name, policy.digest());
//! # let (event, primary, secondary) = todo!();
//! let decision = policy.merge(&event, &primary, &secondary, &Limits::default());
//! match decision.outcome {
//!     Ok(plan) => println!("{} for {:?} fuel", plan.user_metadata, decision.usage.fuel),
//!     Err(ending) => println!("not linked: {ending}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Invariants
//! - A fresh instance for every call; nothing a policy stores survives its return.
//! - The same component, input and limits give the same answer and the same fuel. Only [`Ending::DeadlineExceeded`] and [`Ending::Internal`]
//!   depend on anything else.
//! - No decision rests on the text of an error. Every ending is a variant of [`Ending`].
//! - A policy can reach no file, no network, no real clock, no real chance.
//! - Nothing here panics on what a component is or does.
//! - Compiled code is loaded only where this host made it and nobody else could have changed it. `artifact` is the only module with `unsafe` code.
//!
//! # Uploads
//! Loading a stranger's component is more dangerous than running it: compilers have no limits. A host that takes uploads gives its engine a [`Jail`], in which each
//! component is checked and compiled by a child process that limits itself, and an [`ArtifactCache`], so that it compiles once. `examples/jailed.rs` is such a host.
//!
//! # Measured
//! Through the crate `metrics`, where a recorder is installed: `conjoin_policy_compile_seconds` by `outcome` (`compiled`, `cached`, `refused`, `failed`),
//! `conjoin_policy_slots_in_use` and `conjoin_policy_slots_waiting`, and `conjoin_policy_code_bytes` of policies whose code can go.
//!
//! # Many policies
//! [`Engine::load`] holds a policy's code for as long as somebody has the policy. For thousands of tenants, [`Engine::load_with_source`] and [`Engine::known`] give policies
//! whose code is in memory while there is room ([`EngineConfig::code_bytes`]), and is had again when it is called.
//!
//! # Reading order
//! `engine` (load), `resident` (whose code is in memory), `jail` (the child process), `scan` and `gate` (what is refused before a compiler runs), `artifact` and `cache` (compiled code), `policy` (the
//! hooks), `call` (one call), `classify` and `ending` (how it ended), `host` and `wasi` (what a guest may import), `limits`, `config`.

mod artifact;
mod cache;
mod call;
mod chance;
mod classify;
mod config;
mod contract;
mod description;
mod digest;
mod ending;
mod engine;
mod gate;
mod host;
mod jail;
mod limiter;
mod limits;
mod loaded;
mod log;
mod measured;
mod policy;
mod rejection;
mod remedy;
mod resident;
mod scan;
mod slots;
mod state;
mod stop;
mod ticker;
mod wasi;

pub use cache::ArtifactCache;
pub use call::{Decision, Usage};
pub use config::{CODE_BYTES, EngineConfig, EngineError, MAX_COMPONENT_BYTES};
pub use contract::{Account, Candidate, Description, Event, Identity, Plan, Reason, Refusal, Side, Suggestion};
pub use digest::{InvalidDigest, PolicyDigest};
pub use ending::{Ending, TrapKind};
pub use engine::Engine;
pub use jail::{Jail, JailLimits, compile_for_parent};
pub use limits::{InvalidLimit, Limits, LimitsBuilder};
pub use log::{DecisionLog, LogEntry, LogLevel};
pub use policy::{Policy, Source};
pub use rejection::{Finding, Rejection, RejectionReason, is_mark};
