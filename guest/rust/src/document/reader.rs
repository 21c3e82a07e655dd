//! Where the values of a JSON text are.

use serde_json::Number;

/// One value, or one key of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
    /// How many spans after this one are inside it.
    pub(super) inside: u32,
    pub(super) kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    /// A string that says what stands between its quotes.
    Plain,
    /// A string with a backslash.
    Escaped,
    Array,
    Object,
}

/// As deep as `serde_json` reads. The host gives no more than 100 levels.
const MOST_LEVELS: usize = 127;

/// What bags of short keys and values come to. A list that has to grow is copied.
const BYTES_PER_SPAN: usize = 8;

/// The largest double has 309 digits.
const DIGITS_OF_A_DOUBLE: usize = 308;

impl Span {
    pub(super) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The spans of an object in the order of the text, itself first. The error is the byte at which what is no JSON stands, or the string in which it does begins.
pub(super) fn read(text: &str) -> Result<Vec<Span>, usize> {
    // Every place fits 32 bits: those of a component have no more.
    if u32::try_from(text.len()).is_err() {
        return Err(u32::MAX as usize);
    }
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        spans: Vec::with_capacity(text.len() / BYTES_PER_SPAN + 1),
    };
    reader.whole().ok_or(reader.at)?;
    Ok(reader.spans)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    spans: Vec<Span>,
}

/// Each reads from `at` to the end of what it is named after. None where the text is none, and `at` is where.
///
/// Within a component each call of a function costs as much as a dozen steps, and texts are compact: hence what is inlined, and that blanks are what is looked for last.
impl Reader<'_> {
    fn whole(&mut self) -> Option<()> {
        if self.next()? != b'{' {
            return None;
        }
        self.value(1)?;
        self.next().is_none().then_some(())
    }

    fn value(&mut self, level: usize) -> Option<()> {
        match self.next()? {
            b'"' => self.string(),
            b'{' if level <= MOST_LEVELS => self.object(level),
            b'[' if level <= MOST_LEVELS => self.array(level),
            b't' => self.word("true", Kind::Bool),
            b'f' => self.word("false", Kind::Bool),
            b'n' => self.word("null", Kind::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn object(&mut self, level: usize) -> Option<()> {
        let opened = self.open(Kind::Object);
        if self.next()? == b'}' {
            return self.close(opened);
        }
        loop {
            if self.next()? != b'"' {
                return None;
            }
            self.string()?;
            if self.next()? != b':' {
                return None;
            }
            self.at += 1;
            self.value(level + 1)?;
            match self.next()? {
                b',' => self.at += 1,
                b'}' => return self.close(opened),
                _ => return None,
            }
        }
    }

    fn array(&mut self, level: usize) -> Option<()> {
        let opened = self.open(Kind::Array);
        if self.next()? == b']' {
            return self.close(opened);
        }
        loop {
            self.value(level + 1)?;
            match self.next()? {
                b',' => self.at += 1,
                b']' => return self.close(opened),
                _ => return None,
            }
        }
    }

    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        let start = self.at;
        let mut kind = Kind::Plain;
        let mut at = start + 1;
        loop {
            at += plain(self.bytes.get(at..)?);
            match self.bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    kind = Kind::Escaped;
                    at += 2;
                }
                _ => {
                    self.at = at;
                    return None;
                }
            }
        }
        // Few strings have an escape, and what may follow a backslash is better known elsewhere.
        if kind == Kind::Escaped && serde_json::from_str::<String>(self.text.get(start..=at)?).is_err() {
            return None;
        }
        self.at = at + 1;
        self.push(start, kind);
        Some(())
    }

    fn number(&mut self) -> Option<()> {
        let start = self.at;
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        let has_exponent = self.skip(b'e') || self.skip(b'E');
        if has_exponent {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        // Few are written so, and no other can be one that no double holds.
        let may_be_beyond = has_exponent || self.at - start > DIGITS_OF_A_DOUBLE;
        if may_be_beyond && serde_json::from_str::<Number>(self.text.get(start..self.at)?).is_err() {
            self.at = start;
            return None;
        }
        self.push(start, Kind::Number);
        Some(())
    }

    /// At least one.
    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn word(&mut self, word: &str, kind: Kind) -> Option<()> {
        let start = self.at;
        if !self.bytes.get(start..)?.starts_with(word.as_bytes()) {
            return None;
        }
        self.at += word.len();
        self.push(start, kind);
        Some(())
    }

    /// The next byte that is no blank, which is where this stands then.
    #[inline(always)]
    fn next(&mut self) -> Option<u8> {
        loop {
            match self.bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at += 1,
                byte => return Some(*byte),
            }
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.at) == Some(&byte);
        if is_next {
            self.at += 1;
        }
        is_next
    }

    /// A span that ends here.
    #[inline(always)]
    fn push(&mut self, start: usize, kind: Kind) {
        self.spans.push(Span {
            start: start as u32,
            end: self.at as u32,
            inside: 0,
            kind,
        });
    }

    /// A span that begins here, past its bracket. Its place among the spans is needed to close it.
    fn open(&mut self, kind: Kind) -> usize {
        let start = self.at;
        self.at += 1;
        self.push(start, kind);
        self.spans.len() - 1
    }

    /// Past its other bracket.
    fn close(&mut self, opened: usize) -> Option<()> {
        self.at += 1;
        let inside = self.spans.len() - opened - 1;
        let span = self.spans.get_mut(opened)?;
        span.end = self.at as u32;
        span.inside = inside as u32;
        Some(())
    }
}

