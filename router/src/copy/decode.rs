//! COPY data from the client, in pieces of any size, to records of fields. Memory: one piece and one record.

use super::{BINARY_SIGNATURE, RECORD_BYTES_MAX};
use crate::error::{SqlError, SqlResult, SqlState};
use bytes::{Buf, BytesMut};
use planner::plan::{CopyFormat, CopyOptions};

/// One row as it came: bytes of its fields, `None` for NULL.
#[derive(Debug, Default)]
pub struct Record {
    bytes: Vec<u8>,
    fields: Vec<Option<(usize, usize)>>,
}

impl Record {
    pub fn len(&self) -> usize {
        self.fields.len()
    }
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
    pub fn field(&self, at: usize) -> Option<&[u8]> {
        self.fields[at].map(|(start, end)| &self.bytes[start..end])
    }
    fn clear(&mut self) {
        self.bytes.clear();
        self.fields.clear();
    }
    fn push(&mut self, start: usize, null: bool) {
        self.fields.push((!null).then_some((start, self.bytes.len())));
    }
}

/// See the module.
pub struct Decoder {
    options: CopyOptions,
    names: Vec<String>,
    buffer: BytesMut,
    /// Bytes of the buffer that were searched for the end of the record, and whether that lies within quotes.
    searched: usize,
    in_quotes: bool,
    header_pending: bool,
    ended: bool,
    /// Of the record that was read last, from 1; of text and csv counted in lines of the data.
    pub line: u64,
    lines_within: u64,
}

fn bad(message: impl Into<String>) -> SqlError {
    SqlError::new(SqlState::BAD_COPY_FILE_FORMAT, message)
}

impl Decoder {
    /// `names`: of the columns of the data.
    pub fn new(options: CopyOptions, names: Vec<String>) -> Decoder {
        let header_pending = options.header || options.format == CopyFormat::Binary;
        Decoder {
            options,
            names,
            buffer: BytesMut::new(),
            searched: 0,
            in_quotes: false,
            header_pending,
            ended: false,
            line: 0,
            lines_within: 0,
        }
    }
    pub fn feed(&mut self, data: &[u8]) {
        if !self.ended {
            self.buffer.extend_from_slice(data);
        }
    }
    /// The next record; `false` if there is none yet (or, with `last`, none any more).
    ///
    /// # Errors
    /// 22P04, for the client.
    pub fn next(&mut self, record: &mut Record, last: bool) -> SqlResult<bool> {
        loop {
            if self.ended {
                return Ok(false);
            }
            let found = match self.options.format {
                CopyFormat::Binary => return self.next_binary(record, last),
                _ => self.take_line(last)?,
            };
            let Some(line) = found else { return Ok(false) };
            if self.header_pending {
                self.header_pending = false;
                if self.options.header_match {
                    self.check_header(&line, record)?;
                }
                continue;
            }
            if self.options.format == CopyFormat::Csv {
                self.split_csv(&line, record)?;
            } else {
                if line == b"\\."[..] {
                    self.ended = true;
                    return Ok(false);
                }
                self.split_text(&line, record)?;
            }
            if std::str::from_utf8(&record.bytes).is_err() {
                return Err(SqlError::new(
                    SqlState::CHARACTER_NOT_IN_REPERTOIRE,
                    "invalid byte sequence for encoding \"UTF8\"",
                ));
            }
            self.check_count(record)?;
            return Ok(true);
        }
    }
    fn check_count(&self, record: &Record) -> SqlResult<()> {
        match record.len() {
            n if n > self.names.len() => Err(bad("extra data after last expected column")),
            n if n < self.names.len() => Err(bad(format!("missing data for column \"{}\"", self.names[n]))),
            _ => Ok(()),
        }
    }
    fn check_header(&mut self, line: &BytesMut, record: &mut Record) -> SqlResult<()> {
        if self.options.format == CopyFormat::Csv {
            self.split_csv(line, record)?;
        } else {
            self.split_text(line, record)?;
        }
        self.check_count(record)?;
        for (at, name) in self.names.iter().enumerate() {
            if record.field(at) != Some(name.as_bytes()) {
                let got = String::from_utf8_lossy(record.field(at).unwrap_or_default()).into_owned();
                return Err(bad(format!(
                    "column name mismatch in header line field {}: got \"{got}\", expected \"{name}\"",
                    at + 1
                )));
            }
        }
        Ok(())
    }

