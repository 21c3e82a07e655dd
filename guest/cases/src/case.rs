//! Reading a case.

use serde::Deserialize;

use crate::expectation::ExpectationInput;
use crate::input::{CandidateInput, EventInput, Role, account};
use crate::{CaseError, Expectation, Input, Object};

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
    hook: Hook,
    about: Option<String>,
    #[serde(default)]
    event: EventInput,
    primary: Option<Object>,
    secondary: Option<Object>,
    current: Option<Object>,
    found: Option<Vec<CandidateInput>>,
    expect: Option<ExpectationInput>,
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
        let mut case: CaseInput = serde_json::from_str(text)?;
        let about = case.about.take();
        let expect = case
            .expect
            .take()
            .map(|expect| expect.read(case.hook.name()))
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
            event: self.event.complete(),
            primary: account(
                self.primary.ok_or(CaseError::Missing { hook, key: "primary" })?,
                Role::Primary,
            )?,
            secondary: account(
                self.secondary.ok_or(CaseError::Missing { hook, key: "secondary" })?,
                Role::Secondary,
            )?,
        })
    }

    fn select_candidates(self) -> Result<Input, CaseError> {
        let hook = self.hook.name();
        refuse(self.primary.is_some(), hook, "primary")?;
        refuse(self.secondary.is_some(), hook, "secondary")?;
        let found = self.found.ok_or(CaseError::Missing { hook, key: "found" })?;
        Ok(Input::SelectCandidates {
            event: self.event.complete(),
            current: account(
                self.current.ok_or(CaseError::Missing { hook, key: "current" })?,
                Role::Primary,
            )?,
            found: found.into_iter().map(CandidateInput::complete).collect(),
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

fn refuse(present: bool, hook: &'static str, key: &'static str) -> Result<(), CaseError> {
    if present {
        Err(CaseError::Superfluous { hook, key })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
}
