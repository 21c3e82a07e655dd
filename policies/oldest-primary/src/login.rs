//! Which account was used last.

use conjoin_guest::{Account, Scalars, instant};

/// Whose scalars stand. The secondary's only where its last login is known and the primary's is earlier: an account that has never signed in, or
/// whose time cannot be read, is not the later one.
pub(crate) fn winner(primary: &Account, secondary: &Account) -> Scalars {
    let last_login = |account: &Account| instant(account.last_login.as_deref());
    match (last_login(primary), last_login(secondary)) {
        (Some(primary), Some(secondary)) if secondary > primary => Scalars::Secondary,
        (None, Some(_)) => Scalars::Secondary,
        _ => Scalars::Primary,
    }
}
