//! The file of `conjoin serve`.

use std::io::Write;
use std::time::Duration;

use conjoin::config::Config;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;

pub const SMALLEST: &str = r#"
database_url = "sqlite:///var/lib/conjoin/conjoin.db"
encryption_key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

[tenants.production]
base_url = "https://accounts.example.com"
issuer = "https://example.eu.auth0.com/"
client_id = "a"
client_secret = "b"
management_client_id = "c"
management_client_secret = "d"
"#;

pub fn read(text: &str) -> anyhow::Result<Config> {
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
    let tenant = &config.tenants["production"];
    assert!(tenant.end_sessions && tenant.webhook.is_none() && tenant.mail.is_none() && tenant.policy.is_none());
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
    let tenant = &config.tenants["production"];
    assert_eq!(tenant.webhook.as_ref().unwrap().secrets.len(), 2);
    let smtp = &tenant.mail.as_ref().unwrap().smtp;
    assert!(smtp.expose_secret().starts_with("smtps://"));
    assert!(tenant.action.is_some());
    assert!(tenant.lookup_token.as_ref().unwrap().expose_secret().len() >= 32);
}

const BROKEN: &str = r#"listen = "nowhere"
database_url = "sqlite:///var/lib/conjoin/conjoin.db"
encryption_key = "c2VjcmV0"
colour = "blue"

[recovery]
lease = 1
leese = 15

[retention]
originals_days = "long"

[tenants.one]
base_url = "https://one.example.com/path"
issuer = "http://example.eu.auth0.com/"
client_id = "a"
client_secret = "sesame"
client_private_key = "not a key"
management_client_id = { env = "CONJOIN_TEST_OF_WHAT_IS_NOT_SET" }
mode = "off"
guards.locked = ["roles", "app_metadata/roles"]

[tenants.one.webhook]
url = "https://hooks.example.com/"
secrets = []

[tenants."Two Words"]
base_url = "https://two.example.com"
"#;

/// The line that each mistake stands in, and what is said of it.
const MISTAKES: [&str; 15] = [
    "line 1: `listen` must be an address and a port, such as `127.0.0.1:3000`",
    "line 3: `encryption_key` must be 32 random bytes in base64; `openssl rand -base64 32` makes one",
    "line 4: `colour` is no key that there is here",
    "line 7: `recovery.lease` must be at least 5",
    "line 8: `recovery.leese` is no key that there is here",
    "line 11: `retention.originals_days` must be a value of the type integer",
    "line 18: `tenants.one.client_private_key` must be an RSA private key in PEM (PKCS #8 or PKCS #1)",
    "line 19: `tenants.one.management_client_id` is the environment variable `CONJOIN_TEST_OF_WHAT_IS_NOT_SET`: environment variable not found",
    "line 20: `tenants.one.mode` must be one of [\"observe\",\"on\",\"paused\"]",
    "line 21: `tenants.one.guards.locked.0` must be a metadata path: `user_metadata/key` or `app_metadata/key/deeper`",
    "line 25: `tenants.one.webhook.secrets` must hold at least 1",
    "line 27: `tenants.Two Words` is no name: those are of small letters, digits and hyphens",
    "line 27: `tenants.Two Words.client_id` is missing",
    "line 27: `tenants.Two Words.issuer` is missing",
    "line 27: `tenants.Two Words.management_client_id` is missing",
];

#[test]
fn every_mistake_is_told_at_once_with_its_line() {
    let error = format!("{:#}", read(BROKEN).unwrap_err());
    for expected in MISTAKES {
        assert!(error.contains(expected), "{expected}: {error}");
    }
    assert!(
        !error.contains("c2VjcmV0") && !error.contains("sesame") && !error.contains("not a key"),
        "{error}"
    );
}

const SECOND: &str = r#"
[tenants.second]
base_url = "http://accounts.example.com/of/ours"
issuer = "http://example.eu.auth0.com/"
client_id = "a"
management_client_id = "c"
management_client_secret = "d"

[tenants.third]
base_url = "https://accounts.example.com"
issuer = "https://example.eu.auth0.com/"
client_id = "a"
client_secret = "b"
management_client_id = "c"
management_client_secret = "d"
webhook = { url = "http://hooks.example.com/", secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] }
mail = { smtp = "smtp://mail.example.com", from = "a@example.com" }
"#;

