//! Rows on the wire: a DataRow is written value by value into the output buffer, without a copy between.

use super::backend::{Field, set_len};
use super::frontend::format_at;
use bytes::{BufMut, BytesMut};
use datum::{Datum, EvalContext, TypeId};

/// Writes rows of one result: type and format of each column, and a scratch buffer for text.
#[derive(Debug)]
pub struct RowWriter {
    columns: Vec<(TypeId, bool)>,
    scratch: Scratch,
}

/// Where `datum` prints to before the bytes go into the output.
#[derive(Debug, Default)]
pub struct Scratch {
    text: String,
    bytes: Vec<u8>,
}

impl RowWriter {
    /// `formats` as Bind gives them: none, one for all, or one for each.
    pub fn new(fields: &[Field], formats: &[i16]) -> RowWriter {
        let columns =
            fields.iter().enumerate().map(|(at, f)| (f.ty.id, format_at(formats, at) == 1)).collect();
        RowWriter { columns, scratch: Scratch::default() }
    }
    pub fn format(&self, at: usize) -> i16 {
        self.columns.get(at).map_or(0, |c| i16::from(c.1))
    }
    /// Appends a DataRow.
    pub fn write(&mut self, out: &mut BytesMut, ctx: &EvalContext, row: &[Datum]) {
        out.put_u8(b'D');
        let at = out.len();
        out.put_u32(0);
        out.put_u16(self.columns.len() as u16);
        for (value, (ty, binary)) in row.iter().zip(&self.columns) {
            write_value(out, &mut self.scratch, ctx, *ty, *binary, value);
        }
        set_len(out, at);
    }
}

/// Appends length and bytes of one value; -1 for NULL.
fn write_value(
    out: &mut BytesMut,
    scratch: &mut Scratch,
    ctx: &EvalContext,
    ty: TypeId,
    binary: bool,
    value: &Datum,
) {
    if value.is_null() {
        out.put_i32(-1);
        return;
    }
    let at = out.len();
    out.put_u32(0);
    if binary {
        put_binary(out, scratch, ty, value);
    } else {
        put_text(out, scratch, ctx, ty, value);
    }
    let len = (out.len() - at - 4) as u32;
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
}

/// Appends the text form of a value that is not NULL.
pub fn put_text(out: &mut BytesMut, scratch: &mut Scratch, ctx: &EvalContext, ty: TypeId, value: &Datum) {
    match value {
        Datum::Text(s) => out.put_slice(s.as_bytes()),
        Datum::Bool(b) => out.put_u8(if *b { b't' } else { b'f' }),
        Datum::Int2(v) => put_integer(out, i64::from(*v)),
        Datum::Int4(v) => put_integer(out, i64::from(*v)),
        Datum::Int8(v) => put_integer(out, *v),
        other => {
            scratch.text.clear();
            datum::text_format::output_into(&mut scratch.text, other, ty, ctx);
            out.put_slice(scratch.text.as_bytes());
        }
    }
}

/// Appends the binary form of a value that is not NULL.
pub fn put_binary(out: &mut BytesMut, scratch: &mut Scratch, ty: TypeId, value: &Datum) {
    match value {
        Datum::Int2(v) => out.put_i16(*v),
        Datum::Int4(v) => out.put_i32(*v),
        Datum::Int8(v) => out.put_i64(*v),
        Datum::Text(s) => out.put_slice(s.as_bytes()),
        other => {
            scratch.bytes.clear();
            datum::binary_format::output_into(&mut scratch.bytes, other, ty);
            out.put_slice(&scratch.bytes);
        }
    }
}

fn put_integer(out: &mut BytesMut, v: i64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = v.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if v < 0 {
        out.put_u8(b'-');
    }
    out.put_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(id: TypeId) -> Field {
        Field { name: "c".into(), table_oid: 0, column_id: 0, ty: id.plain() }
    }

    #[test]
    fn integers_print_to_their_limits() {
        for v in [0, 7, -7, i64::MAX, i64::MIN] {
            let mut out = BytesMut::new();
            put_integer(&mut out, v);
            assert_eq!(std::str::from_utf8(&out).unwrap(), v.to_string());
        }
    }

    #[test]
    fn a_row_mixes_formats_and_null() {
        let mut writer =
            RowWriter::new(&[field(TypeId::INT4), field(TypeId::TEXT), field(TypeId::INT8)], &[1, 0, 0]);
        let mut out = BytesMut::new();
        writer.write(&mut out, &EvalContext::default(), &[Datum::Int4(5), Datum::text("hi"), Datum::Null]);
        assert_eq!(&out[..], b"D\0\0\0\x18\0\x03\0\0\0\x04\0\0\0\x05\0\0\0\x02hi\xff\xff\xff\xff");
    }
}
