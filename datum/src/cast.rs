//! The table of casts.

use crate::{Cast, Datum, DatumError, EvalContext, SqlType, TypeId};

/// All casts.
pub fn casts() -> &'static [Cast] {
    &[]
}
/// The cast from one type to another, if there is one (binary coercible and same types included).
pub fn find_cast(from: TypeId, to: TypeId) -> Option<&'static Cast> {
    casts().iter().find(|c| c.from == from && c.to == to)
}
/// Applies a type's modifier to a value of that type; `explicit`: a written cast, which cuts strings silently.
///
/// # Errors
/// For the client.
pub fn coerce_typmod(datum: Datum, _ty: SqlType, _explicit: bool) -> Result<Datum, DatumError> {
    Ok(datum)
}
/// Casts a value, modifier included.
///
/// # Errors
/// `CannotCoerce` if there is no such cast; others for the client.
pub fn cast(
    ctx: &EvalContext,
    datum: &Datum,
    from: TypeId,
    to: SqlType,
    explicit: bool,
) -> Result<Datum, DatumError> {
    let cast = find_cast(from, to.id).ok_or(DatumError::CannotCoerce { from, to: to.id })?;
    coerce_typmod((cast.eval)(ctx, std::slice::from_ref(datum))?, to, explicit)
}
