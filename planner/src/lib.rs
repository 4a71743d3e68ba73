//! SQL text to our own plan: parse, bind, rewrite. Pure: no clock, no I/O, no executor.
//!
//! ```text
//! text --parse--> ast::Statement --bind--> Rel, Scalar (columns by identity) --rules--> Plan (columns by position)
//! ```

pub mod bind;
pub mod error;
pub mod eval;
pub mod explain;
pub mod parse;
pub mod plan;
pub mod rules;
pub mod scalar;
pub mod view;

pub use bind::{bind, execute_arguments};
pub use error::{PlanError, PlanErrorKind, Result};
pub use eval::{Env, eval, eval_in};
pub use explain::explain;
pub use parse::ddl;
pub use parse::parse;
pub use plan::{Plan, PlanKind, Rel, RelKind, Road};
pub use scalar::Scalar;
pub use view::{CatalogView, Relation, TableRef, VirtualTable};
