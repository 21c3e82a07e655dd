//! Applications that sign who they are (`private_key_jwt`), in the place of shared secrets.

use std::path::{Path, PathBuf};
use std::process::Command;

use conjoin_tests::{Browser, TenantProcess, flow, free_port};
use tempfile::TempDir;

/// An RSA key pair: the files of the private half and of the public one.
fn key_pair(folder: &TempDir, name: &str) -> (PathBuf, PathBuf) {
    let (private, public) = (folder.path().join(name), folder.path().join(format!("{name}.pub")));
    let openssl = |arguments: &[&str], out: &Path| {
        let made = Command::new("openssl")
            .args(arguments)
            .arg("-out")
            .arg(out)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    openssl(
        &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
        &private,
    );
    openssl(&["rsa", "-pubout", "-in", private.to_str().unwrap()], &public);
    (private, public)
}

/// A tenant whose two applications are registered with these public keys.
fn tenant(folder: &TempDir, [client, management]: [&Path; 2]) -> TenantProcess {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let text = format!(
        r#"
        [[clients]]
        client_id = "conjoin-dev"
        client_public_key = """{}"""
        callbacks = ["http://localhost:*/callback", "http://localhost:*/link/callback"]
        logout_urls = ["http://localhost:*/"]

        [[clients]]
        client_id = "conjoin-m2m"
        client_public_key = """{}"""
        management_scopes = ["read:users", "update:users"]
        "#,
        read(client),
        read(management),
    );
    let file = folder.path().join("tenant.toml");
    std::fs::write(&file, text).unwrap();
    TenantProcess::with(&["--config", file.to_str().unwrap()])
}

#[tokio::test]
async fn a_host_links_without_any_shared_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (client, client_public) = key_pair(&folder, "client");
    let (management, management_public) = key_pair(&folder, "management");
    let tenant = tenant(&folder, [&client_public, &management_public]);
    let host = tenant.host_with_keys(free_port(), [&client, &management]);
    let linked = flow::join_google(&host, &Browser::new()).await;
    assert_eq!(linked.url, host.at("/user?done=linked"), "{}", linked.readable());
    assert!(!host.log().contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a42_a_key_that_is_not_the_registered_one_signs_nobody_in_and_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (_, registered) = key_pair(&folder, "registered");
    let (other, _) = key_pair(&folder, "other");
    let tenant = tenant(&folder, [&registered, &registered]);
    let host = tenant.host_with_keys(free_port(), [&other, &other]);
    let browser = Browser::new();
    let form = browser.get(host.at("/login")).await;
    let refused = flow::enter(&browser, &form, "ada@example.com").await;
    assert_eq!(refused.message(), "tenant-refused", "{}", refused.readable());
    let secret = std::fs::read_to_string(&other).unwrap();
    let line = secret.lines().nth(1).unwrap();
    assert!(!host.log().contains(line) && !refused.text.contains(line));
}
