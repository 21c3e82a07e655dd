//! The engine through its own door: components that do what policies must not, and what becomes of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "../hostile/built.rs"]
mod built;
mod calls;
mod concurrency;
mod contracts;
mod determinism;
mod endings;
mod gate;
mod raw;
mod samples;
mod wit_guest;
