//! Rows to COPY data.

use super::BINARY_SIGNATURE;
use crate::wire::row::{Scratch, put_binary, put_text};
use bytes::{BufMut, BytesMut};
use datum::{Datum, EvalContext, TypeId};
use planner::plan::{CopyFormat, CopyOptions};

/// Writes rows in one format.
pub struct Encoder {
    options: CopyOptions,
    types: Vec<TypeId>,
    scratch: Scratch,
    field: BytesMut,
}

impl Encoder {
    pub fn new(options: CopyOptions, types: Vec<TypeId>) -> Encoder {
        Encoder { options, types, scratch: Scratch::default(), field: BytesMut::new() }
    }
    /// What comes before the first row, if anything.
    pub fn head(&mut self, out: &mut BytesMut, names: &[&str]) {
        if self.options.format == CopyFormat::Binary {
            out.put_slice(BINARY_SIGNATURE);
            out.put_u64(0);
        } else if self.options.header {
            for (at, name) in names.iter().enumerate() {
                if at > 0 {
                    out.put_u8(self.options.delimiter);
                }
                self.field.clear();
                self.field.put_slice(name.as_bytes());
                self.put_field(out, at, names.len());
            }
            out.put_u8(b'\n');
        }
    }
    /// What comes after the last row, if anything.
    pub fn tail(&self, out: &mut BytesMut) {
        if self.options.format == CopyFormat::Binary {
            out.put_i16(-1);
        }
    }
    pub fn row(&mut self, out: &mut BytesMut, ctx: &EvalContext, row: &[Datum]) {
        if self.options.format == CopyFormat::Binary {
            out.put_i16(self.types.len() as i16);
            for (value, ty) in row.iter().zip(&self.types) {
                if value.is_null() {
                    out.put_i32(-1);
                    continue;
                }
                self.field.clear();
                put_binary(&mut self.field, &mut self.scratch, *ty, value);
                out.put_i32(self.field.len() as i32);
                out.put_slice(&self.field);
            }
            return;
        }
        for (at, value) in row.iter().enumerate().take(self.types.len()) {
            if at > 0 {
                out.put_u8(self.options.delimiter);
            }
            if value.is_null() {
                out.put_slice(self.options.null.as_bytes());
                continue;
            }
            self.field.clear();
            put_text(&mut self.field, &mut self.scratch, ctx, self.types[at], value);
            self.put_field(out, at, row.len());
        }
        out.put_u8(b'\n');
    }

    fn put_field(&self, out: &mut BytesMut, at: usize, columns: usize) {
        let o = &self.options;
        if o.format == CopyFormat::Csv {
            let forced = o.force_quote.as_ref().is_none_or(|f| f.contains(&at));
            let special = |b: &u8| *b == o.delimiter || *b == o.quote || *b == b'\n' || *b == b'\r';
            let quoted = forced
                || &self.field[..] == o.null.as_bytes()
                || (columns == 1 && &self.field[..] == b"\\.")
                || self.field.iter().any(special);
            if !quoted {
                out.put_slice(&self.field);
                return;
            }
            out.put_u8(o.quote);
            for &b in &self.field[..] {
                if b == o.quote || b == o.escape {
                    out.put_u8(o.escape);
                }
                out.put_u8(b);
            }
            out.put_u8(o.quote);
            return;
        }
        for &b in &self.field[..] {
            let letter = match b {
                8 => b'b',
                12 => b'f',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                11 => b'v',
                b'\\' => b'\\',
                b if b == o.delimiter => b,
                b => {
                    out.put_u8(b);
                    continue;
                }
            };
            out.put_slice(&[b'\\', letter]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(options: CopyOptions, rows: &[[Datum; 2]]) -> String {
        let mut out = BytesMut::new();
        let mut e = Encoder::new(options, vec![TypeId::TEXT, TypeId::INT4]);
        e.head(&mut out, &["a", "b"]);
        rows.iter().for_each(|r| e.row(&mut out, &EvalContext::default(), r));
        e.tail(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn text_escapes_what_it_must() {
        let rows = [[Datum::text("x\ty\\z\n"), Datum::Int4(1)], [Datum::Null, Datum::Int4(-2)]];
        assert_eq!(encode(CopyOptions::default(), &rows), "x\\ty\\\\z\\n\t1\n\\N\t-2\n");
    }

    #[test]
    fn csv_quotes_what_it_must() {
        let options = CopyOptions {
            format: CopyFormat::Csv,
            delimiter: b',',
            null: String::new(),
            header: true,
            ..CopyOptions::default()
        };
        let rows = [[Datum::text("a,\"b\""), Datum::Int4(1)], [Datum::text(""), Datum::Null]];
        assert_eq!(encode(options, &rows), "a,b\n\"a,\"\"b\"\"\",1\n\"\",\n");
    }
}
