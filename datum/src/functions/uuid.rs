//! UUID functions (manual 9.14).

use super::args::{eval, session};
use super::fv;
use crate::function::Function;
use crate::{Datum, TypeId as T};

/// Version 4, variant 1, the rest random.
fn version_4(high: u64, low: u64) -> Datum {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high.to_be_bytes());
    bytes[8..].copy_from_slice(&low.to_be_bytes());
    bytes[6] = bytes[6] & 0x0F | 0x40;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    Datum::Uuid(bytes)
}

pub static FUNCTIONS: &[Function] = &[fv(
    3432,
    "gen_random_uuid",
    &[],
    T::UUID,
    eval!(ctx, || session(ctx).map(|s| version_4(s.random(), s.random()))),
)];
