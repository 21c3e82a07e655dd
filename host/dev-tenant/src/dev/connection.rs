//! TCP connections that a fault can cut.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tls_listener::{AsyncAccept, AsyncListener, TlsListener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// Names a connection to a request's handler, which may cut it.
#[derive(Clone, Debug, Default)]
pub struct Connection(Arc<AtomicBool>);

impl Connection {
    /// Cuts the connection as soon as something is written to it.
    pub fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A listener whose connections can be cut.
pub struct Aborting(pub TcpListener);

/// A connection that can be cut.
pub struct Stream {
    inner: TcpStream,
    connection: Connection,
}

impl Listener for Aborting {
    type Io = Stream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Stream, Self::Addr) {
        let (inner, address) = Listener::accept(&mut self.0).await;
        (Stream::new(inner), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Aborting>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Aborting>) -> Self {
        stream.io().connection.clone()
    }
}

impl AsyncAccept for Aborting {
    type Connection = Stream;
    type Address = std::net::SocketAddr;
    type Error = io::Error;

    fn poll_accept(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<(Stream, Self::Address)>> {
        let accepted = self.0.poll_accept(context);
        accepted.map_ok(|(inner, address)| (Stream::new(inner), address))
    }
}

impl AsyncListener for Aborting {
    fn local_addr(&self) -> io::Result<Self::Address> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, TlsListener<Aborting, TlsAcceptor>>> for Connection {
    fn connect_info(stream: IncomingStream<'_, TlsListener<Aborting, TlsAcceptor>>) -> Self {
        stream.io().get_ref().0.connection.clone()
    }
}

impl Stream {
    fn new(inner: TcpStream) -> Self {
        Self {
            inner,
            connection: Connection::default(),
        }
    }

    fn check(&self) -> io::Result<()> {
        if !self.connection.is_cut() {
            return Ok(());
        }
        // Closing with unsent data and no lingering sends a reset, which a peer cannot take for an orderly end.
        self.inner.set_zero_linger()?;
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.check() {
            Ok(()) => Pin::new(&mut self.inner).poll_write(context, bytes),
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
