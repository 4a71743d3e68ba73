//! Both stores in memory, for the simulator and for tests: what was not made durable is lost by `crash`.
//!
//! They outlive the simulated process, as a disk does. No threads, no clock but tokio's, no order but that of the calls:
//! the same calls give the same states. Faults are planted at run time through the handles, out of reach of any command
//! line.

mod log;
mod state;

pub use log::MemoryLog;
pub use state::MemoryStore;
