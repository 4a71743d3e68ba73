//! Casts: which there are and where they may be used, what they do, and the modifiers of target types.
//!
//! `table` has the rows of `pg_cast`; beside those there are, as in PostgreSQL, casts by text (to strings on assignment, from
//! strings when written), of arrays element by element, and of untyped literals by input functions.

mod convert;
mod table;

use crate::function::{CastContext, EvalFn, Volatility};
use crate::{Array, Cast, Datum, DatumError, EvalContext, SqlType, TypeId, text_format};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// The rows of `pg_cast`.
pub fn casts() -> &'static [Cast] {
    table::CASTS
}

/// The cast from one type to another, of any kind; of a type to itself it is implicit and changes nothing.
pub fn find_cast(from: TypeId, to: TypeId) -> Option<&'static Cast> {
    static ALL: OnceLock<HashMap<(TypeId, TypeId), Cast>> = OnceLock::new();
    ALL.get_or_init(all).get(&(from, to))
}

/// A type with the functions that cast by its text, and as the element of an array.
struct ByText {
    id: TypeId,
    output: EvalFn,
    output_name: EvalFn,
    input: EvalFn,
    elements: EvalFn,
}

macro_rules! by_text {
    ($($id:ident)*) => {
        &[$(ByText {
            id: TypeId::$id,
            output: convert::output::<{ TypeId::$id.0 }>,
            output_name: convert::output_name::<{ TypeId::$id.0 }>,
            input: convert::input::<{ TypeId::$id.0 }>,
            elements: convert::elements::<{ TypeId::$id.0 }>,
        },)*]
    };
}

static BY_TEXT: &[ByText] = by_text! {
    BOOL BYTEA CHAR NAME INT8 INT2 INT2VECTOR INT4 REGPROC TEXT OID OIDVECTOR FLOAT4 FLOAT8 UNKNOWN BPCHAR VARCHAR DATE
    TIMESTAMP TIMESTAMPTZ INTERVAL NUMERIC REGPROCEDURE REGOPER REGOPERATOR REGCLASS REGTYPE UUID REGROLE REGNAMESPACE
    BOOL_ARRAY BYTEA_ARRAY CHAR_ARRAY NAME_ARRAY INT2_ARRAY INT4_ARRAY TEXT_ARRAY BPCHAR_ARRAY VARCHAR_ARRAY INT8_ARRAY
    FLOAT4_ARRAY FLOAT8_ARRAY OID_ARRAY TIMESTAMP_ARRAY DATE_ARRAY TIMESTAMPTZ_ARRAY INTERVAL_ARRAY NUMERIC_ARRAY
    REGCLASS_ARRAY REGTYPE_ARRAY UUID_ARRAY RECORD CSTRING VOID
};
const STRINGS: [TypeId; 4] = [TypeId::TEXT, TypeId::VARCHAR, TypeId::BPCHAR, TypeId::NAME];

/// Every cast there is; what comes first stays.
fn all() -> HashMap<(TypeId, TypeId), Cast> {
    let mut all = HashMap::new();
    let mut add = |cast: Cast| {
        all.entry((cast.from, cast.to)).or_insert(cast);
    };
    for c in table::CASTS {
        add(Cast { ..*c });
    }
    for t in BY_TEXT {
        let immutable = Volatility::Immutable;
        add(Cast {
            from: t.id,
            to: t.id,
            context: CastContext::Implicit,
            volatility: immutable,
            eval: convert::same,
        });
        // What input and output depend on besides the text: settings, and the catalog.
        let element = t.id.element().unwrap_or(t.id);
        let stable = element.is_reg()
            || matches!(
                element,
                TypeId::DATE
                    | TypeId::TIMESTAMP
                    | TypeId::TIMESTAMPTZ
                    | TypeId::INTERVAL
                    | TypeId::FLOAT4
                    | TypeId::FLOAT8
                    | TypeId::BYTEA
                    | TypeId::RECORD
            );
        let volatility = if stable { Volatility::Stable } else { Volatility::Immutable };
        for from in [TypeId::UNKNOWN, TypeId::CSTRING] {
            add(Cast { from, to: t.id, context: CastContext::Implicit, volatility, eval: t.input });
        }
        for string in STRINGS {
            if t.id == TypeId::UNKNOWN || STRINGS.contains(&t.id) {
                continue;
            }
            let eval = if string == TypeId::NAME { t.output_name } else { t.output };
            add(Cast { from: t.id, to: string, context: CastContext::Assignment, volatility, eval });
            add(Cast { from: string, to: t.id, context: CastContext::Explicit, volatility, eval: t.input });
        }
    }
    let arrays: Vec<(TypeId, TypeId)> =
        BY_TEXT.iter().filter_map(|t| t.id.element().map(|element| (t.id, element))).collect();
    let mut more = Vec::new();
    for (from, from_element) in &arrays {
        for (to, to_element) in &arrays {
            if from == to || matches!(*to, TypeId::INT2VECTOR | TypeId::OIDVECTOR) {
                continue;
            }
            let (Some(element), Some(functions)) =
                (all.get(&(*from_element, *to_element)), BY_TEXT.iter().find(|t| t.id == *to_element))
            else {
                continue;
            };
            let (context, volatility) = (element.context, element.volatility);
            more.push(Cast { from: *from, to: *to, context, volatility, eval: functions.elements });
        }
    }
    for cast in more {
        all.entry((cast.from, cast.to)).or_insert(cast);
    }
    all
}

