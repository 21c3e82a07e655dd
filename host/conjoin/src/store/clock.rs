//! The time, as columns hold it.

pub(super) use conjoin_linking::clock::now;
use time::OffsetDateTime;

/// Unix microseconds, for order among rows of the same second.
pub(super) fn now_in_microseconds() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX)
}

/// Of microseconds.
pub(super) fn whole_seconds_of(microseconds: i64) -> i64 {
    microseconds.div_euclid(1_000_000)
}
