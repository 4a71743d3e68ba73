//! What a function, an operator, a cast and an aggregate are to the binder and to both executors.

use crate::{Datum, DatumError, EvalContext, TypeId};

/// When a function's result may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Same arguments, same result, forever: may be folded.
    Immutable,
    /// The same within one statement (depends on settings or the transaction's time).
    Stable,
    Volatile,
}

/// Computes one result from evaluated arguments.
pub type EvalFn = fn(&EvalContext, &[Datum]) -> Result<Datum, DatumError>;

/// A scalar function, one row for each overload, as in `pg_proc`.
pub struct Function {
    /// PostgreSQL's OID where it has one.
    pub oid: u32,
    pub name: &'static str,
    /// Declared argument types; may be pseudo-types (anyelement, anyarray, any).
    pub args: &'static [TypeId],
    /// The last argument may repeat (its declared type is then the element's, or ANY).
    pub variadic: bool,
    /// How many trailing arguments may be left out.
    pub optional: u8,
    pub result: TypeId,
    /// NULL in, NULL out, without a call.
    pub strict: bool,
    pub volatility: Volatility,
    pub eval: EvalFn,
}

/// An operator, one row for each overload, as in `pg_operator`.
pub struct Operator {
    pub oid: u32,
    pub name: &'static str,
    /// Absent for a prefix operator.
    pub left: Option<TypeId>,
    pub right: TypeId,
    pub result: TypeId,
    pub volatility: Volatility,
    /// NULL in, NULL out, without a call: all but `||` of arrays.
    pub strict: bool,
    pub eval: EvalFn,
}

/// Where a cast may be used without being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    Implicit,
    Assignment,
    Explicit,
}

/// A cast, as in `pg_cast` (and the automatic ones to and from text). The modifier of the target is applied by `coerce_typmod`.
pub struct Cast {
    pub from: TypeId,
    pub to: TypeId,
    pub context: CastContext,
    pub volatility: Volatility,
    pub eval: EvalFn,
}

/// The running state of one aggregate over one group.
pub trait Accumulator: Send + Sync {
    /// Takes one row's evaluated arguments.
    ///
    /// # Errors
    /// For the client (overflow).
    fn add(&mut self, ctx: &EvalContext, args: &[Datum]) -> Result<(), DatumError>;
    /// The state as values that `merge` of another accumulator takes (partial aggregation).
    fn state(&self) -> Vec<Datum>;
    /// # Errors
    /// For the client (overflow).
    fn merge(&mut self, ctx: &EvalContext, state: &[Datum]) -> Result<(), DatumError>;
    /// # Errors
    /// For the client (overflow).
    fn result(&self, ctx: &EvalContext) -> Result<Datum, DatumError>;
    /// Bytes held, an estimate.
    fn size(&self) -> usize;
}

/// An aggregate, one row for each overload.
pub struct Aggregate {
    pub oid: u32,
    pub name: &'static str,
    /// Empty: `count(*)`.
    pub args: &'static [TypeId],
    pub result: TypeId,
    /// Types of `Accumulator::state`.
    pub state: &'static [TypeId],
    /// Rows whose arguments are NULL are left out before `add`.
    pub skips_null: bool,
    /// Of an ordered-set aggregate (`f(direct) WITHIN GROUP (ORDER BY ordered)`): how many of `args` are direct; the rest
    /// are the ordered ones. `add` takes all of them, with the rows in the order that WITHIN GROUP asks for.
    pub direct_args: Option<u8>,
    /// Given the actual argument types (for anyelement).
    pub create: fn(&[TypeId]) -> Box<dyn Accumulator>,
}
