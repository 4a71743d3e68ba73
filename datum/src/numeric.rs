//! PostgreSQL's numeric: any precision, NaN and the infinities, and a display scale that is part of the value.

use num_bigint::BigInt;

/// A decimal number. `value = digits * 10^-scale`; the scale is also how many digits print after the point.
#[derive(Clone, Debug)]
pub enum Numeric {
    NaN,
    Infinity,
    NegInfinity,
    /// Any finite value: coefficient and display scale (0..=16383).
    Finite {
        digits: BigInt,
        scale: u16,
    },
}
