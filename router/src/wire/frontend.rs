//! Messages from the client in the query phase. Decoding checks every length: a malformed message is an error.

use super::WireError;
use bytes::Bytes;

/// A message of the client.
#[derive(Debug)]
pub enum Frontend {
    Query(String),
    Parse {
        name: String,
        query: String,
        type_oids: Vec<u32>,
    },
    Bind(Bind),
    Describe {
        portal: bool,
        name: String,
    },
    Execute {
        portal: String,
        rows_max: usize,
    },
    Close {
        portal: bool,
        name: String,
    },
    Flush,
    Sync,
    Terminate,
    CopyData(Bytes),
    CopyDone,
    CopyFail(String),
    /// SASLInitialResponse, SASLResponse or a password.
    Password(Bytes),
    FunctionCall,
}

/// Parameters for a prepared statement; their bytes stay in the frame.
#[derive(Debug)]
pub struct Bind {
    pub portal: String,
    pub statement: String,
    pub param_formats: Vec<i16>,
    frame: Bytes,
    params: Vec<Option<(u32, u32)>>,
    pub result_formats: Vec<i16>,
}

impl Bind {
    pub fn params_len(&self) -> usize {
        self.params.len()
    }
    /// The bytes of a parameter; `None`: NULL.
    pub fn param(&self, at: usize) -> Option<&[u8]> {
        self.params[at].map(|(start, end)| &self.frame[start as usize..end as usize])
    }
    /// Whether a parameter is in binary.
    pub fn param_is_binary(&self, at: usize) -> bool {
        format_at(&self.param_formats, at) == 1
    }
}

/// Format codes come as none (all text), one (for all) or one for each.
pub fn format_at(formats: &[i16], at: usize) -> i16 {
    match formats {
        [] => 0,
        [one] => *one,
        many => many.get(at).copied().unwrap_or(0),
    }
}

struct Reader<'a> {
    frame: &'a Bytes,
    at: usize,
    what: &'static str,
}

impl Reader<'_> {
    fn bad(&self) -> WireError {
        WireError::Protocol(format!("invalid {} message of {} bytes", self.what, self.frame.len()))
    }
    fn take(&mut self, n: usize) -> Result<&[u8], WireError> {
        let end = self.at.checked_add(n).filter(|e| *e <= self.frame.len()).ok_or_else(|| self.bad())?;
        let out = &self.frame[self.at..end];
        self.at = end;
        Ok(out)
    }
    fn u8(&mut self) -> Result<u8, WireError> {
        Ok(self.take(1)?[0])
    }
    fn u16(&mut self) -> Result<u16, WireError> {
        self.take(2).map(|b| u16::from_be_bytes([b[0], b[1]]))
    }
    fn i32(&mut self) -> Result<i32, WireError> {
        self.take(4).map(|b| i32::from_be_bytes([b[0], b[1], b[2], b[3]]))
    }
    fn string(&mut self) -> Result<String, WireError> {
        let len = self.frame[self.at..].iter().position(|b| *b == 0).ok_or_else(|| self.bad())?;
        let bytes = &self.frame[self.at..self.at + len];
        // A C string that is not UTF-8 keeps its place in the stream; the statement that it carries fails by itself.
        let text = match std::str::from_utf8(bytes) {
            Ok(s) => s.to_owned(),
            Err(_) => {
                return Err(WireError::Protocol("invalid byte sequence for encoding \"UTF8\"".to_owned()));
            }
        };
        self.at += len + 1;
        Ok(text)
    }
    fn formats(&mut self) -> Result<Vec<i16>, WireError> {
        let n = usize::from(self.u16()?);
        let raw = self.take(n * 2)?;
        Ok(raw.chunks_exact(2).map(|b| i16::from_be_bytes([b[0], b[1]])).collect())
    }
    fn end(&self) -> Result<(), WireError> {
        if self.at == self.frame.len() { Ok(()) } else { Err(self.bad()) }
    }
}

