//! The SQL gateway: PostgreSQL's protocol, sessions, settings, the compiled road, COPY, and the catalog as sessions see it.
//! The one crate that knows SQLSTATE.
//!
//! ```text
//! server    connections, cancel requests, stopping
//! auth      from a connection to a session
//! session   statements, transactions, settings
//! compiled  plans -> key-value requests of a transaction
//! copy      COPY data in and out
//! wire      bytes <-> messages                      (pgwire is named only here)
//! catalog_store  the catalog in KV: loading, leases, schema changes, jobs
//! virtual_catalog  pg_catalog, information_schema, meridian_catalog
//! seam      what `meridian` wires: queries, catalog, virtual tables
//! ```

pub mod auth;
pub mod catalog_store;
pub mod compiled;
pub mod copy;
pub mod error;
pub mod metrics;
pub mod seam;
pub mod sequence;
pub mod server;
pub mod session;
pub mod snapshot;
pub mod virtual_catalog;
pub mod wire;

pub use auth::make_verifier;
pub use error::{SqlError, SqlResult, SqlState};
pub use metrics::Metrics;
pub use server::{Router, RouterOptions};
