//! Sockets behind a seam: TCP in the product, simulated in the simulator; TLS on top of either.

use crate::{
    CONNECTION_WINDOW_BYTES, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT, STREAM_WINDOW_BYTES, tls::TlsFiles,
};
use futures::future::BoxFuture;
use hyper_util::rt::TokioIo;
use std::{io, sync::Arc, time::Duration};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

/// A connected byte stream.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
pub type Socket = Box<dyn Io>;

/// Time for TCP and TLS together.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Opens sockets.
pub trait Dial: Send + Sync {
    /// `address` is host:port.
    fn dial(&self, address: &str) -> BoxFuture<'static, io::Result<Socket>>;
}

/// The kernel's TCP.
pub struct TcpDial;

impl Dial for TcpDial {
    fn dial(&self, address: &str) -> BoxFuture<'static, io::Result<Socket>> {
        let address = address.to_owned();
        Box::pin(async move {
            let socket = tokio::net::TcpStream::connect(address).await?;
            socket.set_nodelay(true)?;
            Ok(Box::new(socket) as Socket)
        })
    }
}

/// Dials and, with certificates, speaks mutual TLS; the peer must be a cell.
#[derive(Clone)]
pub struct Dialer {
    dial: Arc<dyn Dial>,
    tls: Option<Arc<TlsFiles>>,
}

impl Dialer {
    /// Without `tls`: plain, for one process on loopback and for the simulator.
    pub fn new(dial: Arc<dyn Dial>, tls: Option<Arc<TlsFiles>>) -> Dialer {
        Dialer { dial, tls }
    }
    async fn socket(self, address: String) -> io::Result<Socket> {
        let socket = self.dial.dial(&address).await?;
        match &self.tls {
            None => Ok(socket),
            Some(tls) => {
                let connector = TlsConnector::from(tls.client());
                Ok(Box::new(connector.connect(TlsFiles::cell_name(), socket).await?))
            }
        }
    }
    /// An HTTP/2 connection that notices within seconds that its peer is gone.
    ///
    /// # Errors
    /// Nothing was sent: the peer is not reachable, or not who it should be.
    pub async fn connect(&self, address: &str) -> Result<Channel, String> {
        let endpoint = Endpoint::from_static("http://meridian-cell")
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .keep_alive_while_idle(true)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let (dialer, to) = (self.clone(), address.to_owned());
        let connector = tower::service_fn(move |_| {
            let socket = dialer.clone().socket(to.clone());
            async move { socket.await.map(TokioIo::new) }
        });
        match tokio::time::timeout(CONNECT_TIMEOUT, endpoint.connect_with_connector(connector)).await {
            Ok(Ok(channel)) => Ok(channel),
            Ok(Err(e)) => Err(format!("{address}: {}", chain(&e))),
            Err(_) => Err(format!("{address}: no connection within {CONNECT_TIMEOUT:?}")),
        }
    }
}

/// An error with its causes; tonic's own text says only "transport error".
pub(crate) fn chain(e: &dyn std::error::Error) -> String {
    let mut text = e.to_string();
    let mut source = e.source();
    while let Some(e) = source {
        let more = e.to_string();
        if !text.ends_with(&more) {
            text = format!("{text}: {more}");
        }
        source = e.source();
    }
    text
}
