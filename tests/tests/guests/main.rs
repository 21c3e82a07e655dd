//! The guest libraries of other languages: their own tests, and the components that they make, through the real program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod python;
