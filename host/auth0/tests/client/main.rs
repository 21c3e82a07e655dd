//! The client against a stub tenant on a real socket: it signs real RS256 tokens, records every request to the letter,
//! and misbehaves as told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod access_token;
mod decoding;
mod discovery;
mod exports;
mod faults;
mod id_token;
mod keys;
mod management;
mod sign_in;
mod signing;
mod stub_tenant;
