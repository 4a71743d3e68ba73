//! The server half: stores and logs, versions and locks, evaluation, Raft, replicas.

pub mod seam;
pub mod transport;
pub mod store;
pub mod log;
pub mod memory;
pub mod mvcc;
pub mod concurrency;
pub mod evaluate;
pub mod execute;
pub mod raft;
pub mod replica;
pub mod node;
pub mod server;

#[cfg(test)]
mod conformance;
