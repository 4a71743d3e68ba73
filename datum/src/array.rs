//! One-dimensional arrays.

use crate::{Datum, TypeId};

/// Values of one type, with PostgreSQL's lower bound.
#[derive(Clone, Debug)]
pub struct Array {
    pub element: TypeId,
    /// 1 unless the text form said otherwise.
    pub lower_bound: i32,
    pub values: Vec<Datum>,
}

impl Array {
    pub fn one_dimensional(element: TypeId, values: Vec<Datum>) -> Array {
        Array { element, lower_bound: 1, values }
    }
}
