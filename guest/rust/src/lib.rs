//! What a Conjoin policy in Rust is written against.
//!
//! A policy is a type that implements [`Policy`] and one line that exports it:
//!
//! ```
//! use conjoin_guest::{Account, Arrays, Bag, BagPlan, Description, Event, Failure, Plan, Policy, merge};
//!
//! struct KeepAppMetadata;
//!
//! impl Policy for KeepAppMetadata {
//!     fn describe() -> Description {
//!         Description {
//!             name: "keep-app-metadata".into(),
//!             version: env!("CARGO_PKG_VERSION").into(),
//!             summary: "Joins user_metadata; app_metadata stays the primary's.".into(),
//!             settings_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
//!             reasons: vec![],
//!         }
//!     }
//!
//!     fn merge(_: &Event, primary: &Account, secondary: &Account) -> Result<Plan, Failure> {
//!         let joined = merge::recursive(&primary.document(Bag::User)?, &secondary.document(Bag::User)?, Arrays::Union).plan()?;
//!         Ok(Plan {
//!             user_metadata: joined,
//!             app_metadata: BagPlan::keep_primary(&primary.document(Bag::App)?, &secondary.document(Bag::App)?),
//!         })
//!     }
//! }
//!
//! conjoin_guest::export!(KeepAppMetadata);
//! ```
//!
//! Build it as a `cdylib` for `wasm32-wasip2`; the linker argument `-zstack-size=65536` keeps an instance small.
//!
//! Reading order: `policy` (the trait and the export), `account` (what a policy is given), `plan` (what it answers; here the
//! rule that every key of the secondary is accounted for is kept), `patch`, `document` (a bag without a tree of it), `merge`,
//! `primary` and `reasons` (strategies), [`cases`] (how a policy is tested).
//!
//! Not here: anything a host decides. A policy that breaks the contract is caught by the host, not by this library.

mod account;
pub mod bindings;
#[cfg(not(target_family = "wasm"))]
pub mod cases;
mod document;
mod failure;
pub mod json;
pub mod log;
pub mod merge;
mod patch;
mod plan;
mod policy;
pub mod primary;
pub mod reasons;

pub use account::Bag;
pub use bindings::conjoin::policy::types::{Identity, Reason, Refusal, Side};
pub use bindings::exports::conjoin::policy::hooks::{Account, Candidate, Description, Event, Failure, Suggestion};
pub use document::{Document, Lookup, Node};
pub use merge::{Arrays, Merged, Scalars};
pub use patch::{Operation, Patch, Pointer};
pub use plan::{BagPlan, Plan};
pub use policy::Policy;
pub use primary::{Primary, instant};

#[doc(hidden)]
pub use policy::Exported;
