//! Folds constant expressions: immutable functions of constants, and the logic of known booleans.

use crate::eval::eval;
use crate::scalar::Scalar;
use datum::function::Volatility;
use datum::{Datum, EvalContext, TypeId};

/// Folds an expression in place. What would fail is left for execution, which may never reach it.
pub fn fold(s: &mut Scalar) {
    s.transform(&mut fold_one);
}

fn fold_one(s: &mut Scalar) {
    let constant = |e: &Scalar| matches!(e, Scalar::Const { .. });
    match s {
        Scalar::And(args) => {
            if args.iter().any(|a| matches!(a, Scalar::Const { value: Datum::Bool(false), .. })) {
                *s = Scalar::bool(false);
                return;
            }
            args.retain(|a| !a.is_true());
            if args.len() < 2 {
                *s = args.pop().unwrap_or(Scalar::bool(true));
            }
        }
        Scalar::Or(args) => {
            if args.iter().any(Scalar::is_true) {
                *s = Scalar::bool(true);
                return;
            }
            args.retain(|a| !matches!(a, Scalar::Const { value: Datum::Bool(false), .. }));
            if args.len() < 2 {
                *s = args.pop().unwrap_or(Scalar::bool(false));
            }
        }
        _ => {
            let foldable = match s {
                Scalar::Call { function, .. } => function.volatility == Volatility::Immutable,
                Scalar::Operator { operator, .. } => operator.volatility == Volatility::Immutable,
                Scalar::Cast { cast, .. } | Scalar::CastArray { cast, .. } => {
                    cast.volatility == Volatility::Immutable
                }
                Scalar::CastViaText { arg, ty } => is_plain(arg.ty().id) && is_plain(ty.id),
                Scalar::Typmod { .. }
                | Scalar::Relabel { .. }
                | Scalar::Not(_)
                | Scalar::IsNull { .. }
                | Scalar::IsBool { .. }
                | Scalar::Coalesce { .. }
                | Scalar::Array { .. }
                | Scalar::Case { .. } => true,
                _ => false,
            };
            let children = s.children();
            if !foldable || !children.iter().all(|c| constant(c)) {
                return;
            }
            let ty = s.ty();
            if let Ok(value) = eval(s, &[], &[], &[], &EvalContext::default()) {
                *s = Scalar::Const { value, ty };
            }
        }
    }
}

/// Whether text input and output depend on nothing but the value.
fn is_plain(ty: TypeId) -> bool {
    matches!(
        ty,
        TypeId::BOOL
            | TypeId::INT2
            | TypeId::INT4
            | TypeId::INT8
            | TypeId::NUMERIC
            | TypeId::TEXT
            | TypeId::VARCHAR
            | TypeId::UUID
    )
}
