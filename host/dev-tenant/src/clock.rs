//! The tenant's clock, in the forms that Auth0 writes. It is the machine's, plus the skew that the switch `clock_skew` asks for.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Duration, OffsetDateTime};

const MILLISECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
/// RFC 9110, 5.6.7.
const HTTP_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");

/// What the tenant takes for the time. Lifetimes are measured by the machine's own clock: a skew shifts what clients are told, not how long things last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    skew: i64,
}

impl Clock {
    /// A clock that is ahead by so many seconds, or behind when they are negative.
    #[must_use]
    pub fn skewed(skew: i64) -> Self {
        Self { skew }
    }

    /// Seconds since 1970, as in tokens.
    #[must_use]
    pub fn now(self) -> i64 {
        self.moment().unix_timestamp()
    }

    /// RFC 3339 in UTC with milliseconds, as in users.
    #[must_use]
    pub fn now_text(self) -> String {
        self.moment().format(MILLISECONDS).unwrap_or_default()
    }

    /// As in the header `Date`.
    #[must_use]
    pub fn http_date(self) -> String {
        self.moment().format(HTTP_DATE).unwrap_or_default()
    }

    /// A skew beyond the calendar's end stops there.
    fn moment(self) -> OffsetDateTime {
        OffsetDateTime::now_utc().saturating_add(Duration::seconds(self.skew))
    }
}

/// A moment of [`Clock::now`] as users and sessions show it.
#[must_use]
pub fn text(seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(seconds)
        .ok()
        .and_then(|moment| moment.format(MILLISECONDS).ok())
        .unwrap_or_default()
}
