//! What only this tenant has, under `/_dev/`: evidence of what was called, faults, fixtures, and defective tokens. Nothing here is protected: the tenant
//! must never be reachable by anyone but its developer.

mod calls;
mod connection;
mod faults;
mod observe;
mod routes;
mod switches;

pub use calls::Calls;
pub use connection::{Aborting, Connection};
pub use faults::{FaultRule, Faults};
pub use observe::observe;
pub use routes::routes;
pub use switches::{ForgedAlgorithm, Forgery, Switches};
