//! Window functions.

use crate::ExecError;
use crate::lower::Node;
use crate::scope::Scope;
use planner::plan::*;

pub(crate) fn lower(_: &Rel, _: &WindowRel, _: &Scope) -> Result<Node, ExecError> {
    Err(ExecError::Unsupported("a window function".into()))
}
