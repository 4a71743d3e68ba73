//! Order-preserving encodings of primitives: bytes compare as the values do.
//!
//! ```text
//! u32, u64   big-endian
//! i64        big-endian with the sign bit flipped
//! f64        bits, all flipped if negative, else the sign bit flipped; NaN last, -0.0 as 0.0
//! bytes      0x00 -> 0x00 0xFF, terminated by 0x00 0x01
//! ```
//! Descending columns complement every byte of the ascending form (done by `catalog`).

use crate::DecodeError;

pub fn put_u32(out: &mut Vec<u8>, v: u32) {
    out.extend_from_slice(&v.to_be_bytes());
}
pub fn put_u64(out: &mut Vec<u8>, v: u64) {
    out.extend_from_slice(&v.to_be_bytes());
}
pub fn put_i64(out: &mut Vec<u8>, v: i64) {
    put_u64(out, (v as u64) ^ (1 << 63));
}
pub fn put_f64(out: &mut Vec<u8>, v: f64) {
    let bits = if v.is_nan() { f64::NAN.to_bits() } else { (v + 0.0).to_bits() };
    put_u64(out, if bits >> 63 == 1 { !bits } else { bits ^ (1 << 63) });
}
pub fn put_bytes(out: &mut Vec<u8>, v: &[u8]) {
    for &b in v {
        out.push(b);
        if b == 0 {
            out.push(0xFF);
        }
    }
    out.extend_from_slice(&[0x00, 0x01]);
}

fn take<'a>(input: &mut &'a [u8], n: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
    if input.len() < n {
        return Err(DecodeError::Length { what, want: n, got: input.len() });
    }
    let (head, rest) = input.split_at(n);
    *input = rest;
    Ok(head)
}

/// Each `take_` reads one value from the front of `input` and moves it on.
///
/// # Errors
/// `DecodeError` if the bytes end early or are not of the form; the data is corrupt.
pub fn take_u32(input: &mut &[u8]) -> Result<u32, DecodeError> {
    Ok(u32::from_be_bytes(take(input, 4, "u32")?.try_into().expect("4 bytes taken")))
}
pub fn take_u64(input: &mut &[u8]) -> Result<u64, DecodeError> {
    Ok(u64::from_be_bytes(take(input, 8, "u64")?.try_into().expect("8 bytes taken")))
}
pub fn take_i64(input: &mut &[u8]) -> Result<i64, DecodeError> {
    Ok((take_u64(input)? ^ (1 << 63)) as i64)
}
pub fn take_f64(input: &mut &[u8]) -> Result<f64, DecodeError> {
    let bits = take_u64(input)?;
    Ok(f64::from_bits(if bits >> 63 == 1 { bits ^ (1 << 63) } else { !bits }))
}
pub fn take_bytes(input: &mut &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    let mut at = 0;
    loop {
        match (input.get(at), input.get(at + 1)) {
            (Some(0), Some(0x01)) => {
                *input = &input[at + 2..];
                return Ok(out);
            }
            (Some(0), Some(0xFF)) => {
                out.push(0);
                at += 2;
            }
            (Some(0), _) | (None, _) => return Err(DecodeError::Form { what: "escaped bytes" }),
            (Some(&b), _) => {
                out.push(b);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn enc<T>(v: T, put: impl Fn(&mut Vec<u8>, T)) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, v);
        out
    }

    proptest! {
        #[test]
        fn i64_keeps_order(a: i64, b: i64) {
            prop_assert_eq!(a.cmp(&b), enc(a, put_i64).cmp(&enc(b, put_i64)));
            prop_assert_eq!(take_i64(&mut &enc(a, put_i64)[..]).unwrap(), a);
        }
        #[test]
        fn f64_keeps_order(a: f64, b: f64) {
            if let Some(order) = a.partial_cmp(&b) {
                prop_assert_eq!(order, enc(a, put_f64).cmp(&enc(b, put_f64)));
            }
        }
        #[test]
        fn bytes_keep_order_also_as_prefixes(a: Vec<u8>, b: Vec<u8>) {
            let (x, y) = (enc(&a[..], put_bytes), enc(&b[..], put_bytes));
            prop_assert_eq!(a.cmp(&b), x.cmp(&y));
            prop_assert_eq!(take_bytes(&mut &x[..]).unwrap(), a);
        }
    }

    #[test]
    fn nan_sorts_last_and_zeros_are_one() {
        assert!(enc(f64::NAN, put_f64) > enc(f64::INFINITY, put_f64));
        assert_eq!(enc(-0.0, put_f64), enc(0.0, put_f64));
    }

    #[test]
    fn a_torn_value_is_an_error() {
        assert!(take_bytes(&mut &[b'a', 0][..]).is_err());
        assert!(take_u64(&mut &[1, 2][..]).is_err());
    }
}
