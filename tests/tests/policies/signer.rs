//! Keys and signatures, as a team makes them with minisign.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign::KeyPair;
use serde_json::json;

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
