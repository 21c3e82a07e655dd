//! The dev tenant through its real door: HTTP on a port of its own, one tenant a test.
//!
//! Names that begin with `e01` to `e17` are the behaviours of Auth0 that an emulator has to show, in the order of the list of them; `sample` are the
//! requests of Auth0's published sample application for account linking.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod action;
mod api_tokens;
mod authorize;
mod browser;
mod client_assertions;
mod clock;
mod custom_domain;
mod dev_page;
mod dev_routes;
mod errors;
mod faults;
mod jobs;
mod link_with;
mod linking;
mod logout;
mod mailed_code;
mod patch;
mod providers;
mod rate_limits;
mod readings;
mod readme;
mod sample;
mod search;
mod sessions;
mod sign_in;
mod sign_up;
mod spa;
mod support;
mod tls;
mod tokens;
mod users;
