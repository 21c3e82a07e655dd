//! The host: configuration, storage, pages, and the program that wires the other crates together.
//!
//! Reading order: [`cli`] says what the program can do; [`dev`] starts a host beside a simulated tenant; [`app`] is the running host; [`web`] is its router
//! and handlers, [`pages`] what they show; [`store`] keeps sessions and the journal; [`policies`] loads components and swaps them, [`compiling`] says how they
//! are compiled, [`signing`] whose signature they need; [`events`] tells others what happened, [`telemetry`] counts it; [`policy_new`], [`policy_build`], [`policy_export`], [`policy_run`] and [`policy_test`] are what a policy's author works with; [`operate`] is what the platform
//! team does at the command line.

pub mod accounts;
mod addresses;
pub mod admin;
pub mod app;
pub mod cli;
pub mod compiling;
pub mod config;
pub mod dev;
pub mod events;
mod housekeeping;
mod memory;
mod new_folder;
pub mod operate;
pub mod pages;
pub mod policies;
pub mod policy_build;
pub mod policy_export;
pub mod policy_new;
pub mod policy_run;
pub mod policy_test;
pub mod registry;
pub mod remote;
pub mod serve;
pub mod signing;
pub mod store;
pub mod telemetry;
pub mod web;
