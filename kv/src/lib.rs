//! What cells, transactions and routers say to each other: keys, domiciles, spans, timestamps, versions, locks,
//! requests, replies and replicated commands. Pure: no clock, no randomness, no I/O.
//!
//! ```text
//! key = / domicile / table / index / columns ...
//!       the first element of every key is the domicile: the set of places that may hold the row
//! ```
//! Requests, replies and commands derive `prost::Message`: one spelling for wire, log and memory.
//! Golden bytes of every encoding are in `kv/tests/kv_it`.

pub mod command;
pub mod descriptor;
pub mod encoding;
pub mod error;
pub mod ids;
pub mod key;
pub mod lease;
pub mod mvcc;
pub mod reply;
pub mod request;
pub mod span;
pub mod timestamp;
pub mod transaction;

pub use bytes::Bytes;
pub use descriptor::{CellDescriptor, DomicileDescriptor, RangeDescriptor, ReplicaDescriptor, ReplicaKind};
pub use error::{DecodeError, KvError};
pub use ids::{DomicileId, LeaseSequence, RangeId, ReplicaId, StoreId, TxnId};
pub use key::Key;
pub use lease::Lease;
pub use reply::{BatchReply, Reply};
pub use request::{BatchRequest, Header, Request};
pub use span::Span;
pub use timestamp::{ClockTimestamp, Timestamp};
pub use transaction::{Txn, TxnRecord, TxnStatus};

/// Version of the request and reply format that this build speaks.
pub const WIRE_VERSION: u32 = 1;
/// Longest key in bytes that a request may carry; fjall's own limit is 65,536 and a version adds 12.
pub const KEY_BYTES_MAX: usize = 60_000;
/// Longest value in bytes of one key.
pub const VALUE_BYTES_MAX: usize = 64 << 20;
