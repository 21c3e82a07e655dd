//! The tenant's clock, in the two forms that Auth0 writes.

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// Seconds since 1970, as in tokens.
#[must_use]
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// RFC 3339 in UTC with milliseconds, as in users.
#[must_use]
pub fn now_text() -> String {
    OffsetDateTime::now_utc().format(MILLISECONDS).unwrap_or_default()
}
