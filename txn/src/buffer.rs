//! The writes of a statement that have not been sent yet.
//!
//! Sent together at the statement's end they cost one message per range; a statement that is a whole transaction can even
//! commit with them in one phase.

use kv::{
    Bytes, Key, Request, Span,
    request::{ConditionalPut, Delete, Put},
};

/// Bytes of keys and values that are buffered before they are sent without waiting for the statement's end.
pub(crate) const BUFFER_BYTES_MAX: usize = 2 << 20;
/// Writes that are buffered at most: one batch, and so one command per range.
pub(crate) const BUFFER_WRITES_MAX: usize = 4_000;

/// What a write does with what is there.
#[derive(Clone, Debug)]
pub(crate) enum WriteKind {
    Put(Bytes),
    Delete,
    /// Writes only over `expected`.
    Conditional {
        value: Bytes,
        expected: Option<Bytes>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct BufferedWrite {
    pub key: Key,
    pub kind: WriteKind,
    pub sequence: u32,
    /// The caller's; comes back with `ConditionFailed`.
    pub tag: u64,
}

impl BufferedWrite {
    pub fn request(&self) -> Request {
        let (key, sequence) = (self.key.clone(), self.sequence);
        match &self.kind {
            WriteKind::Put(value) => Request::Put(Put { key, value: value.clone(), sequence }),
            WriteKind::Delete => Request::Delete(Delete { key, sequence }),
            WriteKind::Conditional { value, expected } => Request::ConditionalPut(ConditionalPut {
                key,
                value: value.clone(),
                expected: expected.clone(),
                sequence,
            }),
        }
    }
    fn bytes(&self) -> usize {
        let value = match &self.kind {
            WriteKind::Put(v) => v.len(),
            WriteKind::Delete => 0,
            WriteKind::Conditional { value, expected } => {
                value.len() + expected.as_ref().map_or(0, Bytes::len)
            }
        };
        self.key.len() + value + 64
    }
}

/// In the order of the calls.
#[derive(Debug, Default)]
pub(crate) struct WriteBuffer {
    writes: Vec<BufferedWrite>,
    bytes: usize,
}

impl WriteBuffer {
    pub fn push(&mut self, write: BufferedWrite) {
        self.bytes += write.bytes();
        self.writes.push(write);
    }
    pub fn is_full(&self) -> bool {
        self.bytes >= BUFFER_BYTES_MAX || self.writes.len() >= BUFFER_WRITES_MAX
    }
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
    pub fn writes(&self) -> &[BufferedWrite] {
        &self.writes
    }
    pub fn touches(&self, span: &Span) -> bool {
        self.writes.iter().any(|w| span.contains(&w.key))
    }
    pub fn take(&mut self) -> Vec<BufferedWrite> {
        self.bytes = 0;
        std::mem::take(&mut self.writes)
    }
    /// Drops what was written after `sequence`.
    pub fn truncate_after(&mut self, sequence: u32) {
        self.writes.retain(|w| w.sequence <= sequence);
        self.bytes = self.writes.iter().map(BufferedWrite::bytes).sum();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(key: &'static str, sequence: u32) -> BufferedWrite {
        let kind = WriteKind::Put(Bytes::from_static(b"value"));
        BufferedWrite { key: Key::from_static(key.as_bytes()), kind, sequence, tag: 0 }
    }

    #[test]
    fn it_knows_when_it_is_full_and_what_it_touches() {
        let mut buffer = WriteBuffer::default();
        buffer.push(write("b", 1));
        buffer.push(write("d", 2));
        assert!(buffer.touches(&Span::new("a", "c")));
        assert!(!buffer.touches(&Span::new("b\0", "d")));
        assert!(!buffer.is_full());
        buffer.truncate_after(1);
        assert!(!buffer.touches(&Span::point("d")));
        for n in 0..BUFFER_WRITES_MAX as u32 {
            buffer.push(write("x", n));
        }
        assert!(buffer.is_full());
        assert_eq!(buffer.take().len(), BUFFER_WRITES_MAX + 1);
        assert!(!buffer.is_full());
    }
}
