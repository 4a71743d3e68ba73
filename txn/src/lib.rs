//! The client half of transactions: clock, routing, retries, coordination. One file per interceptor, in the order in which
//! a request passes them downwards.
//!
//! ```text
//! Db / Transaction     what SQL sessions and background jobs call
//!   read, write        requests of a statement; buffer: its writes, sent together at its end
//!   sequence           savepoints: sequence numbers that were undone
//!   footprint          where locks may be, and where a record is
//!   refresh            read spans: moves the read timestamp instead of restarting
//!   heartbeat          keeps the records alive
//!   commit, resolve    one phase, two phases, several domiciles; cleaning up after the decision
//! route                from spans to ranges and leaseholders, over a CellTransport
//! recover, deadlock    what whoever meets a lock does
//! remote               the CellTransport over streams and function calls
//! ```
//! The server half (evaluation, lock table, records) is in `cell`; the two share no state but `kv`'s messages.
//! Time is `tokio::time` and the [`Clock`]; randomness is [`Entropy`]; the network is [`CellTransport`].

mod buffer;
pub mod clock;
mod commit;
mod coordinator;
mod db;
pub mod deadlock;
pub mod entropy;
pub mod error;
mod footprint;
mod heartbeat;
mod read;
pub mod recover;
mod refresh;
pub mod remote;
mod resolve;
pub mod route;
pub mod sender;
mod sequence;
pub mod spans;
mod state;
mod transaction;
mod write;

pub use clock::{Clock, PhysicalClock, SystemClock};
pub use commit::CommitInfo;
pub use db::{Db, DbOptions};
pub use entropy::{Entropy, SeededEntropy, SystemEntropy};
pub use error::{TxnError, TxnErrorKind};
pub use read::{ScanOptions, ScanPage};
pub use remote::{LocalCells, RemoteCells};
pub use route::{Distributor, RouteOptions};
pub use sender::{CellTransport, Sender};
pub use sequence::Savepoint;
pub use state::TxnOptions;
pub use transaction::Transaction;
