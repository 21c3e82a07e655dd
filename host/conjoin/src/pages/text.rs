//! Values of unknown length and content, made fit to be read. Escaping for HTML is the templates' part.

use serde_json::Value;

/// The most characters of one metadata value that are shown.
const MAX_VALUE: usize = 2_000;

/// The most characters of one key, path or id that are shown.
const MAX_NAME: usize = 200;

/// Values up to this many characters stay on one line.
const ONE_LINE: usize = 48;

/// A text that may have been cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// What is shown.
    pub text: String,
    /// How many characters are not.
    pub omitted: usize,
}

/// A metadata value as JSON.
pub(super) fn shown(value: &Value) -> Shown {
    let compact = value.to_string();
    let json = if compact.chars().nth(ONE_LINE).is_none() {
        compact
    } else {
        serde_json::to_string_pretty(value).unwrap_or(compact)
    };
    shown_text(&json, MAX_VALUE)
}

/// A text, cut at `most` characters.
pub(crate) fn shown_text(text: &str, most: usize) -> Shown {
    Shown {
        text: visible(text.chars().take(most), true),
        omitted: text.chars().skip(most).count(),
    }
}

/// A key, path or id.
pub(crate) fn name(text: &str) -> String {
    let mut name = visible(text.chars().take(MAX_NAME), false);
    if text.chars().nth(MAX_NAME).is_some() {
        name.push('…');
    }
    if name.is_empty() { "\"\"".to_owned() } else { name }
}

/// Somebody else's words for a person: one paragraph, at most `most` characters, nothing that turns the text around it.
pub(super) fn words(text: &str, most: usize) -> String {
    // Joiners are part of how some scripts and emoji are written.
    let plain = text
        .chars()
        .filter(|character| !is_unseen(*character) || matches!(character, '\u{200c}' | '\u{200d}'));
    let spaced = plain.map(|character| if character.is_control() { ' ' } else { character });
    spaced.take(most).collect()
}

/// Bytes as a person counts them.
pub(super) fn kilobytes(bytes: usize) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024);
    format!("{}.{} KB", tenths / 10, tenths % 10)
}

/// Writes characters that cannot be seen, or that change the direction of what follows, as JSON escapes: whoever fills the metadata must not be able to
/// make a value look like another.
fn visible(text: impl Iterator<Item = char>, keep_lines: bool) -> String {
    let mut seen = String::new();
    for character in text {
        if is_unseen(character) || (character.is_control() && !(keep_lines && character == '\n')) {
            seen.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            seen.push(character);
        }
    }
    seen
}

/// Zero-width and bidirectional controls.
fn is_unseen(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_values_stay_on_one_line_and_long_ones_are_laid_out() {
        assert_eq!(shown(&json!(["a", 1])).text, r#"["a",1]"#);
        assert!(shown(&json!({"a": "x".repeat(60)})).text.starts_with("{\n  \"a\""));
    }

    #[test]
    fn long_values_are_cut_at_characters_and_say_how_much_is_missing() {
        let long = shown(&json!("é".repeat(5_000)));
        assert_eq!(long.text.chars().count(), MAX_VALUE);
        assert_eq!(long.omitted, 5_002 - MAX_VALUE);
    }

    #[test]
    fn what_turns_or_hides_text_is_written_out() {
        assert_eq!(shown(&json!("a\u{202e}b\u{200b}")).text, "\"a\\u202eb\\u200b\"");
        assert_eq!(name("a\u{2066}\nb"), "a\\u2066\\u000ab");
        assert_eq!(words("a\u{202e}b\nc", 3), "ab ");
    }

    #[test]
    fn an_empty_name_is_still_seen() {
        assert_eq!(name(""), "\"\"");
        assert_eq!(name(&"k".repeat(201)).chars().count(), 201);
    }

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!(kilobytes(10 * 1024), "10.0 KB");
        assert_eq!(kilobytes(10 * 1024 + 1), "10.1 KB");
    }
}
