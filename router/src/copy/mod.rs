//! COPY FROM STDIN and COPY TO STDOUT: text, csv and binary.

mod decode;
mod encode;

pub use decode::{Decoder, Record};
pub use encode::Encoder;

/// Longest line or row of COPY data, bytes.
pub const RECORD_BYTES_MAX: usize = 64 << 20;
/// First bytes of the binary format.
pub const BINARY_SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
