//! Lines that ask nothing, and lines at the bounds of what may be asked.

use serde_json::{Value, json};

use crate::program::{answers, nested};

#[test]
fn a_line_that_asks_nothing_is_an_error_and_the_next_is_answered() {
    let accounts = r#""primary":{},"secondary":{}"#;
    let deep = nested(101);
    let wrong: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), "EOF"),
        (b"nonsense".into(), "not JSON"),
        (b"[]".into(), ""),
        (b"[null,null]".into(), "JSON object"),
        (b"null".into(), "not JSON"),
        (b"{\"primary\":{},\"secondary\":{}".into(), "EOF"),
        (b"\xff".into(), "UTF-8"),
        (format!("{{{accounts}}} {{}}").into(), "trailing"),
        (format!(r#"{{"hook":"link",{accounts}}}"#).into(), "`link`"),
        (format!(r#"{{"hook":7,{accounts}}}"#).into(), "hook"),
        (format!(r#"{{"event":[],{accounts}}}"#).into(), "event: "),
        (
            format!(r#"{{"expect":{{"result":[]}},{accounts}}}"#).into(),
            "expect.result: ",
        ),
        (format!(r#"{{"primery":{{}},{accounts}}}"#).into(), "primery"),
        (
            format!(r#"{{"event":{{"now":"yesterday"}},{accounts}}}"#).into(),
            "event.now",
        ),
        (
            format!(r#"{{"event":{{"now":"1969-12-31T23:59:59Z"}},{accounts}}}"#).into(),
            "event.now",
        ),
        (format!(r#"{{"event":{{"seed":"0"}},{accounts}}}"#).into(), "event.seed"),
        (
            format!(r#"{{"event":{{"settings":[]}},{accounts}}}"#).into(),
            "not a case",
        ),
        (
            format!(r#"{{"event":{{"settings":{deep}}},{accounts}}}"#).into(),
            "`event.settings`",
        ),
        (r#"{"primary":{}}"#.into(), "`secondary`"),
        (r#"{"hook":"select-candidates","current":{}}"#.into(), "`found`"),
        (r#"{"hook":"describe","event":{}}"#.into(), "`event`"),
        (
            r#"{"primary":{"user_metadata":[]},"secondary":{}}"#.into(),
            "not a case",
        ),
        (
            r#"{"primary":{"user_metadata":{"a":1e400}},"secondary":{}}"#.into(),
            "out of range",
        ),
        (
            r#"{"primary":{"user_metadata":{"a":"\ud800"}},"secondary":{}}"#.into(),
            "hex escape",
        ),
        (
            format!(r#"{{"primary":{{"user_metadata":{deep}}},"secondary":{{}}}}"#).into(),
            "`user_metadata`",
        ),
        (
            format!(r#"{{"primary":{{}},"secondary":{{"app_metadata":{deep}}}}}"#).into(),
            "`app_metadata`",
        ),
        (
            format!(r#"{{"primary":{{"address":{deep}}},"secondary":{{}}}}"#).into(),
            "`profile`",
        ),
        (
            format!(r#"{{"primary":{{"identities":[{{"profileData":{deep}}}]}},"secondary":{{}}}}"#).into(),
            "`identities`",
        ),
        (
            format!(
                r#"{{"primary":{{"user_metadata":{}}},"secondary":{{}}}}"#,
                nested(100_000)
            )
            .into(),
            "recursion limit",
        ),
        (
            format!(
                r#"{{"primary":{{"logins_count":"{}"}},"secondary":{{}}}}"#,
                "9".repeat(100_000)
            )
            .into(),
            "invalid type",
        ),
    ];
    let mut input = Vec::new();
    for (line, _) in &wrong {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\n{\"primary\":{},\"secondary\":{}}\n");
    }
    let answers = answers(&["joined"], input);
    assert_eq!(answers.len(), 2 * wrong.len());
    for ((line, named), pair) in wrong.iter().zip(answers.chunks(2)) {
        let line = String::from_utf8_lossy(&line[..line.len().min(200)]);
        let error = pair[0]["error"]
            .as_str()
            .unwrap_or_else(|| panic!("{line}: {}", pair[0]));
        assert!(error.contains(named) && error.len() < 2000, "{line}: {error}");
        assert!(pair[1]["result"].is_object(), "after {line}");
    }
}

#[test]
fn a_key_that_is_there_twice_counts_as_its_last() {
    let line =
        r#"{"hook":"link","hook":"merge","primary":[],"primary":{"user_metadata":{"a":1,"a":2}},"secondary":{}}"#;
    let [answer] = <[Value; 1]>::try_from(answers(&["joined"], line)).unwrap();
    assert_eq!(answer["result"]["user_metadata"], json!({"a": 2}));
}

#[test]
fn a_bag_of_100_levels_and_numbers_at_the_edge_are_merged() {
    let deep = nested(100);
    let line = format!(
        r#"{{"primary":{{"user_metadata":{{"big":9007199254740993,"most":18446744073709551615,"tiny":5e-324}}}},"secondary":{{"user_metadata":{{"f":1.7976931348623157e308}},"app_metadata":{deep}}}}}"#
    );
    let [answer] = <[Value; 1]>::try_from(answers(&["joined"], line)).unwrap();
    assert_eq!(
        answer["result"]["user_metadata"],
        json!({"big": 9_007_199_254_740_993_u64, "most": u64::MAX, "tiny": 5e-324, "f": f64::MAX})
    );
    assert_eq!(
        answer["result"]["app_metadata"],
        serde_json::from_str::<Value>(&deep).unwrap()
    );
}

#[test]
fn a_line_over_the_bound_is_an_error_and_the_next_is_answered() {
    let mut input = b"{\"about\":\"".to_vec();
    input.resize(17 << 20, b'x');
    input.extend_from_slice(b"\"}\n{\"primary\":{},\"secondary\":{}}\n");
    let answers = answers(&["joined"], input);
    assert!(answers[0]["error"].as_str().unwrap().contains("longer than"));
    assert!(answers[1]["plan"].is_object());
    assert_eq!(answers.len(), 2);
}
