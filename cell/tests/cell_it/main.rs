//! Whole cells in one process: groups, leases, splits, crashes.

mod raft_cluster;
mod raft_evaluator;

mod raft_executor;
mod raft_leases;
mod raft_log;
mod raft_restart;
mod raft_splits;
