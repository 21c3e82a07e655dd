//! Strings in a JSON text that is written by hand.

/// What stands between the quotes of a JSON string.
pub(crate) fn push_escaped(string: &str, out: &mut String) {
    let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    if string.bytes().all(is_plain) {
        out.push_str(string);
    } else {
        let quoted = serde_json::Value::from(string).to_string();
        out.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
    }
}