    /// Takes a line off the buffer, without its end; in csv a line may go on over quoted line ends.
    fn take_line(&mut self, last: bool) -> SqlResult<Option<BytesMut>> {
        let csv = self.options.format == CopyFormat::Csv;
        let (quote, escape) = (self.options.quote, self.options.escape);
        let mut at = self.searched;
        let end = loop {
            let Some(&b) = self.buffer.get(at) else { break None };
            if csv && self.in_quotes && b == escape && escape != quote {
                // The escaped byte may not be here yet.
                if at + 1 >= self.buffer.len() {
                    break None;
                }
                at += 2;
                continue;
            }
            match b {
                b if csv && b == quote => self.in_quotes = !self.in_quotes,
                b'\n' if csv && self.in_quotes => self.lines_within += 1,
                b'\n' => break Some(at),
                b'\\' if !csv => {
                    if at + 1 >= self.buffer.len() {
                        break None;
                    }
                    // A backslash takes the next byte with it, a line end too.
                    if self.buffer[at + 1] == b'\n' {
                        self.lines_within += 1;
                    }
                    at += 1;
                }
                _ => {}
            }
            at += 1;
        };
        let Some(end) = end else {
            self.searched = at.min(self.buffer.len());
            if self.buffer.len() > RECORD_BYTES_MAX {
                return Err(SqlError::new(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    format!("COPY line of more than {RECORD_BYTES_MAX} bytes"),
                ));
            }
            if !last || self.buffer.is_empty() {
                return Ok(None);
            }
            if self.in_quotes {
                return Err(bad("unterminated CSV quoted field"));
            }
            return Ok(Some(self.finish_line(self.buffer.len(), 0)));
        };
        Ok(Some(self.finish_line(end, 1)))
    }
    fn finish_line(&mut self, end: usize, terminator: usize) -> BytesMut {
        let mut line = self.buffer.split_to(end);
        self.buffer.advance(terminator);
        if line.last() == Some(&b'\r') {
            line.truncate(line.len() - 1);
        }
        (self.searched, self.in_quotes) = (0, false);
        self.line += 1 + std::mem::take(&mut self.lines_within);
        line
    }

    fn split_text(&self, line: &[u8], record: &mut Record) -> SqlResult<()> {
        record.clear();
        if self.names.is_empty() && line.is_empty() {
            return Ok(());
        }
        let null = self.options.null.as_bytes();
        let mut rest = line;
        loop {
            let mut end = 0;
            let mut escaped = false;
            while end < rest.len() && rest[end] != self.options.delimiter {
                if rest[end] == b'\\' {
                    escaped = true;
                    end += 1;
                }
                end += 1;
            }
            let end = end.min(rest.len());
            let raw = &rest[..end];
            let start = record.bytes.len();
            let is_null = raw == null;
            if !is_null {
                if escaped { unescape(raw, &mut record.bytes) } else { record.bytes.extend_from_slice(raw) }
            }
            record.push(start, is_null);
            if end >= rest.len() {
                return Ok(());
            }
            rest = &rest[end + 1..];
        }
    }

    fn split_csv(&self, line: &[u8], record: &mut Record) -> SqlResult<()> {
        record.clear();
        let (delimiter, quote, escape) = (self.options.delimiter, self.options.quote, self.options.escape);
        let null = self.options.null.as_bytes();
        if self.names.is_empty() && line.is_empty() {
            return Ok(());
        }
        let mut at = 0;
        loop {
            let start = record.bytes.len();
            let mut quoted = false;
            let mut inside = false;
            while let Some(&b) = line.get(at) {
                if inside {
                    if b == escape && line.get(at + 1).is_some_and(|n| *n == quote || *n == escape) {
                        record.bytes.push(line[at + 1]);
                        at += 2;
                        continue;
                    }
                    if b == quote {
                        inside = false;
                    } else {
                        record.bytes.push(b);
                    }
                } else if b == quote {
                    (inside, quoted) = (true, true);
                } else if b == delimiter {
                    break;
                } else {
                    record.bytes.push(b);
                }
                at += 1;
            }
            if inside {
                return Err(bad("unterminated CSV quoted field"));
            }
            let field = record.fields.len();
            let same = &record.bytes[start..] == null;
            let is_null = same
                && if quoted {
                    self.options.force_null.contains(&field)
                } else {
                    !self.options.force_not_null.contains(&field)
                };
            if is_null {
                record.bytes.truncate(start);
            }
            record.push(start, is_null);
            if at >= line.len() {
                return Ok(());
            }
            at += 1;
        }
    }

