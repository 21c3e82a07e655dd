use thiserror::Error;

use super::{Node, Occur, Term};

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

/// The clauses of a whole query.
///
/// # Errors
/// When it is not well-formed.
pub fn clauses(text: &str) -> Result<Vec<(Occur, Node)>, QueryError> {
    let mut parser = Parser {
        characters: text.chars().collect(),
        at: 0,
        depth: 0,
    };
    let clauses = parser.clauses()?;
    if parser.at < parser.characters.len() {
        return Err(parser.error("unexpected closing parenthesis"));
    }
    Ok(clauses)
}

/// Reads a query from left to right, one character at a time.
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
