//! What the end-to-end tests share: the built program as a process, a browser of the HTTP kind, and the simulated tenant's evidence.
//!
//! Everything goes through the real door: `conjoin dev` as it is built, over sockets. Nothing of the program is linked in. Build it first (`cargo build`);
//! `tests/run` does.
//!
//! - [`Host`] starts the program and stops it.
//! - [`Browser`] keeps cookies and follows redirects; [`Page`] is where it is, with forms that can be filled in and sent.
//! - [`Tenant`] reads the simulated tenant's users and calls, and makes it misbehave.
//! - [`Chromium`] is a real browser.
//! - [`TlsFront`] is TLS in front of something without.
//! - [`bounded`] ends processes that take too long.
//! - [`Watch`] asks all the while whether the host answers.
//! - [`TenantProcess`] is a tenant on its own, beside a host as `conjoin serve` runs it: one can end without the other.
//! - [`Team`] is somebody of the platform team, with a token of the admin API.
//! - [`action`] is a tenant with the Action that ships, and an application to sign in to.
//! - [`flow`] has the steps that most tests begin with.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

pub mod action;
pub mod bounded;
mod browser;
pub mod chromium;
pub mod flow;
mod front;
mod host;
mod page;
mod separate;
pub mod team;
mod tenant;
mod watch;

pub use browser::Browser;
pub use chromium::Chromium;
pub use front::TlsFront;
pub use host::{Host, program};
pub use page::{Form, Page};
pub use separate::{ENCRYPTION_KEY, TenantProcess, free_port};
pub use team::{DEV_TOKEN, Team};
pub use tenant::Tenant;
pub use watch::{Answers, Watch};

/// A second host name of this machine: browsers know that it is one, resolvers may not.
pub const SECOND_NAME: &str = "second.localhost";

/// Where it leads; the port is the address's own.
pub(crate) const LOOPBACK: std::net::SocketAddr =
    std::net::SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::LOCALHOST, 0));

/// Everyone's password in the simulated tenant.
pub const PASSWORD: &str = "correct-horse";
