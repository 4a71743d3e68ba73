//! Reads the workspace as text and knows its rules: who may name whom, who owns which outside library, how a file begins.
//! No dependencies, no cargo run: it takes milliseconds.

pub mod workspace;
pub mod rules;
