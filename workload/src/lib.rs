//! Load generators and checkers over a small client trait: the same bank and registers run on the simulator and against
//! any PostgreSQL URL. Nothing of the database is known here.

pub mod client;
pub mod history;
pub mod linearizable;
pub mod bank;
pub mod register;
pub mod postgres;

pub use client::{Client, ClientError, Transaction};
