//! What happens before a session exists: TLS, the start-up packet, cancel requests.

use super::{Socket, Wire, WireError, backend};
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

const CODE_SSL: u32 = 80_877_103;
const CODE_GSS: u32 = 80_877_104;
const CODE_CANCEL: u32 = 80_877_102;
/// First byte of a TLS record: the client begins TLS without asking (PostgreSQL 17's `sslnegotiation=direct`).
const TLS_HANDSHAKE: u8 = 0x16;
const MINOR_MAX: u16 = 2;

/// What a client wants of a new connection.
pub enum Opening {
    Session(Startup),
    Cancel { pid: i32, secret: Bytes },
}

/// A start-up packet.
pub struct Startup {
    /// Minor version of the protocol that both speak: 0 or 2.
    pub minor: u16,
    pub parameters: BTreeMap<String, String>,
    pub tls: bool,
}

/// Brings a fresh connection to its start-up packet. The caller bounds the time.
///
/// # Errors
/// The client broke the protocol or has gone.
pub async fn open(
    stream: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    tls_required: bool,
) -> Result<(Wire, Opening), WireError> {
    let mut is_tls = false;
    let mut first = [0u8; 1];
    if stream.peek(&mut first).await? == 0 {
        return Err(WireError::Closed);
    }
    let mut wire = if let (TLS_HANDSHAKE, Some(config)) = (first[0], &tls) {
        is_tls = true;
        Wire::new(handshake(stream, config.clone()).await?)
    } else {
        Wire::new(Socket::Plain(stream))
    };
    // A client may ask for GSS and TLS, each once.
    for _ in 0..4 {
        let packet = wire.next_startup().await?;
        let code = u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]);
        match code {
            CODE_SSL => match (&tls, is_tls) {
                (Some(config), false) => {
                    wire.out.put_u8(b'S');
                    wire.flush().await?;
                    let Socket::Plain(stream) = wire.into_socket()? else {
                        unreachable!("TLS is begun once, above")
                    };
                    wire = Wire::new(handshake(stream, config.clone()).await?);
                    is_tls = true;
                }
                _ => {
                    wire.out.put_u8(b'N');
                    wire.flush().await?;
                }
            },
            CODE_GSS => {
                wire.out.put_u8(b'N');
                wire.flush().await?;
            }
            CODE_CANCEL => {
                let pid = packet
                    .get(4..8)
                    .ok_or_else(|| WireError::Protocol("invalid cancel request".to_owned()))?;
                let pid = i32::from_be_bytes([pid[0], pid[1], pid[2], pid[3]]);
                return Ok((wire, Opening::Cancel { pid, secret: packet.slice(8..) }));
            }
            _ => {
                let startup = parse(&packet, is_tls, &mut wire.out)?;
                if tls_required && !is_tls {
                    return Err(WireError::Protocol(
                        "no encryption: this server requires TLS (sslmode=require)".to_owned(),
                    ));
                }
                return Ok((wire, Opening::Session(startup)));
            }
        }
    }
    Err(WireError::Protocol("too many negotiation requests".to_owned()))
}

async fn handshake(stream: TcpStream, config: Arc<rustls::ServerConfig>) -> Result<Socket, WireError> {
    let stream = tokio_rustls::TlsAcceptor::from(config).accept(stream).await?;
    Ok(Socket::Tls(Box::new(stream)))
}

