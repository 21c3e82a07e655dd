//! Reading a case.

use serde::Deserialize;
use serde_json::Value;

use crate::expectation::ExpectationInput;
use crate::input::{AccountInput, CandidateInput, EventInput, Role};
use crate::keyed::{Keyed, named};
use crate::{Account, CaseError, Expectation, Input, Object};

/// One case, complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// One sentence for people.
    pub about: Option<String>,
    /// What the hook is called with.
    pub input: Input,
    /// What it must answer; nothing in a line for `conjoin policy run`.
    pub expect: Option<Expectation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseInput {
    #[serde(deserialize_with = "named")]
    hook: Hook,
    about: Option<String>,
    #[serde(default)]
    event: Keyed<EventInput>,
    primary: Option<Keyed<AccountInput>>,
    secondary: Option<Keyed<AccountInput>>,
    current: Option<Keyed<AccountInput>>,
    found: Option<Vec<Keyed<CandidateInput>>>,
    expect: Option<Keyed<ExpectationInput>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hook {
    Merge,
    SelectCandidates,
}

impl Case {
    /// Reads one case from JSON text and completes it.
    ///
    /// # Errors
    /// [`CaseError`], naming the key that is wrong.
    pub fn parse(text: &str) -> Result<Self, CaseError> {
        Self::from_object(serde_json::from_str(text)?)
    }

    /// Reads one case from its object and completes it.
    ///
    /// # Errors
    /// [`CaseError`], naming the key that is wrong.
    pub fn from_object(object: Object) -> Result<Self, CaseError> {
        let mut case: CaseInput = serde_path_to_error::deserialize(Value::Object(object))?;
        let about = case.about.take();
        let expect = case
            .expect
            .take()
            .map(|Keyed(expect)| expect.read(case.hook.name()))
            .transpose()?;
        let input = match case.hook {
            Hook::Merge => case.merge()?,
            Hook::SelectCandidates => case.select_candidates()?,
        };
        Ok(Self { about, input, expect })
    }
}

impl CaseInput {
    fn merge(self) -> Result<Input, CaseError> {
        let hook = self.hook.name();
        refuse(self.current.is_some(), hook, "current")?;
        refuse(self.found.is_some(), hook, "found")?;
        Ok(Input::Merge {
            event: self.event.0.complete(),
            primary: account(self.primary, hook, "primary", Role::Primary)?,
            secondary: account(self.secondary, hook, "secondary", Role::Secondary)?,
        })
    }

    fn select_candidates(self) -> Result<Input, CaseError> {
        let hook = self.hook.name();
        refuse(self.primary.is_some(), hook, "primary")?;
        refuse(self.secondary.is_some(), hook, "secondary")?;
        let found = self.found.ok_or(CaseError::Missing { hook, key: "found" })?;
        Ok(Input::SelectCandidates {
            event: self.event.0.complete(),
            current: account(self.current, hook, "current", Role::Primary)?,
            found: found.into_iter().map(|Keyed(candidate)| candidate.complete()).collect(),
        })
    }
}

impl Hook {
    fn name(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::SelectCandidates => "select-candidates",
        }
    }
}

fn account(
    input: Option<Keyed<AccountInput>>,
    hook: &'static str,
    key: &'static str,
    role: Role,
) -> Result<Account, CaseError> {
    let Keyed(input) = input.ok_or(CaseError::Missing { hook, key })?;
    Ok(input.complete(role))
}

