//! Messages to the client, written straight into the output buffer.

use crate::error::SqlError;
use bytes::{BufMut, BytesMut};
use datum::SqlType;

/// What ReadyForQuery says of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxnState {
    Idle,
    InTransaction,
    Failed,
}

/// One column of a RowDescription.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub name: String,
    /// Table and column it comes from; 0: none.
    pub table_oid: u32,
    pub column_id: u16,
    pub ty: SqlType,
}

/// Writes one message: type, length, and what `body` adds.
fn message(out: &mut BytesMut, kind: u8, body: impl FnOnce(&mut BytesMut)) {
    out.put_u8(kind);
    let at = out.len();
    out.put_u32(0);
    body(out);
    set_len(out, at);
}
/// Fills in the length of the message whose length field is at `at`.
pub(crate) fn set_len(out: &mut BytesMut, at: usize) {
    let len = u32::try_from(out.len() - at).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&len.to_be_bytes());
}
fn cstring(out: &mut BytesMut, s: &str) {
    // A zero byte would end the string early; none of our texts has one.
    out.extend(s.bytes().filter(|b| *b != 0));
    out.put_u8(0);
}

pub fn parse_complete(out: &mut BytesMut) {
    out.put_slice(b"1\0\0\0\x04");
}
pub fn bind_complete(out: &mut BytesMut) {
    out.put_slice(b"2\0\0\0\x04");
}
pub fn close_complete(out: &mut BytesMut) {
    out.put_slice(b"3\0\0\0\x04");
}
pub fn no_data(out: &mut BytesMut) {
    out.put_slice(b"n\0\0\0\x04");
}
pub fn portal_suspended(out: &mut BytesMut) {
    out.put_slice(b"s\0\0\0\x04");
}
pub fn empty_query(out: &mut BytesMut) {
    out.put_slice(b"I\0\0\0\x04");
}
pub fn copy_done(out: &mut BytesMut) {
    out.put_slice(b"c\0\0\0\x04");
}
pub fn ready(out: &mut BytesMut, state: TxnState) {
    let status = match state {
        TxnState::Idle => b'I',
        TxnState::InTransaction => b'T',
        TxnState::Failed => b'E',
    };
    out.put_slice(&[b'Z', 0, 0, 0, 5, status]);
}
pub fn command_complete(out: &mut BytesMut, tag: &str) {
    message(out, b'C', |out| cstring(out, tag));
}
pub fn parameter_status(out: &mut BytesMut, name: &str, value: &str) {
    message(out, b'S', |out| {
        cstring(out, name);
        cstring(out, value);
    });
}
pub fn parameter_description(out: &mut BytesMut, oids: impl ExactSizeIterator<Item = u32>) {
    message(out, b't', |out| {
        out.put_u16(oids.len() as u16);
        for oid in oids {
            out.put_u32(oid);
        }
    });
}
pub fn row_description(out: &mut BytesMut, fields: &[Field], format: impl Fn(usize) -> i16) {
    message(out, b'T', |out| {
        out.put_u16(fields.len() as u16);
        for (at, f) in fields.iter().enumerate() {
            cstring(out, &f.name);
            out.put_u32(f.table_oid);
            out.put_u16(f.column_id);
            out.put_u32(f.ty.id.0);
            out.put_i16(f.ty.id.info().map_or(-1, |i| i.len));
            out.put_i32(f.ty.typmod);
            out.put_i16(format(at));
        }
    });
}
/// CopyInResponse (`G`) or CopyOutResponse (`H`).
pub fn copy_response(out: &mut BytesMut, into_server: bool, binary: bool, columns: usize) {
    message(out, if into_server { b'G' } else { b'H' }, |out| {
        out.put_u8(u8::from(binary));
        out.put_u16(columns as u16);
        for _ in 0..columns {
            out.put_u16(u16::from(binary));
        }
    });
}
/// CopyData whose content `body` writes.
pub fn copy_data(out: &mut BytesMut, body: impl FnOnce(&mut BytesMut)) {
    message(out, b'd', body);
}
/// ErrorResponse or NoticeResponse, by the severity.
pub fn error(out: &mut BytesMut, error: &SqlError) {
    use crate::error::Severity;
    let e = &error.0;
    let kind = if matches!(e.severity, Severity::Fatal | Severity::Error) { b'E' } else { b'N' };
    message(out, kind, |out| {
        let mut field = |kind: u8, text: &str| {
            out.put_u8(kind);
            cstring(out, text);
        };
        field(b'S', e.severity.text());
        field(b'V', e.severity.text());
        field(b'C', e.code.0);
        field(b'M', &e.message);
        let optional = [
            (b'D', &e.detail),
            (b'H', &e.hint),
            (b'W', &e.context),
            (b's', &e.schema),
            (b't', &e.table),
            (b'c', &e.column),
            (b'd', &e.data_type),
            (b'n', &e.constraint),
        ];
        if let Some(position) = e.position {
            field(b'P', &position.to_string());
        }
        for (kind, text) in optional {
            if let Some(text) = text {
                field(kind, text);
            }
        }
        out.put_u8(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::SqlState;
    use datum::TypeId;

    #[test]
    fn an_error_carries_its_fields() {
        let mut out = BytesMut::new();
        let e = SqlError::new(SqlState::UNIQUE_VIOLATION, "m").with_constraint("t_pkey").with_position(3);
        error(&mut out, &e);
        assert_eq!(&out[..], b"E\0\0\0\x28SERROR\0VERROR\0C23505\0Mm\0P3\0nt_pkey\0\0");
        assert_eq!(usize::from(out[4]), out.len() - 1);
        out.clear();
        error(&mut out, &SqlError::warning(SqlState::WARNING, "w"));
        assert_eq!(out[0], b'N');
    }

    #[test]
    fn a_row_description_has_postgres_layout() {
        let mut out = BytesMut::new();
        let f = Field { name: "a".into(), table_oid: 101, column_id: 2, ty: TypeId::INT4.plain() };
        row_description(&mut out, &[f], |_| 1);
        assert_eq!(&out[..], b"T\0\0\0\x1a\0\x01a\0\0\0\0\x65\0\x02\0\0\0\x17\0\x04\xff\xff\xff\xff\0\x01");
    }
}
