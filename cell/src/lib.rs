//! The server half: stores and logs, versions and locks, evaluation, Raft, replicas.

pub mod concurrency;
pub mod evaluate;
pub mod execute;
pub mod log;
pub mod memory;
pub mod mvcc;
pub mod node;
pub mod raft;
pub mod replica;
pub mod seam;
pub mod server;
pub mod store;
pub mod transport;

#[cfg(test)]
mod conformance;
