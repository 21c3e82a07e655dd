//! Our clock. The tenant's times come with its tokens, and the two are never compared.

use time::OffsetDateTime;

/// Unix seconds.
pub fn now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
