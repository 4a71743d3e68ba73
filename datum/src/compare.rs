//! The total order of each type (ORDER BY, btree) and its equality.
//!
//! Both sides have the same type; the binder has cast them. Text compares by bytes (collation C); bpchar ignores trailing
//! spaces; NaN equals itself and is the greatest float and numeric; -0.0 equals 0.0; intervals compare with months of 30 days.

use crate::{Array, Datum, TypeId};
use std::cmp::Ordering;

/// Compares two values of type `ty`. A NULL (only inside arrays and records, or where the caller wants it so) is greater
/// than every value and equal to NULL.
pub fn compare(ty: TypeId, a: &Datum, b: &Datum) -> Ordering {
    match (a, b) {
        (Datum::Null, Datum::Null) => Ordering::Equal,
        (Datum::Null, _) => Ordering::Greater,
        (_, Datum::Null) => Ordering::Less,
        (Datum::Bool(a), Datum::Bool(b)) => a.cmp(b),
        (Datum::Int2(a), Datum::Int2(b)) => a.cmp(b),
        (Datum::Int4(a), Datum::Int4(b)) => a.cmp(b),
        (Datum::Int8(a), Datum::Int8(b)) => a.cmp(b),
        (Datum::Float4(a), Datum::Float4(b)) => compare_f64(f64::from(*a), f64::from(*b)),
        (Datum::Float8(a), Datum::Float8(b)) => compare_f64(*a, *b),
        (Datum::Numeric(a), Datum::Numeric(b)) => a.cmp(b),
        (Datum::Text(a), Datum::Text(b)) if ty == TypeId::BPCHAR => compare_bpchar(a, b),
        (Datum::Text(a), Datum::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Datum::Bytea(a), Datum::Bytea(b)) => a.cmp(b),
        (Datum::Char(a), Datum::Char(b)) => a.cmp(b),
        (Datum::Date(a), Datum::Date(b)) => a.cmp(b),
        (Datum::Timestamp(a), Datum::Timestamp(b)) => a.cmp(b),
        (Datum::Timestamptz(a), Datum::Timestamptz(b)) => a.cmp(b),
        (Datum::Interval(a), Datum::Interval(b)) => a.cmp(b),
        (Datum::Uuid(a), Datum::Uuid(b)) => a.cmp(b),
        (Datum::Oid(a), Datum::Oid(b)) => a.cmp(b),
        (Datum::Array(a), Datum::Array(b)) => compare_arrays(a, b),
        (Datum::Record(a), Datum::Record(b)) => {
            for (x, y) in a.iter().zip(b.iter()) {
                match compare(TypeId::UNKNOWN, x, y) {
                    Ordering::Equal => {}
                    other => return other,
                }
            }
            a.len().cmp(&b.len())
        }
        // Integers of different width, and values that no binder compares: by number, else by kind.
        _ => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => kind(a).cmp(&kind(b)),
        },
    }
}

/// Equality of two values of type `ty`; NULL equals NULL (IS NOT DISTINCT FROM).
pub fn equal(ty: TypeId, a: &Datum, b: &Datum) -> bool {
    compare(ty, a, b) == Ordering::Equal
}

/// As `compare`, with NULLs at the end that `nulls_first` says, and the values' order reversed if `descending`.
pub fn compare_ordered(ty: TypeId, a: &Datum, b: &Datum, descending: bool, nulls_first: bool) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if nulls_first => Ordering::Less,
        (true, false) => Ordering::Greater,
        (false, true) if nulls_first => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) if descending => compare(ty, b, a),
        (false, false) => compare(ty, a, b),
    }
}

/// PostgreSQL's order of floats: NaN equals NaN and is greater than all else.
pub fn compare_f64(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Compares without trailing spaces.
pub fn compare_bpchar(a: &str, b: &str) -> Ordering {
    a.trim_end_matches(' ').as_bytes().cmp(b.trim_end_matches(' ').as_bytes())
}

fn compare_arrays(a: &Array, b: &Array) -> Ordering {
    for (x, y) in a.values.iter().zip(&b.values) {
        match compare(a.element, x, y) {
            Ordering::Equal => {}
            other => return other,
        }
    }
    let lower = |a: &Array| if a.values.is_empty() { 1 } else { a.lower_bound };
    a.values.len().cmp(&b.values.len()).then_with(|| lower(a).cmp(&lower(b)))
}

fn kind(d: &Datum) -> u8 {
    match d {
        Datum::Bool(_) => 0,
        Datum::Int2(_) | Datum::Int4(_) | Datum::Int8(_) | Datum::Oid(_) => 1,
        Datum::Float4(_) => 2,
        Datum::Float8(_) => 3,
        Datum::Numeric(_) => 4,
        Datum::Text(_) => 5,
        Datum::Bytea(_) => 6,
        Datum::Char(_) => 7,
        Datum::Date(_) => 8,
        Datum::Timestamp(_) => 9,
        Datum::Timestamptz(_) => 10,
        Datum::Interval(_) => 11,
        Datum::Uuid(_) => 12,
        Datum::Array(_) => 13,
        Datum::Record(_) => 14,
        Datum::Void => 15,
        Datum::Null => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_greatest_and_equal_to_itself() {
        assert_eq!(compare_f64(f64::NAN, f64::INFINITY), Ordering::Greater);
        assert_eq!(compare_f64(f64::NAN, f64::NAN), Ordering::Equal);
        assert_eq!(compare_f64(-0.0, 0.0), Ordering::Equal);
    }

    #[test]
    fn padding_of_bpchar_does_not_count() {
        assert!(equal(TypeId::BPCHAR, &Datum::text("a  "), &Datum::text("a")));
        assert!(!equal(TypeId::TEXT, &Datum::text("a  "), &Datum::text("a")));
    }

    #[test]
    fn nulls_go_where_the_order_says() {
        let (null, one) = (Datum::Null, Datum::Int4(1));
        assert_eq!(compare_ordered(TypeId::INT4, &null, &one, true, true), Ordering::Less);
        assert_eq!(compare_ordered(TypeId::INT4, &null, &one, true, false), Ordering::Greater);
        assert_eq!(compare_ordered(TypeId::INT4, &Datum::Int4(2), &one, true, false), Ordering::Less);
    }
}
