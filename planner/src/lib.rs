//! SQL text to our own plan: parse, bind, rewrite. Pure: no clock, no I/O, no executor.
//!
//! ```text
//! text --parse--> ast::Statement --bind--> Rel, Scalar (columns by identity) --rules--> Plan (columns by position)
//! ```

pub mod error;
pub mod parse;
pub mod plan;
pub mod scalar;
pub mod view;

pub use error::{PlanError, PlanErrorKind, Result};
pub use plan::{Plan, PlanKind, Rel, RelKind, Road};
pub use scalar::Scalar;
pub use view::{CatalogView, Relation, TableRef, VirtualTable};
