//! Binds calls: scalar functions, aggregates, window functions, set-returning functions, and the value functions of SQL.

use super::resolve::{Overload, choose_overload};
use super::{Binder, error};
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::{Call, Expr};
use crate::plan::{SetCall, SetFunction};
use crate::scalar::Scalar;
use datum::{CastContext, TypeId};

impl Binder<'_> {
    pub(super) fn call(&mut self, call: &Call, at: usize) -> Result<Scalar> {
        let name = self.function_name(call, at)?;
        if let Some(a) = call.args.iter().find(|a| a.name.is_some()) {
            return Err(PlanError::not_supported("named argument notation").at(a.expr.at));
        }
        if call.over.is_some() {
            return self.window_call(&name, call, at);
        }
        if datum::window::by_name(&name).next().is_some() {
            let what = format!("window function {name} requires an OVER clause");
            return error(PlanErrorKind::WindowingError(what), at);
        }
        let aggregates = datum::aggregates::by_name(&name);
        if !aggregates.is_empty() {
            return self.aggregate_call(&name, call, at);
        }
        if call.star {
            let what = format!("{name}(*) specified, but {name} is not an aggregate function");
            return error(PlanErrorKind::WrongObjectType(what), at);
        }
        if call.distinct
            || !call.order_by.is_empty()
            || call.filter.is_some()
            || !call.within_group.is_empty()
        {
            let part = if call.distinct {
                "DISTINCT"
            } else if !call.order_by.is_empty() {
                "ORDER BY"
            } else if call.filter.is_some() {
                "FILTER"
            } else {
                "WITHIN GROUP"
            };
            let what = format!("{part} specified, but {name} is not an aggregate function");
            return error(PlanErrorKind::WrongObjectType(what), at);
        }
        if !datum::table_functions::by_name(&name).is_empty() && datum::functions::by_name(&name).is_empty() {
            return self.set_call_in_list(&name, call, at);
        }
        let exprs: Vec<&Expr> = call.args.iter().map(|a| &a.expr).collect();
        let args = exprs.iter().map(|e| self.expr(e)).collect::<Result<Vec<_>>>()?;
        self.scalar_call(&name, args, call.variadic, &exprs, at)
    }
    /// The name without its schema, which must be pg_catalog (or one on the path: none has functions of its own).
    pub(super) fn function_name(&self, call: &Call, at: usize) -> Result<String> {
        match call.name.as_slice() {
            [name] => Ok(name.clone()),
            [schema, name] if schema == "pg_catalog" => Ok(name.clone()),
            [schema, name] if schema == "information_schema" && name.starts_with("_pg_") => Ok(name.clone()),
            [schema, _] if !self.view.schema_exists(schema) => {
                error(PlanErrorKind::InvalidSchemaName(schema.clone()), at)
            }
            parts => {
                let what = format!("function {}() does not exist", parts.join("."));
                error(PlanErrorKind::UndefinedFunction(what), at)
            }
        }
    }
    pub(super) fn scalar_call(
        &mut self,
        name: &str,
        args: Vec<Scalar>,
        variadic: bool,
        exprs: &[&Expr],
        at: usize,
    ) -> Result<Scalar> {
        // the type of an expression is known here, and only here
        if let ("pg_typeof", [arg]) = (name, args.as_slice()) {
            return Ok(Scalar::constant(datum::Datum::Oid(arg.ty().id.0), TypeId::REGTYPE));
        }
        let functions = datum::functions::by_name(name);
        let overloads: Vec<Overload> = functions
            .iter()
            .map(|f| Overload { args: f.args, variadic: f.variadic, optional: f.optional, result: f.result })
            .collect();
        let actual: Vec<TypeId> = args.iter().map(|a| a.ty().id).collect();
        let arg_at = |i: usize| exprs.get(i).map_or(at, |e| e.at);
        match choose_overload(&overloads, &actual, variadic) {
            Ok((i, signature)) => {
                let function = functions[i];
                if variadic && function.variadic {
                    return Err(PlanError::not_supported("VARIADIC with an array").at(at));
                }
                let args = args
                    .into_iter()
                    .zip(&signature.args)
                    .enumerate()
                    .map(|(i, (a, ty))| self.coerce(a, ty.plain(), CastContext::Implicit, arg_at(i)))
                    .collect::<Result<Vec<_>>>()?;
                Ok(Scalar::Call { function, args, ty: signature.result.plain() })
            }
            Err(ambiguous) => {
                // `text(x)`, `int4(x)`, `date(x)`: a type's name with one argument is a cast.
                if let [arg] = args.as_slice()
                    && let Some(info) =
                        datum::types::TYPES.iter().find(|t| t.name == name && t.category != 'P')
                    && (arg.ty().id == TypeId::UNKNOWN
                        || datum::cast::find_cast(arg.ty().id, info.id).is_some()
                        || arg.ty().id == info.id
                        || info.category == 'S')
                {
                    return self.coerce(arg.clone(), info.id.plain(), CastContext::Explicit, at);
                }
                Err(no_function(name, &actual, ambiguous, at))
            }
        }
    }
    /// Binds a call of a set-returning function.
    pub(super) fn set_call(
        &mut self,
        name: &str,
        args: Vec<Scalar>,
        exprs: &[&Expr],
        at: usize,
    ) -> Result<SetCall> {
        let functions = datum::table_functions::by_name(name);
        let overloads: Vec<Overload> = functions
            .iter()
            .map(|f| Overload { args: f.args, variadic: false, optional: f.optional, result: f.result })
            .collect();
        let actual: Vec<TypeId> = args.iter().map(|a| a.ty().id).collect();
        let (i, signature) = choose_overload(&overloads, &actual, false)
            .map_err(|ambiguous| no_function(name, &actual, ambiguous, at))?;
        let function = functions[i];
        let args = args
            .into_iter()
            .zip(&signature.args)
            .enumerate()
            .map(|(i, (a, ty))| {
                self.coerce(a, ty.plain(), CastContext::Implicit, exprs.get(i).map_or(at, |e| e.at))
            })
            .collect::<Result<Vec<_>>>()?;
        let types = if function.columns.is_empty() {
            vec![signature.result.plain()]
        } else {
            function.columns.iter().map(|(_, ty)| ty.plain()).collect()
        };
        Ok(SetCall { function: SetFunction::Table(function), args, types })
    }
    pub(super) fn value_function(&mut self, name: &str, precision: Option<i32>, at: usize) -> Result<Scalar> {
        let no_args = |b: &mut Self, f: &str| b.scalar_call(f, vec![], false, &[], at);
        let cast = |b: &mut Self, ty: TypeId| {
            let now = no_args(b, "now")?;
            b.coerce(now, ty.plain(), CastContext::Explicit, at)
        };
        let out = match name {
            "current_date" => return cast(self, TypeId::DATE),
            "current_timestamp" => no_args(self, "now")?,
            "localtimestamp" => cast(self, TypeId::TIMESTAMP)?,
            "current_time" | "localtime" => return Err(PlanError::not_supported(name.to_uppercase()).at(at)),
            "current_role" | "user" => return no_args(self, "current_user"),
            "current_catalog" => return no_args(self, "current_database"),
            other => return no_args(self, other),
        };
        Ok(match precision {
            Some(p) => {
                let ty = datum::SqlType::new(out.ty().id, p);
                Scalar::Typmod { arg: Box::new(out), ty, explicit: false }
            }
            None => out,
        })
    }
}

pub(super) fn no_function(name: &str, actual: &[TypeId], ambiguous: bool, at: usize) -> PlanError {
    let types: Vec<String> = actual.iter().map(TypeId::to_string).collect();
    let spelled = format!("function {name}({})", types.join(", "));
    if ambiguous {
        return PlanError::new(PlanErrorKind::AmbiguousFunction(format!("{spelled} is not unique")))
            .with_hint(
                "Could not choose a best candidate function. You might need to add explicit type casts.",
            )
            .at(at);
    }
    PlanError::new(PlanErrorKind::UndefinedFunction(format!("{spelled} does not exist")))
        .with_hint("No function matches the given name and argument types. You might need to add explicit type casts.")
        .at(at)
}
