//! The time, as columns hold it.

pub(super) use conjoin_linking::clock::now;
use time::OffsetDateTime;

/// Unix microseconds, for order among rows of the same second.
pub(super) fn now_in_microseconds() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}
