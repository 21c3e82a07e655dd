//! The external linking application of the tenant's Action: people come in the middle of a sign-in to some application, and go back to it.
//!
//! [`token`] is what comes and what goes; [`visit`] what is remembered in between. Then in the order of a visit: [`arrive`], [`choose`], [`agree`], [`leave`]; and last
//! [`complete`], which the Action itself asks for once the browser is back.
//!
//! - A session token says who is signing in, and gives no session: whoever opens its address is signed in to nothing here.
//! - Nothing is done until the Action asks: [`conjoin_linking::flow::Linking::complete`] says why.
//! - Whatever goes wrong, there is a way back, and the sign-in goes on.

mod agree;
mod arrive;
mod choose;
mod complete;
mod leave;
mod token;
mod visit;

use axum::Router;
use axum::routing::{get, post};

pub use choose::on_visit;

/// What people see. They have a browser session, and most are not signed in.
pub fn pages() -> Router {
    Router::new()
        .route("/action/link", get(arrive::link))
        .route("/action/visit/{visit}", get(choose::show))
        .route("/action/choose", post(choose::choose))
        .route("/action/review/{visit}", get(agree::review))
        .route("/action/confirm", post(agree::confirm))
        .route("/action/return/{visit}", get(leave::give_back))
        .route("/action/leave/{visit}", get(leave::leave))
}

/// What the Action asks for: no session, no cookie.
pub fn api() -> Router {
    Router::new().route("/action/complete", post(complete::complete))
}