/// How many bytes come before the first that ends a run of plain text: a quote, a backslash, a control character.
///
/// Eight at a time, since most of a bag is text and a component pays for each step.
fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = ONES << 7;
    // The high bit of the lowest byte below `limit`, and perhaps of some above it.
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGHS;
    let mut at = 0;
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*word);
        let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = below(word, 0x20) | is(b'"') | is(b'\\');
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
        rest = after;
    }
    let ends = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    at + rest.iter().position(ends).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[test]
    fn plain_text_ends_at_the_first_byte_that_ends_it() {
        for length in 0..20 {
            for at in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'~'; length];
                    bytes[at] = byte;
                    // Of two, the first.
                    bytes[length - 1] = if at + 1 == length { byte } else { b'"' };
                    let ends = |byte: &u8| *byte < 0x20 || [b'"', b'\\'].contains(byte);
                    assert_eq!(
                        plain(&bytes),
                        bytes.iter().position(ends).unwrap_or(length),
                        "{bytes:?}"
                    );
                }
            }
        }
    }

    /// Every text is one for `serde_json` too, or for neither.
    #[test]
    fn it_reads_what_serde_json_reads() {
        let deep_array = |levels: usize| format!(r#"{{"a":{}{}}}"#, "[".repeat(levels - 1), "]".repeat(levels - 1));
        let deep = |levels: usize| format!("{}{}", r#"{"a":"#.repeat(levels - 1), "{}") + &"}".repeat(levels - 1);
        let texts = [
            "",
            " ",
            "{",
            "}",
            "[]",
            "1",
            "null",
            "{}",
            " {\t}\r\n",
            "{}x",
            "{} {}",
            "{,}",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a":1 "b":2}"#,
            r#"{a:1}"#,
            r#"{"a":[]}"#,
            r#"{"a":[,]}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":[1 2]}"#,
            r#"{"a":[1}"#,
            r#"{"a":tru}"#,
            r#"{"a":truex}"#,
            r#"{"a":nul"#,
            r#"{"a":TRUE}"#,
            r#"{"a":0}"#,
            r#"{"a":00}"#,
            r#"{"a":-}"#,
            r#"{"a":-0}"#,
            r#"{"a":01}"#,
            r#"{"a":1.}"#,
            r#"{"a":.5}"#,
            r#"{"a":1.5e}"#,
            r#"{"a":1.5e+}"#,
            r#"{"a":1E-3}"#,
            r#"{"a":+1}"#,
            r#"{"a":1e308}"#,
            r#"{"a":1e309}"#,
            r#"{"a":-1E999}"#,
            r#"{"a":1e-999}"#,
            r#"{"a":1e3.5}"#,
            r#"{"a":"}"#,
            r#"{"a":"\"}"#,
            r#"{"a":"\x"}"#,
            r#"{"a":"\u12"}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\ud83e\udd80"}"#,
            r#"{"a":"\/\b\f\n\r\t\\\""}"#,
            "{\"a\":\"\n\"}",
            "{\"a\":\"\u{7f}\u{e9}\u{1f980}\"}",
            "\u{feff}{}",
            "{\"a\":\u{a0}1}",
            "{\"\":{\"\":{}}}",
            r#"{"a\u0000":1}"#,
            r#"{"a\"#,
            r#"{"a":"b\"#,
        ];
        let texts = texts.map(str::to_owned);
        let long = [308, 309, 310].map(|digits| format!(r#"{{"a":{}}}"#, "9".repeat(digits)));
        let deep = [126, 127, 128, 5_000].map(|levels| [deep(levels), deep_array(levels)]);
        for text in texts.into_iter().chain(long).chain(deep.into_iter().flatten()) {
            let theirs = serde_json::from_str::<Map<String, Value>>(&text);
            assert_eq!(read(&text).is_ok(), theirs.is_ok(), "{text:.60}: {theirs:?}");
        }
    }
}