impl Frontend {
    /// Decodes the body of a message of type `kind`.
    ///
    /// # Errors
    /// `Protocol`: the message is malformed or of an unknown type.
    pub fn decode(kind: u8, frame: Bytes) -> Result<Frontend, WireError> {
        let mut r = Reader { frame: &frame, at: 0, what: name(kind) };
        let message = match kind {
            b'Q' => Frontend::Query(r.string()?),
            b'P' => {
                let (name, query) = (r.string()?, r.string()?);
                let n = usize::from(r.u16()?);
                let raw = r.take(n * 4)?;
                let type_oids =
                    raw.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect();
                Frontend::Parse { name, query, type_oids }
            }
            b'B' => {
                let (portal, statement) = (r.string()?, r.string()?);
                let param_formats = r.formats()?;
                let n = usize::from(r.u16()?);
                let mut params = Vec::with_capacity(n);
                for _ in 0..n {
                    let len = r.i32()?;
                    if len < 0 {
                        params.push(None);
                        continue;
                    }
                    let start = r.at;
                    r.take(len as usize)?;
                    params.push(Some((start as u32, r.at as u32)));
                }
                let result_formats = r.formats()?;
                r.end()?;
                return Ok(Frontend::Bind(Bind {
                    portal,
                    statement,
                    param_formats,
                    params,
                    result_formats,
                    frame,
                }));
            }
            b'D' | b'C' => {
                let portal = match r.u8()? {
                    b'P' => true,
                    b'S' => false,
                    _ => return Err(r.bad()),
                };
                let name = r.string()?;
                if kind == b'D' {
                    Frontend::Describe { portal, name }
                } else {
                    Frontend::Close { portal, name }
                }
            }
            b'E' => {
                Frontend::Execute { portal: r.string()?, rows_max: usize::try_from(r.i32()?).unwrap_or(0) }
            }
            b'H' => Frontend::Flush,
            b'S' => Frontend::Sync,
            b'X' => Frontend::Terminate,
            b'd' => return Ok(Frontend::CopyData(frame)),
            b'c' => Frontend::CopyDone,
            b'f' => Frontend::CopyFail(r.string()?),
            b'p' => return Ok(Frontend::Password(frame)),
            b'F' => return Ok(Frontend::FunctionCall),
            _ => return Err(WireError::Protocol(format!("invalid frontend message type {kind}"))),
        };
        r.end()?;
        Ok(message)
    }
}

fn name(kind: u8) -> &'static str {
    match kind {
        b'Q' => "Query",
        b'P' => "Parse",
        b'B' => "Bind",
        b'D' => "Describe",
        b'C' => "Close",
        b'E' => "Execute",
        b'f' => "CopyFail",
        _ => "frontend",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_shows_its_parameters() {
        let mut b = Vec::new();
        b.extend_from_slice(b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x02hi\xff\xff\xff\xff\0\x00");
        let Frontend::Bind(bind) = Frontend::decode(b'B', b.into()).unwrap() else { panic!("not a Bind") };
        assert_eq!((bind.portal.as_str(), bind.statement.as_str()), ("p", "s"));
        assert_eq!(bind.param(0), Some(&b"hi"[..]));
        assert_eq!(bind.param(1), None);
        assert!(bind.param_is_binary(1));
    }

    #[test]
    fn a_truncated_message_is_an_error() {
        let whole = b"p\0s\0\0\x01\0\x01\0\x02\0\0\0\x02hi\xff\xff\xff\xff\0\x00";
        for cut in 0..whole.len() {
            assert!(Frontend::decode(b'B', Bytes::copy_from_slice(&whole[..cut])).is_err(), "cut at {cut}");
        }
        assert!(Frontend::decode(b'Q', Bytes::from_static(b"select 1")).is_err());
        assert!(Frontend::decode(b'P', Bytes::from_static(b"\0select 1\0\xff\xff")).is_err());
        assert!(Frontend::decode(b'?', Bytes::new()).is_err());
    }
}
