//! The connection's bytes: a plain or TLS stream, a read buffer, and an output buffer that is sent in large pieces.
//!
//! Invariant: `out` always holds whole messages behind what was already sent, also when a future that was flushing is
//! dropped (a cancel), because `write_buf` moves the buffer on only by what the socket took.

use super::{Frontend, MESSAGE_BYTES_MAX, OUTPUT_BYTES_FLUSH};
use bytes::{Buf, Bytes, BytesMut};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Bytes of buffer that a connection keeps between statements; what a big message needed beyond is given back.
const BUFFER_BYTES_KEPT: usize = 256 << 10;

/// Why the connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("connection failed: {0}")]
    Io(#[from] std::io::Error),
    /// The client broke the protocol in a way after which its stream cannot be read on.
    #[error("{0}")]
    Protocol(String),
    #[error("client closed the connection")]
    Closed,
}

/// A client's stream, before or after TLS.
pub enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(s) => Pin::new(s).poll_read(cx, buf),
            Socket::Tls(s) => Pin::new(s.as_mut()).poll_read(cx, buf),
        }
    }
}
impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Socket::Plain(s) => Pin::new(s).poll_write(cx, buf),
            Socket::Tls(s) => Pin::new(s.as_mut()).poll_write(cx, buf),
        }
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(s) => Pin::new(s).poll_flush(cx),
            Socket::Tls(s) => Pin::new(s.as_mut()).poll_flush(cx),
        }
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Socket::Plain(s) => Pin::new(s).poll_shutdown(cx),
            Socket::Tls(s) => Pin::new(s.as_mut()).poll_shutdown(cx),
        }
    }
}

/// One connection, ready for messages.
pub struct Wire {
    socket: Socket,
    read: BytesMut,
    /// Whole messages that wait to be sent.
    pub out: BytesMut,
    /// Something left for the client since `mark`.
    sent_since_mark: bool,
    mark: usize,
}

impl Wire {
    pub fn new(socket: Socket) -> Wire {
        Wire {
            socket,
            read: BytesMut::with_capacity(8 << 10),
            out: BytesMut::with_capacity(8 << 10),
            sent_since_mark: false,
            mark: 0,
        }
    }
    /// Gives the stream back for a TLS handshake.
    ///
    /// # Errors
    /// `Protocol` if the client sent more before the handshake: it might have been injected.
    pub fn into_socket(self) -> Result<Socket, WireError> {
        if self.read.has_remaining() {
            return Err(WireError::Protocol("received unencrypted data after SSL request".to_owned()));
        }
        Ok(self.socket)
    }
    /// The next message of the query phase. Cancel-safe.
    ///
    /// # Errors
    /// `Closed` when the client has gone, `Protocol` when the stream cannot be read on.
    pub async fn next(&mut self) -> Result<Frontend, WireError> {
        loop {
            if let Some(frame) = self.take_frame(MESSAGE_BYTES_MAX)? {
                return Frontend::decode(frame.0, frame.1);
            }
            self.fill().await?;
        }
    }
    /// Whether a whole message is in the buffer already: the client pipelines.
    pub fn has_message(&self) -> bool {
        self.read.len() >= 5 && {
            let len = u32::from_be_bytes([self.read[1], self.read[2], self.read[3], self.read[4]]) as usize;
            self.read.len() > len
        }
    }
    /// Whether the next message is a Sync that is in the buffer already.
    pub fn next_is_sync(&self) -> bool {
        self.read.starts_with(b"S\0\0\0\x04")
    }
    fn take_frame(&mut self, bytes_max: usize) -> Result<Option<(u8, Bytes)>, WireError> {
        if self.read.len() < 5 {
            return Ok(None);
        }
        let kind = self.read[0];
        let len = u32::from_be_bytes([self.read[1], self.read[2], self.read[3], self.read[4]]) as usize;
        if len < 4 || len > bytes_max {
            return Err(WireError::Protocol(format!(
                "invalid message length {len} exceeds {bytes_max} or is below 4"
            )));
        }
        if self.read.len() < 1 + len {
            // Reserve what is coming, but only in steps: a length alone must not make us allocate.
            self.read.reserve((1 + len - self.read.len()).min(1 << 20));
            return Ok(None);
        }
        let mut frame = self.read.split_to(1 + len);
        frame.advance(5);
        Ok(Some((kind, frame.freeze())))
    }
    /// A message of the start-up phase, which has no type: its body after the length.
    ///
    /// # Errors
    /// As `next`.
    pub async fn next_startup(&mut self) -> Result<Bytes, WireError> {
        loop {
            if self.read.len() >= 4 {
                let len =
                    u32::from_be_bytes([self.read[0], self.read[1], self.read[2], self.read[3]]) as usize;
                if !(8..=super::STARTUP_BYTES_MAX).contains(&len) {
                    return Err(WireError::Protocol(format!("invalid length of startup packet: {len}")));
                }
                if self.read.len() >= len {
                    let mut frame = self.read.split_to(len);
                    frame.advance(4);
                    return Ok(frame.freeze());
                }
            }
            self.fill().await?;
        }
    }
    /// A message of the authentication phase: bounded more tightly.
    ///
    /// # Errors
    /// As `next`.
    pub async fn next_auth(&mut self) -> Result<Frontend, WireError> {
        loop {
            if let Some(frame) = self.take_frame(super::STARTUP_BYTES_MAX)? {
                return Frontend::decode(frame.0, frame.1);
            }
            self.fill().await?;
        }
    }
    async fn fill(&mut self) -> Result<(), WireError> {
        if self.read.is_empty() && self.read.capacity() > BUFFER_BYTES_KEPT {
            self.read = BytesMut::new();
        }
        self.read.reserve(8 << 10);
        if self.socket.read_buf(&mut self.read).await? == 0 {
            return Err(WireError::Closed);
        }
        Ok(())
    }
    /// Sends all output. Cancel-safe.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn flush(&mut self) -> Result<(), WireError> {
        if self.out.has_remaining() {
            self.sent_since_mark = true;
            while self.out.has_remaining() {
                self.socket.write_buf(&mut self.out).await?;
            }
            if self.out.capacity() > BUFFER_BYTES_KEPT {
                self.out = BytesMut::with_capacity(8 << 10);
            }
        }
        self.socket.flush().await?;
        Ok(())
    }
    /// Sends the output if it has reached `OUTPUT_BYTES_FLUSH`.
    ///
    /// # Errors
    /// The client has gone.
    pub async fn flush_if_full(&mut self) -> Result<(), WireError> {
        if self.out.len() >= OUTPUT_BYTES_FLUSH {
            return self.flush().await;
        }
        Ok(())
    }
    /// Begins a statement: output from here on can be taken back until some of it is sent.
    pub fn set_mark(&mut self) {
        self.mark = self.out.len();
        self.sent_since_mark = false;
    }
    /// Whether the client may have seen output of the statement.
    pub fn sent_since_mark(&self) -> bool {
        self.sent_since_mark
    }
    /// Takes back the statement's output, if none was sent; says whether it did.
    pub fn reset_to_mark(&mut self) -> bool {
        if !self.sent_since_mark {
            self.out.truncate(self.mark);
        }
        !self.sent_since_mark
    }
    /// Closes the stream in order (TLS close_notify).
    pub async fn shutdown(&mut self) {
        let _ = self.socket.shutdown().await;
    }
}