fn refuse(present: bool, hook: &'static str, key: &'static str) -> Result<(), CaseError> {
    if present {
        Err(CaseError::Superfluous { hook, key })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(case: &Value) -> Result<Case, CaseError> {
        Case::parse(&case.to_string())
    }

    #[test]
    fn what_is_left_out_has_its_stated_default() {
        let case =
            parse(&json!({"hook": "merge", "primary": {}, "secondary": {"user_id": "samlp|acme|hopper"}})).unwrap();
        let Input::Merge {
            event,
            primary,
            secondary,
        } = case.input
        else {
            panic!("a merge")
        };
        assert_eq!(
            (event.now.as_str(), event.seed.len(), event.settings),
            ("2026-01-01T00:00:00Z", 32, None)
        );
        assert_eq!(
            (primary.user_id.as_str(), primary.email.as_deref()),
            ("auth0|primary", Some("person@example.com"))
        );
        assert!(primary.email_verified && primary.app_metadata.is_empty());
        let [identity] = &primary.identities[..] else {
            panic!("one identity")
        };
        assert_eq!(
            (identity.user_id.as_str(), identity.connection.as_str()),
            ("primary", "Username-Password-Authentication")
        );
        let [identity] = &secondary.identities[..] else {
            panic!("one identity")
        };
        assert_eq!(
            (identity.provider.as_str(), identity.user_id.as_str()),
            ("samlp", "acme|hopper")
        );
    }

    #[test]
    fn a_user_as_auth0_gives_it_can_be_pasted() {
        let user = json!({"user_id": "facebook|7", "email": null, "name": "Ada", "profile": {"nickname": "ada"}, "identities":
            [{"provider": "facebook", "user_id": 7, "connection": "facebook", "isSocial": true, "profileData": {"a": 1}}]});
        let case = parse(&json!({"hook": "merge", "primary": user, "secondary": {}})).unwrap();
        let Input::Merge { primary, .. } = case.input else {
            panic!("a merge")
        };
        assert_eq!(primary.email, None);
        assert_eq!(
            Value::Object(primary.profile),
            json!({"name": "Ada", "nickname": "ada"})
        );
        assert_eq!(
            (primary.identities[0].user_id.as_str(), primary.identities[0].is_social),
            ("7", true)
        );
        assert_eq!(Value::Object(primary.identities[0].profile.clone()), json!({"a": 1}));
    }

    #[test]
    fn a_case_that_says_too_little_or_too_much_is_an_error() {
        let wrong = [
            (json!({"hook": "merge", "primary": {}}), "`secondary`"),
            (
                json!({"hook": "merge", "primary": {}, "secondary": {}, "found": []}),
                "`found`",
            ),
            (json!({"hook": "select-candidates", "current": {}}), "`found`"),
            (json!({"hook": "describe"}), "describe"),
            (
                json!({"hook": "merge", "primary": {}, "secondary": {}, "expected": {}}),
                "expected",
            ),
            (
                json!({"hook": "merge", "primary": {}, "secondary": {}, "expect": {}}),
                "exactly one",
            ),
            (
                json!({"hook": "merge", "primary": {}, "secondary": {}, "expect": {"suggestions": []}}),
                "suggestions",
            ),
            (
                json!({"hook": "merge", "primary": {"logins_count": -1}, "secondary": {}}),
                "-1",
            ),
        ];
        for (case, named) in wrong {
            let error = parse(&case).unwrap_err().to_string();
            assert!(error.contains(named), "{case}: {error}");
        }
    }

    fn merge(key: &str, value: Value) -> Value {
        let mut case = json!({"hook": "merge", "primary": {}, "secondary": {}});
        case[key] = value;
        case
    }

    fn select(key: &str, value: Value) -> Value {
        let mut case = json!({"hook": "select-candidates", "current": {}, "found": []});
        case[key] = value;
        case
    }

    #[test]
    fn a_list_is_no_object_and_an_object_no_name() {
        let wrong = [
            (
                json!(["merge", null, ["t"], {}, {}, null, null, {"result": {}}]),
                "expected a map",
            ),
            (merge("event", json!(["t", "t"])), "event: "),
            (merge("primary", json!([])), "primary: "),
            (
                merge("primary", json!({"identities": [{}, []]})),
                "primary.identities[1]: ",
            ),
            (merge("expect", json!([{}])), "expect: "),
            (merge("expect", json!({"result": [{}, {}]})), "expect.result: "),
            (merge("expect", json!({"refused": ["no", null]})), "expect.refused: "),
            (select("current", json!([])), "current: "),
            (select("found", json!([["github|9"]])), "found[0]: "),
            (
                select("expect", json!({"suggestions": [["github|9"]]})),
                "expect.suggestions[0]: ",
            ),
            (merge("hook", json!({"merge": null})), "hook: "),
            (
                select(
                    "expect",
                    json!({"suggestions": [{"user_id": "github|9", "primary": {"found": null}}]}),
                ),
                "expect.suggestions[0].primary: ",
            ),
        ];
        for (case, place) in wrong {
            let error = parse(&case).unwrap_err().to_string();
            assert!(error.starts_with("not a case: "), "{case}: {error}");
            assert!(
                error.contains(place) && error.contains("invalid type"),
                "{case}: {error}"
            );
        }
    }

    #[test]
    fn a_key_that_is_there_twice_counts_as_its_last() {
        let twice = r#"{"hook": 1, "hook": "merge", "primary": [], "primary": {"email": 1, "email": "a@b"}, "secondary": {},
            "event": {"now": 1, "now": "2026-01-02T00:00:00Z"}, "expect": {"result": 1, "result": null, "ended": "broken"}}"#;
        let once = json!({"hook": "merge", "primary": {"email": "a@b"}, "secondary": {},
            "event": {"now": "2026-01-02T00:00:00Z"}, "expect": {"ended": "broken"}});
        assert_eq!(Case::parse(twice).unwrap(), parse(&once).unwrap());
    }
}
