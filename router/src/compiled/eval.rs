//! Expressions of the compiled road: the planner's evaluator, without outer rows.

use datum::{Datum, DatumError, EvalContext};
use planner::Scalar;

/// What an expression may refer to besides its row.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    pub ctx: &'a EvalContext,
    pub params: &'a [Datum],
    pub slots: &'a [Datum],
}

/// Evaluates `scalar` over `row`.
///
/// # Errors
/// For the client; `SequenceEmpty` for the session.
pub fn eval(scalar: &Scalar, row: &[Datum], env: Env<'_>) -> Result<Datum, DatumError> {
    planner::eval_in(
        scalar,
        row,
        &planner::Env { params: env.params, slots: env.slots, outer: &[], ctx: env.ctx },
    )
}

/// Evaluates a condition: whether it lets a row pass.
///
/// # Errors
/// As `eval`.
pub fn passes(condition: Option<&Scalar>, row: &[Datum], env: Env<'_>) -> Result<bool, DatumError> {
    match condition {
        Some(c) => Ok(matches!(eval(c, row, env)?, Datum::Bool(true))),
        None => Ok(true),
    }
}

/// Whether an expression depends on nothing but its row, parameters and slots.
pub fn is_compilable(scalar: &Scalar) -> bool {
    !scalar.any(&mut |s| matches!(s, Scalar::Outer { .. } | Scalar::Subquery(_) | Scalar::Placeholder { .. }))
}
