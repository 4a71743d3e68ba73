//! Cells, the transaction layer and clients from one seed: simulated time, network and disk faults.
//!
//! ```text
//! scenario   one seed: cells, faults, clients, healing, checks      clients  workload's traits over txn::Db
//! cluster    cells with their disks; crash and restart              network  links that lose, delay, part
//! clock      virtual time with a skew                               disk     stores whose handles die in a crash
//! trace      what happened, as a hash
//! ```
//! The code of `cell` and `txn` is the product's own. Everything runs on one thread of tokio whose clock is paused: it
//! jumps to the next timer when nobody can go on, so a run of a minute takes seconds and the same seed takes the same
//! steps. The network is function calls in place of streams: `proto` and `cell::server` are not simulated.

pub mod client;
pub mod clock;
pub mod cluster;
pub mod disk;
pub mod ledger;
pub mod network;
pub mod scenario;
pub mod trace;
