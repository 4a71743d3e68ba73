//! SQL types and values: PostgreSQL's semantics, written once for both roads of execution. Pure: no clock, no I/O.
//!
//! Reading order: `types` (what a type is), `value` (what a value is), then the formats, casts, functions, operators and
//! aggregates over them. What a function needs from the session (time zone, now, user) comes in an `EvalContext`.

pub mod aggregates;
pub mod array;
pub mod binary_format;
pub mod cast;
pub mod compare;
pub mod context;
pub mod datetime;
pub mod error;
pub mod format;
pub mod function;
pub mod functions;
pub mod interval;
pub mod key;
pub mod numeric;
pub mod operators;
pub mod pattern;
pub mod table_functions;
pub mod text_format;
pub mod types;
pub mod value;
pub mod value_format;
pub mod window;

pub use array::Array;
pub use context::EvalContext;
pub use error::DatumError;
pub use function::{Aggregate, Cast, CastContext, Function, Operator};
pub use interval::Interval;
pub use numeric::Numeric;
pub use types::{SqlType, TypeId};
pub use value::Datum;
