//! Accepts sockets and speaks TLS on them, many at a time, so that a slow handshake holds up nobody else.

use futures::future::BoxFuture;
use proto::{Identity, Socket, TlsFiles};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// Handshakes at a time; more wait in the kernel's queue.
const HANDSHAKES_MAX: usize = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// After a failed accept (no file descriptors left), before the next.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Who is on the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerInfo {
    /// By its certificate; `None` if that has none of our names, or if there is no TLS.
    pub identity: Option<Identity>,
    /// No TLS: one process on loopback, or the simulator. Everyone may do everything.
    pub plain: bool,
}

impl PeerInfo {
    pub(super) fn is_one_of(self, allowed: &[Identity]) -> bool {
        self.plain || self.identity.is_some_and(|i| allowed.contains(&i))
    }
}

/// An accepted connection.
pub struct ServerSocket {
    socket: Socket,
    info: PeerInfo,
}

impl Connected for ServerSocket {
    type ConnectInfo = PeerInfo;
    fn connect_info(&self) -> PeerInfo {
        self.info
    }
}
impl AsyncRead for ServerSocket {
    fn poll_read(mut self: Pin<&mut Self>, c: &mut Context<'_>, b: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(c, b)
    }
}
impl AsyncWrite for ServerSocket {
    fn poll_write(mut self: Pin<&mut Self>, c: &mut Context<'_>, b: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(c, b)
    }
    fn poll_flush(mut self: Pin<&mut Self>, c: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(c)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, c: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(c)
    }
}

/// Where sockets come from: the kernel's TCP, or the simulator's.
pub trait Accept: Send + 'static {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Socket>>;
}

impl Accept for tokio::net::TcpListener {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<Socket>> {
        Box::pin(async move {
            let (socket, _) = tokio::net::TcpListener::accept(self).await?;
            socket.set_nodelay(true)?;
            Ok(Box::new(socket) as Socket)
        })
    }
}

/// Accepts until the stream is dropped. With `tls`, only peers with a certificate of our CA come through.
pub fn accept(
    mut listener: impl Accept,
    tls: Option<Arc<TlsFiles>>,
) -> ReceiverStream<io::Result<ServerSocket>> {
    let (ready, sockets) = mpsc::channel(HANDSHAKES_MAX);
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    tokio::spawn(async move {
        loop {
            let permit = handshakes.clone().acquire_owned().await.expect("it is never closed");
            let accepted = tokio::select! {
                biased;
                () = ready.closed() => return,
                accepted = listener.accept() => accepted,
            };
            let socket = match accepted {
                Ok(socket) => socket,
                Err(e) => {
                    tracing::warn!(error = %e, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let (tls, ready) = (tls.clone(), ready.clone());
            tokio::spawn(async move {
                match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake(socket, tls)).await {
                    // The receiver is gone only when the server stops.
                    Ok(Ok(socket)) => drop(ready.send(Ok(socket)).await),
                    Ok(Err(e)) => tracing::info!(error = %e, "refused a connection"),
                    Err(_) => tracing::info!("refused a connection: handshake took too long"),
                }
                drop(permit);
            });
        }
    });
    ReceiverStream::new(sockets)
}

async fn handshake(socket: Socket, tls: Option<Arc<TlsFiles>>) -> io::Result<ServerSocket> {
    let Some(tls) = tls else {
        return Ok(ServerSocket { socket, info: PeerInfo { identity: None, plain: true } });
    };
    let stream = TlsAcceptor::from(tls.server()).accept(socket).await?;
    let identity = TlsFiles::peer_identity(stream.get_ref().1.peer_certificates());
    Ok(ServerSocket { socket: Box::new(stream), info: PeerInfo { identity, plain: false } })
}
