//! The way into the planner.

use crate::seam::SessionCatalog;
use datum::{EvalContext, SqlType};
use planner::parse::{Statement, ast::StatementKind};
use planner::plan::{Plan, PlanKind, Road};
use planner::{PlanError, Result};

/// Parses a text into its statements.
///
/// # Errors
/// For the client; nothing of the text is run then.
pub fn parse(text: &str) -> Result<Vec<Statement>> {
    planner::parse::parse(text)
}

/// Binds and plans a statement.
///
/// # Errors
/// For the client.
pub fn plan(
    statement: &Statement,
    _declared: &[Option<SqlType>],
    _catalog: &SessionCatalog,
    _ctx: &EvalContext,
) -> Result<Plan> {
    let kind = match &statement.kind {
        StatementKind::Ddl(d) => PlanKind::Ddl(d.clone()),
        StatementKind::Session(s) => PlanKind::Session(s.clone()),
        _ => return Err(PlanError::not_supported("this statement")),
    };
    Ok(Plan {
        kind,
        columns: Vec::new(),
        parameters: Vec::new(),
        slots: Vec::new(),
        ctes: Vec::new(),
        read_only: true,
        volatile: true,
        access: Vec::new(),
        versions: Vec::new(),
        road: Road::Router,
    })
}

/// Values for the parameters of a prepared statement from the arguments of EXECUTE.
///
/// # Errors
/// For the client: their number, or a type that does not fit.
pub fn execute_arguments(
    arguments: &[planner::parse::ast::Expr],
    _plan: &Plan,
    _catalog: &SessionCatalog,
    _ctx: &EvalContext,
) -> Result<Vec<datum::Datum>> {
    if arguments.is_empty() {
        return Ok(Vec::new());
    }
    Err(PlanError::not_supported("EXECUTE with arguments"))
}
