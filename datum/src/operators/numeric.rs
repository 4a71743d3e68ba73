//! Arithmetic operators on numeric.

use super::op;
use crate::function::Operator;
use crate::functions::args::{eval, pure};
use crate::{Numeric, TypeId as T};

pub static OPERATORS: &[Operator] = &[
    op(1758, "+", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.add(b))),
    op(1759, "-", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.sub(b))),
    op(1760, "*", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.mul(b))),
    op(1761, "/", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.div(b))),
    op(1762, "%", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.rem(b))),
    op(1038, "^", Some(T::NUMERIC), T::NUMERIC, T::NUMERIC, eval!(|a: &Numeric, b: &Numeric| a.power(b))),
    op(1921, "+", None, T::NUMERIC, T::NUMERIC, pure!(|a: &Numeric| a.clone())),
    op(1751, "-", None, T::NUMERIC, T::NUMERIC, pure!(|a: &Numeric| a.neg())),
    op(1763, "@", None, T::NUMERIC, T::NUMERIC, pure!(|a: &Numeric| a.abs())),
];
