//! A router over the transaction layer's reference server, and tokio-postgres as its client.

mod cluster;
mod copy;
mod protocol;
#[path = "../../../txn/tests/txn_it/server.rs"]
#[allow(dead_code)]
mod server;
mod statements;
