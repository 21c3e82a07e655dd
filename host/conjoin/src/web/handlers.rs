//! One family of routes a file.

pub mod account;
pub mod assets;
pub mod health;
pub mod link;
pub mod log_out;
pub mod review;
pub mod sign_in;
pub mod unlink;

use super::error::WebError;

/// Any other address.
pub async fn not_found() -> WebError {
    WebError::NotFound
}
