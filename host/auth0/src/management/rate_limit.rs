//! How long a 429 asks to wait.
//!
//! `Retry-After` first (RFC 9110 §10.2.3: seconds or a date), then Auth0's `X-RateLimit-Reset`, in seconds since 1970.
//! Auth0 documents the first for token quotas and the second for the Management API; both are honoured on either.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The wait the headers ask for, counted from `now`; `None` where they say nothing that can be read.
pub(super) fn requested_wait(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    retry_after(headers, now).or_else(|| reset(headers, now))
}

fn retry_after(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(value, &Rfc2822).ok()?;
    Some(until(date.unix_timestamp(), now))
}

fn reset(headers: &HeaderMap, now: OffsetDateTime) -> Option<Duration> {
    let value = headers.get("x-ratelimit-reset")?.to_str().ok()?.trim();
    Some(until(value.parse().ok()?, now))
}

fn until(seconds_since_1970: i64, now: OffsetDateTime) -> Duration {
    let seconds = seconds_since_1970.saturating_sub(now.unix_timestamp());
    Duration::from_secs(u64::try_from(seconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 12:00:00 UTC);

    fn wait(headers: &[(&'static str, &str)]) -> Option<u64> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        requested_wait(&headers, NOW).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_comes_first_in_seconds_or_as_a_date() {
        assert_eq!(
            wait(&[("retry-after", "7"), ("x-ratelimit-reset", "1795348803")]),
            Some(7)
        );
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 12:00:09 GMT")]), Some(9));
        assert_eq!(wait(&[("retry-after", "Sun, 22 Nov 2026 11:00:00 GMT")]), Some(0));
    }

    #[test]
    fn then_the_reset_time_and_never_a_negative_wait() {
        let now = NOW.unix_timestamp();
        assert_eq!(wait(&[("x-ratelimit-reset", &(now + 3).to_string())]), Some(3));
        assert_eq!(wait(&[("x-ratelimit-reset", &(now - 3).to_string())]), Some(0));
        assert_eq!(wait(&[("retry-after", "soon"), ("x-ratelimit-reset", "?")]), None);
        assert_eq!(wait(&[]), None);
    }
}
