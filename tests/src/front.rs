//! TLS in front of something of this machine, as real providers have it: a browser counts `https` as another origin, and a policy can ask for it.

use std::sync::Arc;

use rcgen::CertifiedKey;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use url::Url;

/// Ends TLS, with a certificate by nobody, and passes on what comes as it is. Ends when it is dropped.
pub struct TlsFront {
    /// Where it is.
    pub url: Url,
    serving: JoinHandle<()>,
}

impl TlsFront {
    /// A front under this name, on a free port, before a port of this machine.
    pub async fn before(port: u16, name: &str) -> Self {
        let acceptor = acceptor(name);
        let listener = TcpListener::bind(crate::LOOPBACK).await.expect("a free port");
        let own = listener.local_addr().expect("an address").port();
        let serving = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), connection, port));
            }
        });
        let url = Url::parse(&format!("https://{name}:{own}/")).expect("an address");
        Self { url, serving }
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A connection that breaks is the browser's to notice.
async fn pass_on(acceptor: TlsAcceptor, connection: TcpStream, port: u16) {
    let (Ok(mut outside), Ok(mut inside)) = tokio::join!(
        acceptor.accept(connection),
        TcpStream::connect((crate::LOOPBACK.ip(), port))
    ) else {
        return;
    };
    let _ = copy_bidirectional(&mut outside, &mut inside).await;
}

fn acceptor(name: &str) -> TlsAcceptor {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![cert.into()], key));
    TlsAcceptor::from(Arc::new(config.expect("a certificate that TLS takes")))
}
