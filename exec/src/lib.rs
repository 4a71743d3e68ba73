//! Runs plans on DataFusion's physical operators: the only home of DataFusion.
//!
//! ```text
//! Rel --lower--> ExecutionPlan --execute--> Arrow batches --> rows of datums
//! ```
//! Filters, projections, sorts and joins are DataFusion's, with expressions that call the planner's evaluator; what needs
//! PostgreSQL's semantics to the letter (aggregates, windows, set operations, `Apply`, ...) are row operators of our own
//! inside the same plan (`rows::RowExec`). A plan is lowered for each execution, when parameters and slots are known.

mod aggregate;
mod apply;
pub mod column;
mod engine;
mod error;
mod join;
mod key;
mod lower;
mod rows;
mod scalar;
mod scope;
mod set;
mod source;
mod window;

pub use engine::Engine;
pub use error::ExecError;
pub use rows::RowStream;
pub use source::{BoxError, ExecContext, ScanEnv, ScanSource};
