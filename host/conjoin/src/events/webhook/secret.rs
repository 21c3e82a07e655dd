//! A webhook's secret, and the signature that it makes.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// How a secret is written, so that one is recognised wherever it turns up.
const PREFIX: &str = "whsec_";

/// How many bytes the specification asks for.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// A symmetric key that we share with a consumer.
pub(super) struct Secret(SecretSlice<u8>);

impl Secret {
    /// Reads `whsec_` and base64.
    pub fn parse(text: &SecretString) -> anyhow::Result<Self> {
        let encoded = text.expose_secret().strip_prefix(PREFIX);
        let bytes = encoded.and_then(|encoded| STANDARD.decode(encoded).ok());
        let bytes = bytes.filter(|bytes| LENGTHS.contains(&bytes.len()));
        let bytes = bytes.context(
            "a secret is `whsec_` and 24 to 64 random bytes in base64; `echo whsec_$(openssl rand -base64 32)` makes one",
        )?;
        Ok(Self(bytes.into()))
    }

    /// `v1,` and the HMAC-SHA-256 of `id.timestamp.body`, in base64.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> String {
        // HMAC takes keys of any length.
        let Ok(mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else {
            return String::new();
        };
        let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specification's own example.
    #[test]
    fn it_signs_as_the_specification_does() {
        let secret = Secret::parse(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
        assert_eq!(
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        let short = format!("whsec_{}", STANDARD.encode([1; 23]));
        let long = format!("whsec_{}", STANDARD.encode([1; 65]));
        for text in [
            "",
            "whsec_",
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_é",
            &short,
            &long,
        ] {
            assert!(Secret::parse(&text.to_owned().into()).is_err(), "{text}");
        }
    }
}
