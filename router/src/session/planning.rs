//! The way into the planner.

use crate::error::SqlResult;
use crate::seam::SessionCatalog;
use datum::{Datum, EvalContext, SqlType};
use planner::Result;
use planner::parse::Statement;
use planner::plan::Plan;

/// Parses a text into its statements.
///
/// # Errors
/// For the client; nothing of the text is run then.
pub fn parse(text: &str) -> Result<Vec<Statement>> {
    planner::parse(text)
}

/// Binds and plans a statement.
///
/// # Errors
/// For the client.
pub fn plan(statement: &Statement, declared: &[Option<SqlType>], catalog: &SessionCatalog) -> Result<Plan> {
    planner::bind(statement, catalog, declared)
}

/// Values for the parameters of a prepared statement from the arguments of EXECUTE.
///
/// # Errors
/// For the client: their number, or a type that does not fit.
pub fn execute_arguments(
    arguments: &[planner::parse::ast::Expr],
    plan: &Plan,
    name: &str,
    catalog: &SessionCatalog,
    ctx: &EvalContext,
) -> SqlResult<Vec<Datum>> {
    let scalars = planner::execute_arguments(arguments, &plan.parameters, name, catalog)?;
    let values = scalars
        .iter()
        .map(|s| planner::eval(s, &[], &[], &[], ctx))
        .collect::<std::result::Result<Vec<_>, _>>();
    Ok(values?)
}
