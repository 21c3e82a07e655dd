//! The refusal's words, in the person's language.

use conjoin_guest::{Event, Failure};
use serde::Deserialize;

/// The host cuts a message at 300 characters; the sentence around the names has its part of them.
const MAX_NAMES: usize = 180;

/// So many characters of one name are shown.
const MAX_NAME: usize = 60;

#[derive(Deserialize)]
struct Context {
    locale: Option<String>,
}

/// Says which settings differ, as many as there is room for, and how many more there are.
pub(crate) fn naming(places: &[String], event: &Event) -> Result<String, Failure> {
    let context: Context = event.context()?;
    let locale = context.locale.unwrap_or_default();
    let (names, more) = list(places);
    Ok(match language(&locale) {
        "de" => format!(
            "Die beiden Konten unterscheiden sich hier: {names}{}. Gleichen Sie sie an und versuchen Sie es noch einmal.",
            remainder(more, "und", "weitere"),
        ),
        "fr" => format!(
            "Les deux comptes diffèrent ici : {names}{}. Rendez-les identiques, puis réessayez.",
            remainder(more, "et", "de plus"),
        ),
        _ => format!(
            "The two accounts differ here: {names}{}. Make them equal and try again.",
            remainder(more, "and", "more"),
        ),
    })
}

/// `de-CH` is `de`.
fn language(locale: &str) -> &str {
    locale.split('-').next().unwrap_or_default()
}

fn remainder(more: usize, and: &str, further: &str) -> String {
    if more == 0 {
        String::new()
    } else {
        format!(" {and} {more} {further}")
    }
}

/// The first names that fit, quoted, and how many are left over. One name is always there: it is cut to fit.
fn list(places: &[String]) -> (String, usize) {
    let (mut names, mut length, mut shown) = (String::new(), 0, 0);
    for place in places {
        let name = quoted(place);
        let separator = if shown == 0 { "" } else { ", " };
        let added = separator.len() + name.chars().count();
        if length + added > MAX_NAMES {
            break;
        }
        names.push_str(separator);
        names.push_str(&name);
        length += added;
        shown += 1;
    }
    (names, places.len() - shown)
}

/// A key can hold anything. What has no shape of its own, or turns the text around it, is shown as what it is called.
fn quoted(place: &str) -> String {
    let mut text: String = place
        .chars()
        .flat_map(|character| {
            let visible = !character.is_control() && !is_format(character);
            let escaped = (!visible).then(|| character.escape_unicode());
            let plain = visible.then_some(character);
            plain.into_iter().chain(escaped.into_iter().flatten())
        })
        .take(MAX_NAME + 1)
        .collect();
    if text.chars().count() > MAX_NAME {
        text.pop();
        text.push('…');
    }
    format!("“{text}”")
}

/// Marks of direction and width, and what separates lines: the characters with which a name could pass for other text.
fn is_format(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(places: &[&str]) -> Vec<String> {
        places.iter().map(|place| (*place).to_owned()).collect()
    }

    #[test]
    fn every_name_is_there_while_there_is_room() {
        assert_eq!(list(&places(&["a", "b/c"])), ("“a”, “b/c”".to_owned(), 0));
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let many: Vec<String> = (0..1_000).map(|number| format!("setting-{number:04}")).collect();
        let (names, more) = list(&many);
        let shown = names.matches('“').count();
        assert_eq!(shown + more, 1_000);
        assert!(shown > 5 && names.chars().count() <= MAX_NAMES, "{names}");
    }

    #[test]
    fn the_longest_message_in_any_language_is_within_what_the_host_shows() {
        let long: Vec<String> = (0..100_000)
            .map(|number| format!("{number}{}", "x".repeat(500)))
            .collect();
        for locale in ["en", "de-CH", "fr"] {
            let text = message(&long, locale);
            assert!(text.chars().count() <= 300, "{text}");
            assert!(text.contains('…') && text.contains("9999"), "{text}");
        }
    }

    #[test]
    fn a_name_cannot_turn_the_text_around_it() {
        assert_eq!(quoted("a\u{202e}b\n"), "“a\\u{202e}b\\u{a}”");
        assert_eq!(quoted("名前🦀é"), "“名前🦀é”");
    }

    fn message(places: &[String], locale: &str) -> String {
        let event = Event {
            transaction_id: String::new(),
            tenant: String::new(),
            client_id: String::new(),
            organization: None,
            now: String::new(),
            seed: String::new(),
            settings: "{}".to_owned(),
            context: format!(r#"{{"locale":"{locale}"}}"#),
        };
        naming(places, &event).unwrap()
    }
}
