//! End-to-end tests over the built program, by the numbers of their scenarios and attacks.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod action;
mod attacks;
mod main_job;
mod private_keys;
mod scenarios;
