//! The guest libraries beside Rust's own, from the outside: each is installed as its author would install it, runs its own tests, and builds components
//! that the program runs; and projects of their authors, made,
//! built, tested and exported by the program.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod export;
mod javascript;
mod program;
mod projects;
mod python;
mod refusals;
mod tutorial;
