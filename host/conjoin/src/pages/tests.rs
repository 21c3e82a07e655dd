//! Every page with sample data: what it says, what it must not say, and what a hostile value can do to it.

mod account_tests;
mod explain_tests;
mod look;
mod message_tests;
mod outcome_tests;
mod review_tests;
mod safety_tests;
mod samples;

/// The part of a page from the element with this attribute to the end of its tag's name, text and markup; a failure names what is missing.
fn part<'a>(html: &'a str, attribute: &str, end: &str) -> &'a str {
    let start = html
        .find(attribute)
        .unwrap_or_else(|| panic!("no {attribute} in {html}"));
    let part = &html[start..];
    &part[..part.find(end).unwrap_or(part.len())]
}

/// A page's text without its markup, spaces joined.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for character in html.chars() {
        match character {
            '<' => inside = true,
            '>' => {
                inside = false;
                text.push(' ');
            }
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
