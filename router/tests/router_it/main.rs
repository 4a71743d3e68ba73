//! A router over the transaction layer's reference server, and tokio-postgres as its client.

#[path = "../../../txn/tests/txn_it/server.rs"]
#[allow(dead_code)]
mod server;
mod cluster;
mod copy;
mod protocol;
mod statements;
