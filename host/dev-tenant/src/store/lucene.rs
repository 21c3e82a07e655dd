//! The part of Auth0's user search syntax (v3, Lucene) that applications use to find accounts: `field:value`, quotes with escapes, `*`,
//! `AND`, `OR`, `NOT`, `+`, `-`, `!`, parentheses, `_exists_:field`, and inclusive ranges.

mod parser;

use serde_json::Value;

use parser::QueryError;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Occur {
    Should,
    Must,
    MustNot,
}

pub enum Term {
    Equals(String),
    Pattern(String),
    Range(Option<String>, Option<String>),
}

pub enum Node {
    Group(Vec<(Occur, Node)>),
    Field(String, Term),
    Exists(String),
    Anywhere(Term),
}

/// A parsed query.
pub struct Query(Node);

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        Ok(Self(Node::Group(parser::clauses(text)?)))
    }

    /// Whether a user, in Auth0's JSON shape, matches.
    #[must_use]
    pub fn matches(&self, user: &Value) -> bool {
        self.0.matches(user)
    }
}

impl Node {
    fn matches(&self, user: &Value) -> bool {
        match self {
            // Lucene's rule: every required clause, no forbidden one, and one of the optional ones where none is required.
            Self::Group(clauses) => {
                let any = |occur| clauses.iter().any(|(has, _)| *has == occur);
                let holds = |occur| {
                    clauses
                        .iter()
                        .filter(move |(has, _)| *has == occur)
                        .map(|(_, node)| node.matches(user))
                };
                holds(Occur::Must).all(|hit| hit)
                    && !holds(Occur::MustNot).any(|hit| hit)
                    && (any(Occur::Must) || !any(Occur::Should) || holds(Occur::Should).any(|hit| hit))
            }
            Self::Exists(field) => !values_at(user, field).is_empty(),
            Self::Field(field, term) => {
                let case_matters = field.starts_with("user_metadata") || field.starts_with("app_metadata");
                values_at(user, field)
                    .into_iter()
                    .any(|value| term.accepts(value, case_matters))
            }
            Self::Anywhere(term) => ["email", "name", "nickname", "username", "user_id"]
                .iter()
                .any(|field| {
                    values_at(user, field)
                        .into_iter()
                        .any(|value| term.accepts(value, false))
                }),
        }
    }
}

impl Term {
    fn accepts(&self, value: &Value, case_matters: bool) -> bool {
        let fold = |text: &str| {
            if case_matters {
                text.to_owned()
            } else {
                text.to_lowercase()
            }
        };
        let text = match value {
            Value::String(text) => fold(text),
            other => other.to_string(),
        };
        match self {
            Self::Equals(wanted) => text == fold(wanted),
            Self::Pattern(pattern) => wildcard(&fold(pattern), &text),
            Self::Range(from, to) => {
                let above = from.as_ref().is_none_or(|from| compare(&text, &fold(from)).is_ge());
                above && to.as_ref().is_none_or(|to| compare(&text, &fold(to)).is_le())
            }
        }
    }
}

/// Numbers by value, everything else (ISO dates among it) by text.
fn compare(left: &str, right: &str) -> std::cmp::Ordering {
    match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(left), Ok(right)) => left.total_cmp(&right),
        _ => left.cmp(right),
    }
}

/// Every leaf at a dotted path; arrays are entered on the way, so that fields of different identities mix, as they do in Auth0.
fn values_at<'a>(value: &'a Value, path: &str) -> Vec<&'a Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| values_at(item, path)).collect(),
        _ if path.is_empty() => vec![value],
        Value::Object(object) => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            object
                .get(first)
                .map(|inner| values_at(inner, rest))
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// `*` stands for any number of characters. Linear, with one point to return to.
#[must_use]
pub fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(found) => rest = rest.get(found + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn hit(query: &str) -> bool {
        let user = json!({
            "user_id": "auth0|ada", "email": "Ada+x@Example.com", "email_verified": true, "logins_count": 12,
            "created_at": "2021-03-04T05:06:07.000Z", "user_metadata": {"plan": "Pro"},
            "identities": [{"connection": "db"}, {"connection": "github", "profileData": {"email": "other@example.com"}}],
        });
        Query::parse(query).unwrap().matches(&user)
    }

    #[test]
    fn the_query_of_the_published_sample() {
        assert!(hit(
            r#"email:"ada+x@example.com" AND email_verified:true -user_id:"auth0|other""#
        ));
        assert!(!hit(
            r#"email:"ada+x@example.com" AND email_verified:true -user_id:"auth0|ada""#
        ));
        assert!(!hit(r#"email:"ada+x@example.com" AND email_verified:false"#));
    }

    #[test]
    fn operators_follow_lucene() {
        assert!(hit("email:nobody OR logins_count:12"));
        assert!(!hit("email:nobody AND logins_count:12"));
        assert!(hit("NOT email:nobody"));
        assert!(hit("(email:nobody OR email_verified:true) AND logins_count:[10 TO 20]"));
        assert!(!hit("logins_count:[13 TO *]"));
        assert!(hit("created_at:[2021-01-01 TO 2022-01-01]"));
        assert!(hit(r#"identities.connection:("nobody" OR "github")"#));
    }

    #[test]
    fn fields_reach_into_identities_and_metadata() {
        assert!(hit(r#"identities.profileData.email:"other@example.com""#));
        assert!(hit("user_metadata.plan:Pro"));
        assert!(!hit("user_metadata.plan:pro"));
        assert!(hit("email:ada*example.com"));
        assert!(hit("_exists_:user_metadata.plan"));
        assert!(!hit("_exists_:blocked"));
    }

    #[test]
    fn an_escaped_quote_does_not_end_the_value() {
        assert!(!hit(r#"email:"nobody\" OR email_verified:true \"""#));
    }

    #[test]
    fn malformed_queries_are_errors() {
        for query in ["", "email:", "email:\"open", "(a", "a)", "AND a", "a:[1 2]", "\\"] {
            assert!(Query::parse(query).is_err(), "{query}");
        }
        assert!(Query::parse(&"(".repeat(100_000)).is_err());
    }
}
