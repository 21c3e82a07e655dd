//! Compiling in a child process: every way it can end, what hostile and generated components come to, and the cache behind it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod bombs;
#[path = "../hostile/built.rs"]
mod built;
mod cache;
mod endings;
mod generated;
mod hostile;
mod jailed;
mod resident;
#[path = "../engine/wit_guest.rs"]
mod wit_guest;
