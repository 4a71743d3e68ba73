//! What a cell listens with: streams and admin calls over mutual TLS, handed to the traits of `transport`.
//!
//! ```text
//! accept      sockets, handshakes (bounded)
//! dispatch    one stream: frames in, calls in order, answers in batches
//! service     which stream is for whom: wire version, cluster, the certificate's name
//! admin       starting and joining
//! peers       the way out: PeerTransport over streams, or by function call within the process
//! ```

mod accept;
mod admin;
mod dispatch;
mod peers;
mod service;

pub use accept::{Accept, PeerInfo, ServerSocket, accept};
pub use admin::AdminHandler;
pub use peers::StreamPeers;
pub use service::CellServer;
pub use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;