/// Reads a start-up packet, and says in `out` which of its wishes this server does not know.
fn parse(packet: &[u8], tls: bool, out: &mut BytesMut) -> Result<Startup, WireError> {
    let (major, asked) =
        (u16::from_be_bytes([packet[0], packet[1]]), u16::from_be_bytes([packet[2], packet[3]]));
    if major != 3 {
        return Err(WireError::Protocol(format!(
            "unsupported frontend protocol {major}.{asked}: server supports 3.0 to 3.{MINOR_MAX}"
        )));
    }
    let bad =
        || WireError::Protocol("invalid startup packet layout: expected terminator as last byte".to_owned());
    let mut parameters = BTreeMap::new();
    let mut rest = &packet[4..];
    let mut unknown = Vec::new();
    loop {
        let mut next = || -> Result<String, WireError> {
            let len = rest.iter().position(|b| *b == 0).ok_or_else(bad)?;
            let text = String::from_utf8_lossy(&rest[..len]).into_owned();
            rest = &rest[len + 1..];
            Ok(text)
        };
        let name = next()?;
        if name.is_empty() {
            break;
        }
        let value = next()?;
        if name.starts_with("_pq_.") {
            unknown.push(name);
        } else {
            parameters.insert(name, value);
        }
    }
    // 3.1 was never used; clients that ask for it get 3.0.
    let minor = if asked >= MINOR_MAX { MINOR_MAX } else { 0 };
    if asked > MINOR_MAX || !unknown.is_empty() {
        negotiate(out, minor, &unknown);
    }
    Ok(Startup { minor, parameters, tls })
}

fn negotiate(out: &mut BytesMut, minor: u16, unknown: &[String]) {
    out.put_u8(b'v');
    let at = out.len();
    out.put_u32(0);
    out.put_u32(3 << 16 | u32::from(minor));
    out.put_u32(unknown.len() as u32);
    for name in unknown {
        out.put_slice(name.as_bytes());
        out.put_u8(0);
    }
    backend::set_len(out, at);
}

/// AuthenticationOk, SASL, SASLContinue, SASLFinal.
pub fn authentication(out: &mut BytesMut, code: u32, data: &[u8]) {
    out.put_u8(b'R');
    out.put_u32(8 + data.len() as u32);
    out.put_u32(code);
    out.put_slice(data);
}
pub const AUTH_OK: u32 = 0;
pub const AUTH_SASL: u32 = 10;
pub const AUTH_SASL_CONTINUE: u32 = 11;
pub const AUTH_SASL_FINAL: u32 = 12;

/// BackendKeyData: what a cancel request must show.
pub fn backend_key(out: &mut BytesMut, pid: i32, secret: &[u8]) {
    out.put_u8(b'K');
    out.put_u32(8 + secret.len() as u32);
    out.put_i32(pid);
    out.put_slice(secret);
}

/// Tells a client that is not a session yet why it is turned away, and closes.
pub async fn refuse(mut wire: Wire, error: &crate::error::SqlError) {
    backend::error(&mut wire.out, error);
    let _ = wire.flush().await;
    wire.shutdown().await;
}
/// As `refuse`, for a connection that is not even read.
pub async fn refuse_stream(mut stream: TcpStream, error: &crate::error::SqlError) {
    let mut out = BytesMut::new();
    backend::error(&mut out, error);
    let _ = stream.write_all(&out).await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_startup_packet_is_read() {
        let mut out = BytesMut::new();
        let s = parse(b"\0\x03\0\0user\0root\0database\0app\0\0", true, &mut out).unwrap();
        assert_eq!(s.parameters["user"], "root");
        assert_eq!(s.parameters["database"], "app");
        assert!(out.is_empty());
    }

    #[test]
    fn a_newer_minor_version_is_negotiated_down() {
        let mut out = BytesMut::new();
        let s = parse(b"\0\x03\x27\x0f_pq_.x\0y\0\0", true, &mut out).unwrap();
        assert_eq!(s.minor, 2);
        assert_eq!(&out[..], b"v\0\0\0\x13\0\x03\0\x02\0\0\0\x01_pq_.x\0");
    }

    #[test]
    fn malformed_startup_packets_are_errors() {
        for bad in [&b"\0\x02\0\0\0"[..], b"\0\x03\0\0user", b"\0\x03\0\0user\0root", b"\0\x03\0\0"] {
            assert!(parse(bad, false, &mut BytesMut::new()).is_err());
        }
    }
}
