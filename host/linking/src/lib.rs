//! The heart of Conjoin: joining two accounts of one person, and taking them apart again, with nothing lost.
//!
//! What lives here: which accounts may be offered, what counts as proof, what a policy's answer must satisfy, the plan that a person
//! confirms, and the steps that carry it out. What may not: HTTP serving, SQL, pages, WebAssembly. The crate speaks to the tenant through
//! [`conjoin_auth0`], to policies through [`conjoin_engine`]; and to
//! storage through two ports: [`journal::Journal`] keeps links, [`policies::Policies`] says which policy decides.
//!
//! # Reading order
//! 1. [`tenant`]: what the platform team configures: connections, guards, limits.
//! 2. [`candidates`]: who may be offered, before anyone has proven anything.
//! 3. [`proof`]: when a sign-in proves an account.
//! 4. [`plan`]: from a policy's answer to the value that a person confirms, with its hash and its preview.
//! 5. [`record`] and [`journal`]: one link from request to end, and where it is kept.
//! 6. [`flow`]: request, prove, plan, confirm, in terms of the above.
//! 7. [`link`] and [`unlink`]: the steps after the confirmation, and how they are undone; [`pace`] and [`lease`]: how long they may take and whose they are.
//! 8. [`policies`], [`question`] and [`decide`]: which policy is asked what, and how its answers are compared with another's.
//! 9. [`conformance`]: what every policy must do before it can be activated, judged by the same guards.
//! 10. [`duplicates`]: who has several accounts, for a report.
//! 11. [`audit`] and [`notice`]: what each step leaves behind for the tenant's team, and what it tells others.
//!
//! # Invariants
//! - A policy's answer is never trusted: only [`plan::guard`] turns it into something that can be executed.
//! - Nothing is written to the tenant before both accounts' originals are in the journal.
//! - What was shown is what is executed: [`flow`] compares hashes and accounts, and does not run the policy again.

pub mod audit;
pub mod bag;
pub mod candidates;
pub mod clock;
pub mod conformance;
pub mod contract;
pub mod decide;
pub mod duplicates;
pub mod error;
pub mod flow;
pub mod journal;
pub mod lease;
pub mod link;
pub mod notice;
pub mod pace;
pub mod plan;
pub mod policies;
pub mod proof;
pub mod question;
pub mod record;
pub mod shelf;
pub mod tenant;
pub mod unlink;
mod work;

pub use error::{LinkError, RefusedBy};