/// Applies a type's modifier to a value of that type; `explicit`: a written cast, which cuts strings silently, where
/// assignment refuses to lose anything but spaces.
///
/// # Errors
/// For the client: too long, or out of the range of `numeric(p,s)`.
pub fn coerce_typmod(datum: Datum, ty: SqlType, explicit: bool) -> Result<Datum, DatumError> {
    if ty.typmod < 0 {
        return Ok(datum);
    }
    Ok(match (datum, ty.id) {
        (Datum::Text(s), TypeId::VARCHAR) => match text_format::nth_char(&s, ty.typmod) {
            None => Datum::Text(s),
            Some(at) if explicit => Datum::text(&s[..at]),
            Some(_) => text_format::varchar_input(&s, ty.typmod)?,
        },
        (Datum::Text(s), TypeId::BPCHAR) => match text_format::nth_char(&s, ty.typmod) {
            Some(at) if explicit => Datum::text(&s[..at]),
            _ => text_format::bpchar_input(&s, ty.typmod)?,
        },
        (Datum::Numeric(n), TypeId::NUMERIC) => Datum::Numeric(n.coerce_typmod(ty.typmod)?),
        (Datum::Timestamp(v), TypeId::TIMESTAMP) => {
            Datum::Timestamp(crate::datetime::coerce_timestamp(v, ty.typmod)?)
        }
        (Datum::Timestamptz(v), TypeId::TIMESTAMPTZ) => {
            Datum::Timestamptz(crate::datetime::coerce_timestamp(v, ty.typmod)?)
        }
        (Datum::Interval(v), TypeId::INTERVAL) => Datum::Interval(v.coerce_typmod(ty.typmod)?),
        (Datum::Array(a), id) => match id.element() {
            None => Datum::Array(a),
            Some(element) => {
                let element_type = SqlType::new(element, ty.typmod);
                let coerced = a.values.iter().map(|v| coerce_typmod(v.clone(), element_type, explicit));
                let values = coerced.collect::<Result<Vec<_>, _>>()?;
                Datum::Array(Arc::new(Array { element: a.element, lower_bound: a.lower_bound, values }))
            }
        },
        (datum, _) => datum,
    })
}

/// Casts a value, modifier included; NULL stays NULL.
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
    if datum.is_null() {
        return Ok(Datum::Null);
    }
    coerce_typmod((cast.eval)(ctx, std::slice::from_ref(datum))?, to, explicit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explicit(from: TypeId, text: &str, to: SqlType) -> Result<String, DatumError> {
        let ctx = EvalContext::default();
        let value = text_format::input(from.plain(), text, &ctx)?;
        cast(&ctx, &value, from, to, true).map(|v| text_format::output(&v, to.id, &ctx))
    }

    #[test]
    fn written_casts_cut_and_assignment_refuses() {
        let varchar = SqlType::new(TypeId::VARCHAR, 4 + 2);
        assert_eq!(explicit(TypeId::TEXT, "abc", varchar).unwrap(), "ab");
        let assigned = coerce_typmod(Datum::text("abc"), varchar, false);
        assert_eq!(assigned.unwrap_err().to_string(), "value too long for type character varying(2)");
        let cut = coerce_typmod(Datum::text("ab   "), varchar, false).unwrap();
        assert_eq!(cut.as_str(), Some("ab"));
    }

    #[test]
    fn arrays_cast_by_element_and_context_follows() {
        let to = TypeId::INT8_ARRAY;
        assert_eq!(explicit(TypeId::INT4_ARRAY, "{1,NULL}", to.plain()).unwrap(), "{1,NULL}");
        assert_eq!(find_cast(TypeId::INT4_ARRAY, to).unwrap().context, CastContext::Implicit);
        assert_eq!(find_cast(TypeId::TEXT_ARRAY, to).unwrap().context, CastContext::Explicit);
        assert!(find_cast(TypeId::DATE, TypeId::INT4).is_none());
    }

    #[test]
    fn strings_are_reached_on_assignment_and_left_when_written() {
        assert_eq!(find_cast(TypeId::INT4, TypeId::TEXT).unwrap().context, CastContext::Assignment);
        assert_eq!(find_cast(TypeId::TEXT, TypeId::INT4).unwrap().context, CastContext::Explicit);
        assert_eq!(find_cast(TypeId::UNKNOWN, TypeId::INT4).unwrap().context, CastContext::Implicit);
    }
}
