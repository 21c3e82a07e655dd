//! The contract's types and the typed calls into a component, generated from `wit/policy.wit`.
//!
//! The documentation of each type and field is the contract's own.

// The contract documents what needs a word; a field like `connection` inside a documented record does not.
#![allow(missing_docs)]

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "policy",
    additional_derives: [PartialEq, Eq, serde::Deserialize, serde::Serialize],
    include_component_type: true,
});

pub use conjoin::policy::types::{
    Account, Candidate, Description, Event, Failure, Identity, Plan, Reason, Refusal, Side, Suggestion,
};
