//! The part of Auth0's user search syntax (v3, Lucene) that applications use to find accounts: `field:value`, quotes with escapes, `*`,
//! `AND`, `OR`, `NOT`, `+`, `-`, `!`, parentheses, `_exists_:field`, and inclusive ranges.

use serde_json::Value;
use thiserror::Error;

/// Levels of parentheses; deeper is refused rather than recursed into.
const MAX_DEPTH: usize = 32;

/// Why a query was not understood.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("cannot parse the query at character {at}: {problem}")]
pub struct QueryError {
    /// Characters from the start.
    pub at: usize,
    /// What was wrong there.
    pub problem: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Occur {
    Should,
    Must,
    MustNot,
}

enum Term {
    Equals(String),
    Pattern(String),
    Range(Option<String>, Option<String>),
}

enum Node {
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
        let mut parser = Parser {
            characters: text.chars().collect(),
            at: 0,
            depth: 0,
        };
        let clauses = parser.clauses()?;
        if parser.at < parser.characters.len() {
            return Err(parser.error("unexpected closing parenthesis"));
        }
        Ok(Self(Node::Group(clauses)))
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

struct Parser {
    characters: Vec<char>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn error(&self, problem: &'static str) -> QueryError {
        QueryError { at: self.at, problem }
    }

    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn skip_spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    /// Takes an upper-case operator, if the next word is exactly that.
    fn keyword(&mut self, word: &str) -> bool {
        let end = self.at + word.len();
        let is_word = self
            .characters
            .get(self.at..end)
            .is_some_and(|found| found.iter().copied().eq(word.chars()));
        let ends = self
            .characters
            .get(end)
            .is_none_or(|next| next.is_whitespace() || *next == '(');
        if is_word && ends {
            self.at = end;
        }
        is_word && ends
    }

    /// Clauses up to a closing parenthesis or the end. `AND` makes both its neighbours required, as Lucene's classic parser does.
    fn clauses(&mut self) -> Result<Vec<(Occur, Node)>, QueryError> {
        let mut clauses: Vec<(Occur, Node)> = Vec::new();
        loop {
            self.skip_spaces();
            if matches!(self.peek(), None | Some(')')) {
                break;
            }
            let mut occur = Occur::Should;
            if self.keyword("AND") || self.keyword("&&") {
                match clauses.last_mut() {
                    Some((before, _)) if *before == Occur::Should => *before = Occur::Must,
                    Some(_) => {}
                    None => return Err(self.error("AND has nothing before it")),
                }
                occur = Occur::Must;
            } else if !self.keyword("OR") {
                self.keyword("||");
            }
            let clause = self.clause(occur)?;
            clauses.push(clause);
        }
        if clauses.is_empty() {
            Err(self.error("a clause is missing"))
        } else {
            Ok(clauses)
        }
    }

    fn clause(&mut self, mut occur: Occur) -> Result<(Occur, Node), QueryError> {
        self.skip_spaces();
        if self.keyword("NOT") {
            occur = Occur::MustNot;
            self.skip_spaces();
        } else if matches!(self.peek(), Some('-' | '!')) {
            occur = Occur::MustNot;
            self.at += 1;
        } else if self.peek() == Some('+') {
            occur = Occur::Must;
            self.at += 1;
        }
        if self.peek() == Some('(') {
            return Ok((occur, self.group(|parser| parser.clauses())?));
        }
        let start = self.at;
        if self.peek() != Some('"') {
            let field = self.word()?;
            if self.peek() == Some(':') {
                self.at += 1;
                return Ok((occur, self.field(field)?));
            }
            self.at = start;
        }
        Ok((occur, Node::Anywhere(self.term()?)))
    }

    fn group(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<Vec<(Occur, Node)>, QueryError>,
    ) -> Result<Node, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("parentheses are nested too deeply"));
        }
        self.at += 1;
        let clauses = inner(self)?;
        if self.peek() != Some(')') {
            return Err(self.error("a closing parenthesis is missing"));
        }
        self.at += 1;
        self.depth -= 1;
        Ok(Node::Group(clauses))
    }

    fn field(&mut self, field: String) -> Result<Node, QueryError> {
        if field == "_exists_" {
            return Ok(Node::Exists(self.word()?));
        }
        if self.peek() == Some('(') {
            return self.group(|parser| parser.alternatives(&field));
        }
        Ok(Node::Field(field, self.term()?))
    }

    /// `field:(a b OR "c")`: any of them.
    fn alternatives(&mut self, field: &str) -> Result<Vec<(Occur, Node)>, QueryError> {
        let mut nodes = Vec::new();
        loop {
            self.skip_spaces();
            if self.keyword("OR") {
                continue;
            }
            if matches!(self.peek(), None | Some(')')) {
                return Ok(nodes);
            }
            nodes.push((Occur::Should, Node::Field(field.to_owned(), self.term()?)));
        }
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        match self.peek() {
            Some('"') => Ok(Term::Equals(self.quoted()?)),
            Some('[') => self.range(),
            _ => {
                let word = self.word()?;
                Ok(if word.contains('*') {
                    Term::Pattern(word)
                } else {
                    Term::Equals(word)
                })
            }
        }
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let character = self.peek().ok_or_else(|| self.error("a closing quote is missing"))?;
            self.at += 1;
            match character {
                '"' => return Ok(text),
                '\\' => {
                    text.push(self.peek().ok_or_else(|| self.error("nothing follows the backslash"))?);
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
    }

    fn word(&mut self) -> Result<String, QueryError> {
        let mut text = String::new();
        while let Some(character) = self.peek() {
            if character.is_whitespace() || matches!(character, ':' | '(' | ')' | '"' | '[' | ']') {
                break;
            }
            self.at += 1;
            if character == '\\' {
                text.push(self.peek().ok_or_else(|| self.error("nothing follows the backslash"))?);
                self.at += 1;
            } else {
                text.push(character);
            }
        }
        if text.is_empty() {
            Err(self.error("a word is missing"))
        } else {
            Ok(text)
        }
    }

    fn range(&mut self) -> Result<Term, QueryError> {
        self.at += 1;
        let bound = |text: String| (text != "*").then_some(text);
        let from = self.bound()?;
        self.skip_spaces();
        if !self.keyword("TO") {
            return Err(self.error("a range needs TO"));
        }
        let to = self.bound()?;
        self.skip_spaces();
        if self.peek() != Some(']') {
            return Err(self.error("a closing bracket is missing"));
        }
        self.at += 1;
        Ok(Term::Range(bound(from), bound(to)))
    }

    /// Unlike a word, a bound may hold colons: it is often a time.
    fn bound(&mut self) -> Result<String, QueryError> {
        self.skip_spaces();
        let mut text = String::new();
        while let Some(character) = self
            .peek()
            .filter(|character| !character.is_whitespace() && *character != ']')
        {
            text.push(character);
            self.at += 1;
        }
        if text.is_empty() {
            Err(self.error("a bound is missing"))
        } else {
            Ok(text)
        }
    }
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
