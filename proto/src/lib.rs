//! How processes speak to each other: envelopes and streams, TLS, certificates. Contents are `kv`'s.
//!
//! ```text
//! wire     generated: frames, envelopes, services
//! certs    makes a CA and certificates
//! tls      mutual TLS from a directory, read again when its files change; a peer is its certificate's name
//! dial     sockets: TCP in the product, simulated in the simulator
//! stream   one connection to a peer for a class of traffic: many calls, one stream, batched frames
//! peers    the address book, and a connection for each peer and class
//! admin    clients of the Admin service
//! ```
//! Invariant: a call that fails says whether the request had certainly not been sent.

pub mod wire {
    //! Generated from `proto/cell.proto`.
    #![allow(missing_docs, clippy::all)]
    tonic::include_proto!("meridian.cell.v1");
}
pub mod admin;
pub mod certs;
pub mod dial;
pub mod peers;
pub mod stream;
pub mod tls;

pub use admin::AdminClient;
pub use dial::{Dial, Dialer, Socket, TcpDial};
pub use peers::Peers;
pub use stream::{CallError, Class, Reply, StreamClient};
pub use tls::{Identity, TlsError, TlsFiles};

use std::time::Duration;

/// Largest frame that is accepted: a value of `kv::VALUE_BYTES_MAX`, its batch, and what was queued before it.
pub const FRAME_BYTES_MAX: usize = 192 << 20;
/// A connection that does not answer a ping within the time-out is closed.
pub const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(1);
pub const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(2);
/// HTTP/2 windows: large enough that a big frame does not wait for window updates on a local network.
pub const STREAM_WINDOW_BYTES: u32 = 4 << 20;
pub const CONNECTION_WINDOW_BYTES: u32 = 8 << 20;
/// Envelopes and bytes that one frame gathers from a queue (it may pass the bytes by one envelope).
pub const GATHER_ENVELOPES_MAX: usize = 256;
pub const GATHER_BYTES_MAX: usize = 1 << 20;
