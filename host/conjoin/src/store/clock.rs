//! The time, as columns hold it.

use time::OffsetDateTime;

/// Unix seconds.
pub(super) fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}

/// Unix microseconds, for order among rows of the same second.
pub(super) fn now_in_microseconds() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}
