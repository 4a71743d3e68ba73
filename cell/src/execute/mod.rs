//! The life of a batch at the leaseholder: check, latch, lock, evaluate, replicate, answer.

pub mod replica;

pub use replica::{Applied, Proposal, ProposeError, RangeReplica};