    fn next_binary(&mut self, record: &mut Record, last: bool) -> SqlResult<bool> {
        let short = || bad("unexpected EOF in COPY data");
        if self.header_pending {
            // Signature, flags, length of an extension.
            if self.buffer.len() < 19 {
                return if last { Err(bad("COPY file signature not recognized")) } else { Ok(false) };
            }
            if &self.buffer[..11] != BINARY_SIGNATURE {
                return Err(bad("COPY file signature not recognized"));
            }
            let word = |at: usize| {
                u32::from_be_bytes([
                    self.buffer[at],
                    self.buffer[at + 1],
                    self.buffer[at + 2],
                    self.buffer[at + 3],
                ])
            };
            let (flags, extension) = (word(11), word(15) as usize);
            if flags & 0xFFFF_0000 != 0 {
                return Err(bad("unrecognized critical flags in COPY file header"));
            }
            if extension > RECORD_BYTES_MAX {
                return Err(bad("invalid COPY file header (wrong length)"));
            }
            if self.buffer.len() < 19 + extension {
                return if last { Err(short()) } else { Ok(false) };
            }
            self.buffer.advance(19 + extension);
            self.header_pending = false;
        }
        let data = &self.buffer[..];
        if data.len() < 2 {
            return if last { Err(short()) } else { Ok(false) };
        }
        let count = i16::from_be_bytes([data[0], data[1]]);
        if count == -1 {
            self.ended = true;
            return Ok(false);
        }
        if usize::try_from(count) != Ok(self.names.len()) {
            return Err(bad(format!("row field count is {count}, expected {}", self.names.len())));
        }
        record.clear();
        let mut at = 2;
        for _ in 0..self.names.len() {
            let Some(len) = data.get(at..at + 4) else { return if last { Err(short()) } else { Ok(false) } };
            let len = i32::from_be_bytes([len[0], len[1], len[2], len[3]]);
            at += 4;
            let start = record.bytes.len();
            if len == -1 {
                record.push(start, true);
                continue;
            }
            let len = usize::try_from(len).map_err(|_| bad("invalid field size"))?;
            if at + len > RECORD_BYTES_MAX {
                return Err(SqlError::new(
                    SqlState::PROGRAM_LIMIT_EXCEEDED,
                    format!("COPY row of more than {RECORD_BYTES_MAX} bytes"),
                ));
            }
            let Some(bytes) = data.get(at..at + len) else {
                return if last { Err(short()) } else { Ok(false) };
            };
            record.bytes.extend_from_slice(bytes);
            record.push(start, false);
            at += len;
        }
        self.buffer.advance(at);
        self.line += 1;
        Ok(true)
    }
}

