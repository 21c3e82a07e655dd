//! The file of `conjoin serve`.

use std::io::Write;
use std::time::Duration;

use conjoin::config::Config;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;

const SMALLEST: &str = r#"
base_url = "https://accounts.example.com"
database_url = "sqlite:///var/lib/conjoin/conjoin.db"
encryption_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

[tenant]
name = "production"
issuer = "https://example.eu.auth0.com/"
client_id = "a"
client_secret = "b"
management_client_id = "c"
management_client_secret = "d"
"#;

fn read(text: &str) -> anyhow::Result<Config> {
    let mut file = NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::from_file(file.path())
}

#[test]
fn nothing_needs_to_be_said_but_who_and_where() {
    let config = read(SMALLEST).unwrap();
    assert_eq!(config.options().pace, conjoin_linking::pace::Pace::default());
    assert_eq!(config.options().every, Duration::from_secs(10));
    assert_eq!(config.options().keep_originals, Duration::from_secs(365 * 24 * 60 * 60));
    assert!(config.tenant.end_sessions && config.tenant.webhook.is_none() && config.tenant.mail.is_none());
    config.keys().unwrap();
}

/// The manual's own example, so that it stays one.
#[test]
fn every_key_can_be_said() {
    let manual = include_str!("../../OPERATING.md");
    let example = manual.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = read(example).unwrap();
    let pace = config.options().pace;
    assert_eq!(
        (pace.lease, pace.late),
        (Duration::from_secs(15), Duration::from_secs(30))
    );
    assert_eq!(config.previous_encryption_keys.len(), 1);
    config.keys().unwrap();
    assert_eq!(config.tenant.webhook.unwrap().secrets.len(), 2);
    assert!(config.tenant.mail.unwrap().smtp.expose_secret().starts_with("smtps://"));
    assert!(config.tenant.lookup_token.unwrap().expose_secret().len() >= 32);
}

#[test]
fn what_is_unknown_or_cannot_work_is_refused_with_its_place() {
    for (addition, expected) in [
        ("[recovery]\nleese = 1\n", "leese"),
        ("[recovery]\nlease = 1\n", "`lease` is from 5"),
        ("[recovery]\nevery = 0\n", "`every`"),
        ("[recovery]\nsettle_within = 0\n", "`settle_within`"),
        ("[recovery]\nquiet_period = 7200\n", "`quiet_period`"),
        ("[retention]\noriginals_days = 0\n", "`originals_days`"),
        ("[retention]\ndays = 1\n", "days"),
        ("[tenant.webhook]\nurl = \"https://a.example\"\n", "secrets"),
        (
            "[tenant.mail]\nsmtp = \"smtps://a.example\"\nform = \"a@a.example\"\n",
            "form",
        ),
    ] {
        let error = format!("{:#}", read(&format!("{SMALLEST}\n{addition}")).unwrap_err());
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

#[test]
fn compiled_policies_are_kept_beside_a_database_file_or_where_it_says() {
    let folder = |text: &str| read(text).unwrap().compiled_policies();
    let beside = SMALLEST.replace("conjoin/conjoin.db", "con%20join/conjoin.db?mode=rwc");
    assert_eq!(folder(&beside), Some("/var/lib/con join/compiled-policies".into()));
    let server = SMALLEST.replace("sqlite:///var/lib/conjoin/conjoin.db", "postgres://user@host/name");
    assert_eq!(folder(&server), None);
    let told = format!("compiled_policies = \"/var/cache/conjoin\"\n{server}");
    assert_eq!(folder(&told), Some("/var/cache/conjoin".into()));
}

#[test]
fn no_error_quotes_a_key() {
    let broken = SMALLEST.replace("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "c2VjcmV0");
    let error = format!("{:#}", read(&broken).unwrap().keys().unwrap_err());
    assert!(
        error.contains("encryption_key") && !error.contains("c2VjcmV0"),
        "{error}"
    );
}
