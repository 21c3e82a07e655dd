//! Keys and signatures, as a team makes them with minisign, and hosts that ask for them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use conjoin_tests::{Host, Team, TenantProcess, free_port};
use minisign::KeyPair;
use serde_json::json;
use tempfile::TempDir;

use crate::tokens::{ALL, token};

/// Somebody who signs.
pub struct Signer(KeyPair);

impl Signer {
    pub fn new() -> Self {
        Self(KeyPair::generate_unencrypted_keypair().unwrap())
    }

    /// As `minisign -S` writes it.
    pub fn sign(&self, component: &[u8]) -> String {
        let signed = minisign::sign(Some(&self.0.pk), &self.0.sk, component, None, None);
        signed.unwrap().into_string()
    }

    /// As minisign calls the key.
    pub fn id(&self) -> String {
        let id: [u8; 8] = self.0.pk.keynum().try_into().unwrap();
        format!("{:016X}", u64::from_le_bytes(id))
    }
}

/// For the configuration.
pub fn naming(signers: &[&Signer]) -> String {
    let keys: Vec<_> = signers.iter().map(|signer| signer.0.pk.to_base64()).collect();
    format!("policy_signers = {}", json!(keys))
}

/// The signature with one bit changed in the line with this number.
pub fn flipped(signature: &str, line: usize) -> String {
    let mut lines: Vec<String> = signature.lines().map(str::to_owned).collect();
    let mut bytes = STANDARD.decode(&lines[line]).unwrap();
    bytes[40] ^= 1;
    lines[line] = STANDARD.encode(bytes);
    lines.join("\n")
}

pub fn start(process: &TenantProcess, settings: &str) -> (Host, Team) {
    on(process, tempfile::tempdir().unwrap(), free_port(), settings)
}

/// The same host under another configuration.
pub fn again(process: &TenantProcess, host: Host, settings: &str) -> (Host, Team) {
    let port = host.url.port().unwrap();
    on(process, host.kill(), port, settings)
}

/// A host on a data directory, and a team with a token of its own.
pub fn on(process: &TenantProcess, data: TempDir, port: u16, settings: &str) -> (Host, Team) {
    let host = process.host(data, port, settings);
    let team = Team::at(
        &host.url,
        &token(&host, None, &format!("token {:08x}", rand::random::<u32>()), &ALL),
    );
    (host, team)
}

/// Uploads, waits until it is checked, and answers the digest.
pub async fn pushed(team: &Team, component: &[u8], signer: Option<&Signer>) -> String {
    let Some(signer) = signer else {
        return team.push(component).await["digest"].as_str().unwrap().to_owned();
    };
    let uploaded = team.upload_signed(component, signer.sign(component).as_bytes()).await;
    assert_eq!(
        (uploaded.status, &uploaded.body["signed_by"]),
        (201, &json!([signer.id()])),
        "{}",
        uploaded.body
    );
    let digest = uploaded.body["digest"].as_str().unwrap().to_owned();
    assert_eq!(team.checked(&digest).await["state"], "checked");
    digest
}
