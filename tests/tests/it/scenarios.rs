//! What a person wants, and what must come of it. One file a part of the way; what an attacker wants is in `attacks`.

mod confirmations;
mod failures;
mod hosts;
mod identities;
mod meanwhile;
mod merges;
mod offers;
mod pairs;
mod primaries;
mod proof_ages;
mod proofs;
mod repeats;
mod resets;
mod restarts;
mod tabs;
mod unlink_failures;

pub use meanwhile::until_stage;
