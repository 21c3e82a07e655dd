//! What only this tenant has, under `/_dev/`: evidence of what was called, faults, fixtures, and defective tokens. Nothing here is protected but from pages of other
//! sites: the tenant must never be reachable by anyone but its developer.

mod calls;
mod connection;
mod date;
mod fail;
mod faults;
mod observe;
mod page;
mod routes;
mod rule;
mod switches;

pub use calls::Calls;
pub use connection::{Aborting, Connection};
pub use date::stamp;
pub use faults::Faults;
pub use observe::observe;
pub use routes::routes;
pub use rule::FaultRule;
pub use switches::{ForgedAlgorithm, Forgery, Switches};
