//! HTTPS for clients that insist on it: a certificate by an authority that is made at each start and whose key is never written anywhere.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use url::Url;

/// Days that both certificates are good for: a tenant is started anew more often. Clients on Apple's systems take no more than 825.
const LIFETIME: Duration = Duration::days(365);

/// Why there is no HTTPS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A name does not fit into a certificate, or the system's cryptography refused.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The TLS library does not take what was made.
    #[error("cannot serve the certificate: {0}")]
    Server(#[from] tokio_rustls::rustls::Error),
    /// The authority's certificate cannot be written where it was asked for.
    #[error("cannot write the authority's certificate to {path}: {source}")]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The tenant's side of HTTPS.
pub struct Tls {
    /// The authority's certificate in PEM: what `NODE_EXTRA_CA_CERTS`, `REQUESTS_CA_BUNDLE` or a trust store is given.
    pub authority: String,
    /// Takes connections.
    pub acceptor: TlsAcceptor,
}

impl Tls {
    /// Makes an authority and a certificate for the local host, for the listening address and for these domains.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn new(address: SocketAddr, domains: &[&Url]) -> Result<Self, TlsError> {
        let authority = authority()?;
        let key = KeyPair::generate()?;
        let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
        names.push(address.ip().to_string());
        let hosts = domains.iter().filter_map(|url| url.host_str());
        names.extend(hosts.map(|host| host.trim_matches(['[', ']']).to_owned()));
        names.sort();
        names.dedup();
        let mut server = CertificateParams::new(names)?;
        server.distinguished_name = named("Conjoin dev tenant");
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        limit(&mut server);
        let certificate = server.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.into()], key)?;
        // Not HTTP/2, though Auth0 speaks it: a fault that cuts a connection would cut the requests beside it too.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            authority: authority.pem(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
        })
    }

    /// Writes the authority's certificate to a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_authority(&self, path: &Path) -> Result<(), TlsError> {
        std::fs::write(path, &self.authority).map_err(|source| TlsError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

fn authority() -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Conjoin dev tenant's authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    limit(&mut params);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// From yesterday, for clients whose clock is behind.
fn limit(params: &mut CertificateParams) {
    let now = OffsetDateTime::now_utc();
    params.not_before = now - Duration::days(1);
    params.not_after = now + LIFETIME;
}
