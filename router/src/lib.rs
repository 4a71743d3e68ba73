//! The SQL gateway: PostgreSQL's protocol, sessions, settings, the compiled road, COPY, and the catalog as sessions see it.
//! The one crate that knows SQLSTATE.
//!
//! ```text
//! wire      bytes <-> messages                      (pgwire is named only here)
//! session   statements, transactions, settings
//! compiled  plans -> key-value requests of a transaction
//! copy      COPY in and out
//! seam      what `meridian` wires: queries, catalog, virtual tables
//! ```

pub mod error;
pub mod wire;
