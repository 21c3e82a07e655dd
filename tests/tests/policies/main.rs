//! Policies that misbehave, and policies that are swapped, through the built program: what a person sees, what the tenant keeps, what the log says.
//!
//! - [`merging`] and [`offering`]: everything that the hostile guest does, hook by hook. One host, and a person for every behaviour.
//! - [`refused`]: components that are no policies, at the start and in the watched file.
//! - [`swapping`]: the watched file while links are under way.
//! - [`settings`]: `--settings` reaches the policy.
//! - [`pages`] and [`pages_doors`]: the same by the admin pages, in a browser; [`remote`]: by the commands; [`requests`]: by requests that nobody should make; [`going_back`]: once and again.
//! - [`team_sign_in`]: into the admin pages by the tenant's own Auth0; [`team_refused`]: what lets nobody in there; [`team_ways`]: on the way there and back; [`team_changes`]: when the configuration changes.
//! - [`platform`]: versions that the team uploads, activates, rolls back and revokes while people link; [`changing`]: a thousand times; [`tokens`]: with what right; [`other_tenants`]: and of nobody else's; [`failing`]: one that keeps failing; [`trying`]: one that does not decide yet.
//! - [`signatures`]: versions that somebody has to have signed; [`standing_in`]: what decides where the one that should cannot.
//! - [`uploads`]: what hostile components cost a host, and what it keeps of what it compiled.
//! - [`turns`]: whose upload is checked next.
//! - [`following`]: `conjoin policy logs -f`, and each decision once.
//! - [`fairness`]: what one tenant's policy costs another's people.
//! - [`counting`]: what is counted.
//! - [`hosts`]: several hosts over one database.
//! - [`modes`]: tenants that only observe, or are paused.
//! - [`command`]: the same behaviours through `conjoin policy run`.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod accounts;
#[path = "../../../host/engine/tests/jail/bombs.rs"]
mod bombs;
#[path = "../../../host/engine/tests/hostile/built.rs"]
mod built;
mod changing;
mod command;
mod components;
mod counting;
mod failing;
mod fairness;
mod following;
mod going_back;
mod hosts;
mod memory;
mod merging;
mod modes;
mod offering;
mod other_tenants;
mod pages;
mod pages_doors;
mod person;
mod platform;
mod refused;
mod remote;
mod requests;
mod settings;
mod signatures;
mod signer;
mod standing_in;
mod swapping;
mod team_changes;
mod team_refused;
mod team_sign_in;
mod team_ways;
mod tokens;
mod trying;
mod turns;
mod uploads;
mod watched;
#[path = "../../../host/engine/tests/engine/wit_guest.rs"]
mod wit_guest;
