//! What ties a sign-in that waits to the browser that began it.

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use subtle::ConstantTimeEq;

/// Comes with a form that another site posts.
const COOKIE: &str = "conjoin-dev-device";
/// The same for browsers that take no `SameSite=None`, and for tenants without TLS. Auth0 sets two cookies too.
const COMPATIBLE: &str = "conjoin-dev-device-compat";

/// The cookies with this value.
pub fn cookies(value: &str) -> [String; 2] {
    let cookie = |name: &'static str| {
        Cookie::build((name, value.to_owned()))
            .path("/continue")
            .http_only(true)
    };
    [
        cookie(COOKIE)
            .same_site(SameSite::None)
            .secure(true)
            .build()
            .to_string(),
        cookie(COMPATIBLE).build().to_string(),
    ]
}

/// Whether the browser has this value.
pub fn shows(jar: &CookieJar, value: &str) -> bool {
    [COOKIE, COMPATIBLE]
        .into_iter()
        .filter_map(|name| jar.get(name))
        .any(|cookie| cookie.value().as_bytes().ct_eq(value.as_bytes()).into())
}
