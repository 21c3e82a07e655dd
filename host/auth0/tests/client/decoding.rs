//! The shapes users come in.

use conjoin_auth0::user::UserDecodeError;
use conjoin_auth0::{Identity, User, email_fold};
use serde_json::{Value, json};

fn decode(json: Value) -> Result<User, UserDecodeError> {
    User::try_from(json)
}

fn with(name: &str, value: Value) -> User {
    let mut user = json!({"user_id": "auth0|ada"});
    user[name] = value;
    decode(user).unwrap()
}

#[test]
fn the_least_a_user_can_be_is_its_id() {
    let user = decode(json!({"user_id": "auth0|ada"})).unwrap();
    assert_eq!(
        (user.email, user.email_verified, user.blocked, user.logins_count),
        (None, false, false, 0)
    );
    assert!(user.user_metadata.is_empty() && user.app_metadata.is_empty() && user.profile.is_empty());
    assert!(user.identities.is_empty());
}

#[test]
fn what_is_not_known_is_kept_as_profile() {
    let user = decode(json!({
        "user_id": "auth0|ada", "name": "Ada", "phone_number": "+1555", "multifactor": ["guardian"],
        "logins_count": 7, "last_login": "2026-11-22T10:00:00.000Z", "blocked": true,
    }));
    let user = user.unwrap();
    let names: Vec<_> = user.profile.keys().map(String::as_str).collect();
    assert_eq!(names, ["multifactor", "name", "phone_number"]);
    assert_eq!((user.logins_count, user.blocked), (7, true));
    assert_eq!(user.last_login.as_deref(), Some("2026-11-22T10:00:00.000Z"));
}

#[test]
fn a_verified_address_is_one_the_tenant_calls_true() {
    for (value, verified) in [
        (json!(true), true),
        (json!("true"), true),
        (json!("false"), false),
        (json!("TRUE"), false),
        (json!(1), false),
        (json!(null), false),
    ] {
        assert_eq!(
            with("email_verified", value.clone()).email_verified,
            verified,
            "{value}"
        );
    }
}

#[test]
fn an_account_is_unblocked_only_where_the_tenant_says_so_or_nothing() {
    for (value, blocked) in [
        (json!(false), false),
        (json!("false"), false),
        (json!(null), false),
        (json!(true), true),
        (json!("true"), true),
        (json!(1), true),
        (json!({}), true),
    ] {
        assert_eq!(with("blocked", value.clone()).blocked, blocked, "{value}");
    }
}

#[test]
fn a_numeric_identity_id_is_text_and_an_inexact_one_is_refused() {
    let identity = |user_id: Value| {
        let identity = json!({"connection": "c", "provider": "google-oauth2", "user_id": user_id, "isSocial": true});
        decode(json!({"user_id": "google-oauth2|1", "identities": [identity]}))
    };
    assert_eq!(identity(json!(1001)).unwrap().identities[0].user_id, "1001");
    assert_eq!(
        identity(json!(u64::MAX)).unwrap().identities[0].user_id,
        "18446744073709551615"
    );
    // Google's ids have 21 digits: as a number, the last ones are lost before we see them.
    let rounded = serde_json::from_str("100000000000000000001").unwrap();
    assert_eq!(identity(rounded).unwrap_err(), UserDecodeError::IdentityId);
    for wrong in [json!(1.5), json!(-1), json!(""), json!(null)] {
        assert_eq!(
            identity(wrong.clone()).unwrap_err(),
            UserDecodeError::IdentityId,
            "{wrong}"
        );
    }
}

#[test]
fn dates_that_are_no_text_are_unknown() {
    assert_eq!(with("created_at", json!({"$date": 1})).created_at, None);
    assert_eq!(
        with("created_at", json!("2026-01-01T00:00:00.000Z"))
            .created_at
            .unwrap(),
        "2026-01-01T00:00:00.000Z"
    );
}

#[test]
fn a_bag_is_an_object_or_absent() {
    assert!(with("user_metadata", json!(null)).user_metadata.is_empty());
    assert_eq!(with("app_metadata", json!({"plan": "pro"})).app_metadata["plan"], "pro");
    for name in ["user_metadata", "app_metadata"] {
        let error = decode(json!({"user_id": "auth0|ada", name: ["secret-value"]})).unwrap_err();
        assert_eq!(error, UserDecodeError::NotAnObject(name));
        assert!(!error.to_string().contains("secret-value"));
    }
}

#[test]
fn the_own_identity_is_found_by_id_and_not_by_place() {
    let user = decode(json!({
        "user_id": "samlp|acme|hopper",
        "identities": [
            {"connection": "google-oauth2", "provider": "google-oauth2", "user_id": 1001, "isSocial": true},
            {"connection": "acme", "provider": "samlp", "user_id": "acme|hopper", "isSocial": false},
        ],
    }));
    assert_eq!(user.unwrap().own_identity().unwrap().connection, "acme");
    let unmatched = decode(json!({
        "user_id": "auth0|ada",
        "identities": [{"connection": "c", "provider": "email", "user_id": "x"}],
    }));
    assert_eq!(unmatched.unwrap().own_identity().unwrap().provider, "email");
    assert!(
        decode(json!({"user_id": "auth0|ada"}))
            .unwrap()
            .own_identity()
            .is_none()
    );
}

#[test]
fn a_user_survives_being_recorded() {
    let user = decode(json!({
        "user_id": "auth0|ada", "email": "ada@example.com", "email_verified": "true", "name": "Ada",
        "identities": [{"connection": "c", "provider": "auth0", "user_id": "ada", "profileData": {"name": "A"}}],
        "user_metadata": {"deep": {"n": [1, 2.5, null]}},
    }));
    let user = user.unwrap();
    let recorded = serde_json::to_string(&user).unwrap();
    assert!(serde_json::from_str::<User>(&recorded).unwrap() == user);
    let identity = serde_json::to_string(&user.identities[0]).unwrap();
    assert!(serde_json::from_str::<Identity>(&identity).unwrap() == user.identities[0]);
}

#[test]
fn a_providers_access_token_is_not_kept() {
    let identity = json!({"connection": "c", "provider": "github", "user_id": "1", "access_token": "gho_secret"});
    let user = decode(json!({"user_id": "github|1", "identities": [identity]})).unwrap();
    assert!(!serde_json::to_string(&user).unwrap().contains("gho_secret"));
}

#[test]
fn debug_output_holds_no_values_of_a_person() {
    let user = decode(json!({
        "user_id": "auth0|ada", "email": "ada@example.com", "name": "Lovelace",
        "user_metadata": {"phone": "555-0100"}, "app_metadata": {"plan": "pro-secret"},
        "identities": [{"connection": "c", "provider": "auth0", "user_id": "ada", "profileData": {"n": "Byron"}}],
    }));
    let printed = format!("{:?}", user.unwrap());
    assert!(printed.contains("auth0|ada"));
    for value in ["ada@example.com", "Lovelace", "555-0100", "pro-secret", "Byron"] {
        assert!(!printed.contains(value), "{printed}");
    }
}

#[test]
fn addresses_are_folded_in_ascii_only() {
    assert_eq!(email_fold("Ada@Example.COM"), "ada@example.com");
    assert_eq!(email_fold("\u{212A}elvin@x.com"), "\u{212A}elvin@x.com");
}
