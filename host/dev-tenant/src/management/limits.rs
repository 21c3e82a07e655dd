//! What a profile may hold, whoever writes it: a change, a new user, an import, or the tenant's Action.

use serde_json::{Map, Value};

use super::error::ApiError;
use super::payload;
use crate::config::Readings;
use crate::store::{User, check_key};

/// Auth0 documents 10 KB and still accepts more; so does this tenant, with a warning.
const DOCUMENTED_SIZE: usize = 10 * 1024;

/// Judges the first-level keys of both bags, where the tenant judges them at all (`refuses_metadata_keys`).
///
/// # Errors
/// 400 `invalid_body`.
pub fn check_keys(
    readings: Readings,
    user_metadata: Option<&Map<String, Value>>,
    app_metadata: Option<&Map<String, Value>>,
) -> Result<(), ApiError> {
    if !readings.refuses_metadata_keys {
        return Ok(());
    }
    let check = |property: &str, bag: Option<&Map<String, Value>>, reserved_names| {
        let mut keys = bag.into_iter().flat_map(Map::keys);
        keys.try_for_each(|key| check_key(key, reserved_names))
            .map_err(|problem| payload::invalid(&problem, property))
    };
    check("user_metadata", user_metadata, false)?;
    check("app_metadata", app_metadata, true)
}

/// Judges the size of a whole profile.
///
/// # Errors
/// 400 `invalid_body` for more than 10 KB, where the tenant refuses that (`refuses_large_profiles`).
pub fn check_size(readings: Readings, user: &User) -> Result<(), ApiError> {
    let bytes = user.to_json().to_string().len();
    if bytes > DOCUMENTED_SIZE && readings.refuses_large_profiles {
        return Err(ApiError::payload("the profile is larger than 10 KB"));
    }
    if bytes > DOCUMENTED_SIZE {
        tracing::warn!(user.id = %user.user_id, bytes, "profile is larger than the 10 KB that Auth0 documents; accepted, as Auth0 still does");
    }
    Ok(())
}
