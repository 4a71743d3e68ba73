//! The client half of transactions: clock, routing, retries, coordination. One file per interceptor.

pub mod clock;
pub mod sender;

pub use clock::{Clock, PhysicalClock, SystemClock};
pub use sender::{CellTransport, Sender};
