//! The PostgreSQL protocol, version 3: socket, TLS, messages in and out. The only place that names pgwire, whose
//! start-up messages and SCRAM we use; messages of the query phase are read and written here, straight from and to
//! the connection's buffers (pgwire's decoders of them panic on a truncated message, and allocate for each field).

pub mod backend;
pub mod frontend;
pub mod row;
pub mod scram;
pub mod socket;
pub mod startup;

pub use frontend::{Bind, Frontend};
pub use socket::{Socket, Wire, WireError};

/// Longest message that a client may send in the query phase, bytes.
pub const MESSAGE_BYTES_MAX: usize = 256 << 20;
/// Longest message that a client may send before it is authenticated, bytes (as PostgreSQL's).
pub const STARTUP_BYTES_MAX: usize = 10_000;
/// Output is sent when it reaches this many bytes, and not before the end of the statement otherwise: until then a
/// statement can be retried without the client's knowledge.
pub const OUTPUT_BYTES_FLUSH: usize = 64 << 10;