#[test]
fn values_that_do_not_fit_together_are_told_at_once_too() {
    let error = format!("{:#}", read(&format!("{SMALLEST}{SECOND}")).unwrap_err());
    for expected in [
        "`tenants.second.base_url` must be a host name without a path",
        "`tenants.second.issuer` must be `https`",
        "`tenants.second.client_secret` is missing, and so is the private key",
        "`tenants.third.base_url` is that of the tenant `production` too",
        "`tenants.third.webhook.url`",
        "`tenants.third.mail.smtp`",
    ] {
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

const TEAM: &str = r#"
[tenants.production.admin]
client_id = "pages"
client_secret = "e"
audience = "https://accounts.example.com/admin"
"#;

#[test]
fn a_team_can_sign_in_with_the_tenant() {
    let config = read(&format!("{SMALLEST}{TEAM}")).unwrap();
    let admin = config.tenants["production"].admin.as_ref().unwrap();
    let permissions: Vec<_> = admin.permissions.keys().map(String::as_str).collect();
    assert_eq!(
        permissions,
        [
            "accounts:read",
            "decisions:read",
            "policies:activate",
            "policies:read",
            "policies:upload"
        ]
    );
    let named = format!("{SMALLEST}{TEAM}permissions = {{ look = [\"policies:read\", \"decisions:read\"] }}");
    let config = read(&named).unwrap();
    assert_eq!(
        config.tenants["production"].admin.as_ref().unwrap().permissions["look"].len(),
        2
    );
    let apart = format!("admin_listen = \"127.0.0.1:3100\"\n{SMALLEST}{TEAM}base_url = \"https://admin.example.com\"");
    read(&apart).unwrap();
}

#[test]
fn how_a_team_signs_in_has_to_fit_the_rest() {
    let apart = format!("admin_listen = \"127.0.0.1:3100\"\n{SMALLEST}");
    for (text, expected) in [
        (
            format!("{SMALLEST}{}", TEAM.replace("\"pages\"", "\"a\"")),
            "`tenants.production.admin.client_id` must be an application of its own",
        ),
        (
            format!("{SMALLEST}{}", TEAM.replace("client_secret = \"e\"", "")),
            "`tenants.production.admin.client_secret` is missing, and so is the private key",
        ),
        (
            format!("{SMALLEST}{TEAM}permissions = {{ look = [\"everything\"] }}"),
            "`tenants.production.admin.permissions.look.0` must be one of",
        ),
        (
            format!("{SMALLEST}{TEAM}permissions = {{}}"),
            "`tenants.production.admin.permissions` must hold at least 1",
        ),
        (
            format!("{SMALLEST}{TEAM}base_url = \"https://admin.example.com\""),
            "`tenants.production.admin.base_url` is for `admin_listen`",
        ),
        (
            format!("{apart}{TEAM}"),
            "`tenants.production.admin.base_url` is missing",
        ),
        (
            format!("{apart}{TEAM}base_url = \"http://admin.example.com\""),
            "`tenants.production.admin.base_url` must be of the same scheme",
        ),
        (
            format!("{apart}{TEAM}base_url = \"https://admin.example.com/pages\""),
            "`tenants.production.admin.base_url` must be a host name without a path",
        ),
    ] {
        let error = format!("{:#}", read(&text).unwrap_err());
        assert!(error.contains(expected), "{expected}: {error}");
    }
}

/// From the documentation of `minisign-verify`.
const SIGNER: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

#[test]
fn whose_signature_versions_need_can_be_said() {
    let config = read(&format!("{SMALLEST}policy_signers = [\"{SIGNER}\"]")).unwrap();
    assert!(config.tenants["production"].rules().unwrap().signers.are_named());
    let config = read(SMALLEST).unwrap();
    assert!(!config.tenants["production"].rules().unwrap().signers.are_named());
}

#[test]
fn a_signer_that_is_no_key_is_refused_with_its_line() {
    for wrong in [
        "",
        "RWQ",
        "nonsense",
        &SIGNER[..40],
        "untrusted comment: minisign public key",
    ] {
        let error = read(&format!(
            "{SMALLEST}policy_signers = [\n  \"{SIGNER}\",\n  \"{wrong}\",\n]\n"
        ));
        let error = format!("{:#}", error.unwrap_err());
        let expected = "line 14: `tenants.production.policy_signers.1` must be a public key of minisign's";
        assert!(error.contains(expected), "{wrong}: {error}");
    }
}

#[test]
fn a_value_can_stand_in_a_file() {
    let mut key = NamedTempFile::new().unwrap();
    writeln!(key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
    let there = format!("{{ file = {:?} }}", key.path());
    let text = SMALLEST.replace(r#""AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=""#, &there);
    read(&text).unwrap().keys().unwrap();
    let missing = text.replace(key.path().to_str().unwrap(), "/nowhere/at/all");
    let error = format!("{:#}", read(&missing).unwrap_err());
    assert!(
        error.contains("`encryption_key` is the file /nowhere/at/all: "),
        "{error}"
    );
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
    let error = format!("{:#}", read(&broken).unwrap_err());
    assert!(
        error.contains("encryption_key") && !error.contains("c2VjcmV0"),
        "{error}"
    );
}

#[test]
fn a_secret_of_the_action_that_could_be_guessed_is_refused_and_not_quoted() {
    let text = format!("{SMALLEST}\n[tenants.production.action]\nsecret = \"hunter2\"\n");
    let error = format!("{:#}", read(&text).unwrap_err());
    assert!(
        error.contains("secret") && error.contains("at least 32") && !error.contains("hunter2"),
        "{error}"
    );
}

/// `CONJOIN_UPDATE=1` writes it anew.
#[test]
fn the_reference_is_what_the_program_takes() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("CONFIGURATION.md");
    let text = conjoin::config::reference::markdown();
    if std::env::var_os("CONJOIN_UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).is_ok_and(|written| written == text),
        "CONJOIN_UPDATE=1 writes CONFIGURATION.md anew"
    );
    assert!(!text.contains("|  |"), "a key without a word: {text}");
}
