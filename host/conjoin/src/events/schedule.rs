//! When a message is tried again, and when it is given up.

use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

/// The waits between the tries, in seconds: 10 tries over a day and eight hours, as Standard Webhooks recommends. The first come quickly, for a consumer that is
/// being deployed; the last are for one that is down overnight.
const WAITS: [u64; 9] = [
    5,
    30,
    2 * 60,
    10 * 60,
    30 * 60,
    2 * 60 * 60,
    5 * 60 * 60,
    10 * 60 * 60,
    14 * 60 * 60,
];

/// The longest that a consumer can ask us to wait: the longest wait that there is without its asking.
const LONGEST: Duration = Duration::from_secs(14 * 60 * 60);

/// The wait after `tried` tries in a row, none when the message is given up. Up to a fifth longer than written above, at random, so that what failed together
/// does not come back together. A consumer may ask for a longer wait, within bounds, never for a shorter one.
pub fn wait_after(tried: u32, asked: Option<Duration>) -> Option<Duration> {
    let index = usize::try_from(tried.checked_sub(1)?).ok()?;
    let wait = Duration::from_secs(*WAITS.get(index)?).mul_f64(1.0 + rand::random::<f64>() / 5.0);
    Some(asked.map_or(wait, |asked| wait.max(asked.min(LONGEST))))
}

/// Reads `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub fn retry_after(header: &str, now: OffsetDateTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = OffsetDateTime::parse(header, &Rfc2822).ok()?;
    Duration::try_from(date - now).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_over_a_day_and_more_and_then_no_more() {
        let waits: Vec<Duration> = (1..10).map(|tried| wait_after(tried, None).unwrap()).collect();
        assert!(waits[0] >= Duration::from_secs(5) && waits[0] <= Duration::from_secs(6));
        assert!(waits.is_sorted());
        let total: Duration = waits.iter().sum();
        assert!(total >= Duration::from_secs(31 * 60 * 60) && total <= Duration::from_secs(39 * 60 * 60));
        assert_eq!(wait_after(10, None), None);
        assert_eq!(wait_after(u32::MAX, Some(Duration::from_secs(1))), None);
    }

    #[test]
    fn a_consumer_can_ask_for_more_time_within_bounds_and_never_for_less() {
        let asked = |seconds| wait_after(1, Some(Duration::from_secs(seconds))).unwrap();
        assert_eq!(asked(60), Duration::from_secs(60));
        assert!(asked(0) >= Duration::from_secs(5));
        assert_eq!(asked(u64::MAX), LONGEST);
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now = OffsetDateTime::from_unix_timestamp(784_111_757).unwrap();
        assert_eq!(retry_after(" 120 ", now), Some(Duration::from_secs(120)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now),
            Some(Duration::from_secs(20))
        );
        // In the past, or nothing at all.
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now), None);
        assert_eq!(retry_after("soon", now), None);
    }
}
