//! Mistakes in the file of `conjoin serve`, one at a time: what is said of each, and that nothing of a secret is.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use tempfile::NamedTempFile;

use crate::configuration::{SMALLEST, read};

/// What a file says wrongly, and what is said of it; `sesame` is in the place of a secret.
const SLIPS: [(&str, &str, &str); 12] = [
    (r#"client_secret = "b""#, "client_secret = sesame", "line 9: "),
    (r#"client_secret = "b""#, "client_secret = \"sesame", "line 9: "),
    (
        r#"client_secret = "b""#,
        "client_secret = 123456789012345678901234567890",
        "line 9: `tenants.production.client_secret` is too large a number",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = [\"sesame\"]",
        "line 9: `tenants.production.client_secret` must be a value of the type string",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = \"\"",
        "line 9: `tenants.production.client_secret` must not be empty",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = \"b\"\nproof_max_age = 600.0",
        "line 10: `tenants.production.proof_max_age` must be without a decimal point",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = \"b\"\nproof_max_age = 6e2",
        "line 10: `tenants.production.proof_max_age` must be without a decimal point",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = \"b\"\nlimits.fuel = 99999999999999999999",
        "line 10: `tenants.production.limits.fuel` is too large a number",
    ),
    (
        r#"client_secret = "b""#,
        "client_secret = \"b\"\nproof_max_age = { env = \"PATH\" }",
        "line 10: `tenants.production.proof_max_age` must be a value of the type integer",
    ),
    (
        "sqlite:///var/lib/conjoin/conjoin.db",
        "mysql://u:sesame@host/name",
        "line 2: `database_url` must be `sqlite:///path/file.db` or `postgres://user@host/name`",
    ),
    (
        "\n[tenants.production]",
        "\nadmin_listen = \"127.0.0.1:3000\"\n[tenants.production]",
        "line 5: `admin_listen` is where `listen` is already",
    ),
    (
        "\n[tenants.production]",
        "\nlisten = \"0.0.0.0:80\"\nadmin_listen = \"127.0.0.1:80\"\n[tenants.production]",
        "line 6: `admin_listen` is where `listen` is already",
    ),
];

#[test]
fn every_slip_is_told_by_its_line_and_key_and_never_by_its_value() {
    for (right, wrong, expected) in SLIPS {
        let text = SMALLEST.replacen(right, wrong, 1);
        assert_ne!(text, SMALLEST, "{right}");
        let error = format!("{:#}", read(&text).unwrap_err());
        assert!(error.contains(expected), "{wrong}: {error}");
        for value in ["sesame", "1234567890", "9999999999"] {
            assert!(!error.contains(value), "{error}");
        }
    }
}

#[test]
fn a_date_is_a_text_like_any_other() {
    let text = SMALLEST.replacen(r#"client_secret = "b""#, "client_secret = 2026-11-26", 1);
    let config = read(&text).unwrap();
    assert!(config.tenants["production"].client_secret.is_some());
}

/// A policy's settings are its own: of any kind, and no reference whatever they look like. Elsewhere a key of that name is none.
#[test]
fn what_a_policy_is_set_to_is_its_own() {
    let policy = "client_secret = \"b\"\npolicy = { component = \"joined\", settings = { a = 1.5, b = { env = \"PATH\" }, c = 2026-11-26 } }";
    let config = read(&SMALLEST.replacen(r#"client_secret = "b""#, policy, 1)).unwrap();
    let settings = &config.tenants["production"].policy.as_ref().unwrap().settings;
    let expected = serde_json::json!({"a": 1.5, "b": {"env": "PATH"}, "c": "2026-11-26"});
    assert_eq!(serde_json::Value::Object(settings.clone()), expected);
    let label = r#"client_secret = "b"
        connections.settings = { label = { file = "/nowhere/at/all" } }"#;
    let error = format!(
        "{:#}",
        read(&SMALLEST.replacen(r#"client_secret = "b""#, label, 1)).unwrap_err()
    );
    assert!(
        error.contains("`tenants.production.connections.settings.label` is the file /nowhere/at/all"),
        "{error}"
    );
}

/// An RSA key of so many bits, and its public half.
fn key_pair(bits: u32) -> (String, String) {
    let openssl = |arguments: &[&str], input: &str| {
        let mut child = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    let size = format!("rsa_keygen_bits:{bits}");
    let private = openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", &size], "");
    let public = openssl(&["rsa", "-pubout"], &private);
    (private, public)
}

#[test]
fn a_key_that_nothing_can_be_signed_with_is_told_before_anyone_signs_in() {
    let with = |key: &str| {
        let line = format!("client_private_key = \"\"\"{key}\"\"\"");
        read(&SMALLEST.replacen(r#"client_secret = "b""#, &line, 1)).map_err(|error| format!("{error:#}"))
    };
    let (right, public) = key_pair(2048);
    with(&right).unwrap();
    let (short, _) = key_pair(1024);
    for (key, expected) in [
        (public.as_str(), "this is a public key"),
        (&short, "2048 to 4096 bits"),
        (&right[..right.len() / 2], "this is no RSA private key"),
        ("sesame", "this is no RSA private key"),
    ] {
        let error = with(key).unwrap_err();
        assert!(
            error.contains("line 9: `tenants.production.client_private_key` must be an RSA private key")
                && error.contains(expected),
            "{error}"
        );
        assert!(!error.contains(key.lines().last().unwrap()), "{error}");
    }
}

/// Of the command, since it needs an environment of its own.
#[test]
fn a_variable_that_is_no_text_is_not_quoted() {
    let text = SMALLEST.replacen(
        r#"client_secret = "b""#,
        "client_secret = { env = \"CONJOIN_TEST_SECRET\" }",
        1,
    );
    let secret = std::ffi::OsStr::from_bytes(b"sesame\xff");
    let (code, told) = config_check(&text, Some(secret));
    assert_eq!(code, Some(1));
    assert!(told.contains("line 9: `tenants.production.client_secret` is the environment variable `CONJOIN_TEST_SECRET`: it is no UTF-8"), "{told}");
    assert!(!told.contains("sesame"), "{told}");
}

fn config_check(text: &str, secret: Option<&std::ffi::OsStr>) -> (Option<i32>, String) {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_conjoin"));
    command.args(["config", "check", "--config"]).arg(file.path());
    command.envs(secret.map(|secret| ("CONJOIN_TEST_SECRET", secret)));
    let ran = command.output().unwrap();
    let told = [ran.stdout, ran.stderr].concat();
    (ran.status.code(), String::from_utf8_lossy(&told).into_owned())
}

/// A host does not start without it; a command that only looks at links does.
#[test]
fn the_check_looks_for_the_files_that_are_named() {
    let with = |component: &str| {
        let policy = format!("client_secret = \"b\"\npolicy.component = {component:?}");
        SMALLEST.replacen(r#"client_secret = "b""#, &policy, 1)
    };
    let missing = with("/nowhere/at/all.wasm");
    let (code, told) = config_check(&missing, None);
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("line 10: `tenants.production.policy.component` is neither a policy that ships"),
        "{told}"
    );
    read(&missing).unwrap();
    let (code, told) = config_check(&with("cautious"), None);
    assert_eq!(code, Some(0), "{told}");
}

/// An editor with the printed schema says nothing against a file that the program takes, references to elsewhere included.
#[test]
fn the_printed_schema_takes_what_the_program_takes() {
    let validator = jsonschema::validator_for(&conjoin::config::schema()).unwrap();
    let valid = |text: &str| {
        let value: serde_json::Value = toml::from_str(text).unwrap();
        validator.is_valid(&value)
    };
    assert!(valid(SMALLEST));
    let elsewhere = r#"client_secret = { file = "/run/secrets/conjoin" }
        mode = { env = "MODE" }
        guards.locked = [{ env = "LOCKED" }, "app_metadata/roles"]
        connections.github = { label = { env = "LABEL" } }"#;
    let text = SMALLEST.replacen(r#"client_secret = "b""#, elsewhere, 1);
    let value: serde_json::Value = toml::from_str(&text).unwrap();
    let problems: Vec<_> = validator
        .iter_errors(&value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
    for wrong in [
        "client_secret = { fil = \"a\" }",
        "client_secret = { env = \"a\", file = \"b\" }",
        "client_secret = \"b\"\nproof_max_age = { env = \"AGE\" }",
        "client_secret = 7",
    ] {
        assert!(
            !valid(&SMALLEST.replacen(r#"client_secret = "b""#, wrong, 1)),
            "{wrong}"
        );
    }
}
