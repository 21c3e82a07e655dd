//! What others are told, against their own implementations: a receiver over HTTP with the official library for verifying, a mail server, and the built program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod agreement;
#[path = "../../../../tests/src/bounded.rs"]
mod bounded;
mod configuration;
mod counterparts;
mod dev;
mod lookup;
mod mail;
mod operate;
mod program;
mod receiver;
mod records;
mod slips;
mod tls;
mod webhook;
mod worker;