/// Undoes the backslashes of the text format.
fn unescape(raw: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < raw.len() {
        let b = raw[at];
        at += 1;
        if b != b'\\' || at == raw.len() {
            out.push(b);
            continue;
        }
        let c = raw[at];
        at += 1;
        match c {
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'0'..=b'7' => {
                let mut value = u32::from(c - b'0');
                for _ in 0..2 {
                    match raw.get(at) {
                        Some(d @ b'0'..=b'7') => value = value * 8 + u32::from(d - b'0'),
                        _ => break,
                    }
                    at += 1;
                }
                out.push(value as u8);
            }
            b'x' if raw.get(at).is_some_and(u8::is_ascii_hexdigit) => {
                let mut value = 0;
                for _ in 0..2 {
                    match raw.get(at).and_then(|d| char::from(*d).to_digit(16)) {
                        Some(d) => value = value * 16 + d,
                        None => break,
                    }
                    at += 1;
                }
                out.push(value as u8);
            }
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(
        options: CopyOptions,
        columns: usize,
        pieces: &[&[u8]],
    ) -> Result<Vec<Vec<Option<String>>>, String> {
        let names = (0..columns).map(|i| format!("c{i}")).collect();
        let mut d = Decoder::new(options, names);
        let mut record = Record::default();
        let mut out = Vec::new();
        for (n, piece) in pieces.iter().enumerate() {
            d.feed(piece);
            while d
                .next(&mut record, n + 1 == pieces.len())
                .map_err(|e| format!("{} line {}", e.0.message, d.line))?
            {
                out.push(
                    (0..record.len())
                        .map(|i| record.field(i).map(|f| String::from_utf8_lossy(f).into_owned()))
                        .collect(),
                );
            }
        }
        Ok(out)
    }
    fn csv() -> CopyOptions {
        CopyOptions {
            format: CopyFormat::Csv,
            delimiter: b',',
            null: String::new(),
            ..CopyOptions::default()
        }
    }
    fn s(v: &str) -> Option<String> {
        Some(v.to_owned())
    }

    #[test]
    fn text_has_escapes_nulls_and_an_end_mark() {
        let rows =
            decode(CopyOptions::default(), 2, &[b"1\ta\\tb\n2\t\\N\n3\t\\x41\\102\\\\\n\\.\nrest"]).unwrap();
        assert_eq!(rows, [vec![s("1"), s("a\tb")], vec![s("2"), None], vec![s("3"), s("AB\\")]]);
    }

    #[test]
    fn pieces_may_end_anywhere() {
        let data = b"1\ta\\\nb\n22\t\\N\r\n333\tx";
        let whole = decode(CopyOptions::default(), 2, &[data]).unwrap();
        assert_eq!(whole, [vec![s("1"), s("a\nb")], vec![s("22"), None], vec![s("333"), s("x")]]);
        for cut in 0..data.len() {
            assert_eq!(
                decode(CopyOptions::default(), 2, &[&data[..cut], &data[cut..]]).unwrap(),
                whole,
                "cut at {cut}"
            );
        }
        let data = b"a,\"b\n\"\"c\"\"\",\n,\"\",d\n";
        let whole = decode(csv(), 3, &[data]).unwrap();
        assert_eq!(whole, [vec![s("a"), s("b\n\"c\""), None], vec![None, s(""), s("d")]]);
        for cut in 0..data.len() {
            assert_eq!(decode(csv(), 3, &[&data[..cut], &data[cut..]]).unwrap(), whole, "cut at {cut}");
        }
    }

    #[test]
    fn wrong_numbers_of_columns_are_named() {
        assert_eq!(
            decode(CopyOptions::default(), 2, &[b"1\t2\n1\n"]).unwrap_err(),
            "missing data for column \"c1\" line 2"
        );
        assert_eq!(
            decode(csv(), 1, &[b"1,2\n"]).unwrap_err(),
            "extra data after last expected column line 1"
        );
        assert!(decode(csv(), 1, &[b"\"1\n"]).unwrap_err().starts_with("unterminated CSV quoted field"));
    }

    #[test]
    fn a_header_is_left_out_or_compared() {
        let options = CopyOptions { header: true, ..csv() };
        assert_eq!(decode(options, 1, &[b"c9\n1\n"]).unwrap(), [vec![s("1")]]);
        let options = CopyOptions { header: true, header_match: true, ..csv() };
        assert!(decode(options, 1, &[b"c9\n1\n"]).unwrap_err().starts_with("column name mismatch"));
    }

    #[test]
    fn binary_rows_have_lengths() {
        let options = CopyOptions { format: CopyFormat::Binary, ..CopyOptions::default() };
        let mut data = BINARY_SIGNATURE.to_vec();
        data.extend_from_slice(&[0; 8]);
        data.extend_from_slice(b"\0\x02\0\0\0\x01a\xff\xff\xff\xff\xff\xff");
        let whole = decode(options.clone(), 2, &[&data]).unwrap();
        assert_eq!(whole, [vec![s("a"), None]]);
        for cut in 0..data.len() {
            assert_eq!(decode(options.clone(), 2, &[&data[..cut], &data[cut..]]).unwrap(), whole);
        }
        assert!(decode(options.clone(), 2, &[&data[..22]]).is_err(), "torn");
        assert!(decode(options, 2, &[b"PGCOPX\n\xff\r\n\0\0\0\0\0\0\0\0\0"]).is_err());
    }
}
