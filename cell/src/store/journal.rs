//! Cuts fjall's newest journal after its last whole batch, so that a tail torn by power loss does not keep the store shut.
//!
//! fjall cuts a tail that does not decode by itself, but refuses to open when a batch decodes and its checksum differs:
//! just what an unsynced page that was lost inside a batch gives. What was synced lies below the cut; what is cut comes
//! back from the Raft log. State below the durable index that is missing afterwards is corruption, which the opener
//! of the replicas finds by comparing applied and durable index.
//!
//! ```text
//! journal = batch*, then zeros (the file is preallocated)
//! batch   = start (item | clear)* end
//! start   = 1, items u32, seqno u64
//! item    = 2, value type u8, compression u8, keyspace u64, key length u16, value length u32, stored length u32, key, value
//! clear   = 4, keyspace u64
//! end     = 3, xxh3 of the items' and clears' bytes u64, "FJL\x03"                     (little-endian)
//! ```
//! Source: fjall 3.1.13, journal/entry.rs and batch_reader.rs; fjall is pinned exactly for this.

use crate::seam::StoreError;
use std::{
    fs::{self, File, OpenOptions},
    io::{BufReader, Read},
    path::{Path, PathBuf},
};
use xxhash_rust::xxh3::Xxh3;

const START_BYTES: u64 = 13;
const END_BYTES: u64 = 13;
/// fjall's bound of one value; a longer length is damage.
const STORED_BYTES_MAX: u32 = 512 << 20;
const READ_BYTES: usize = 256 << 10;

/// The journal with the highest number, which is the only one that may have an unsynced tail (fjall syncs one when it
/// starts the next).
pub(crate) fn newest(data: &Path) -> Result<Option<PathBuf>, StoreError> {
    let failed = |e: std::io::Error| StoreError::Io(format!("cannot list {}: {e}", data.display()));
    let mut newest: Option<(u64, PathBuf)> = None;
    for entry in fs::read_dir(data).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let number = path.file_stem().and_then(|s| s.to_str()).and_then(|s| s.parse::<u64>().ok());
        let (Some(number), true) = (number, path.extension().is_some_and(|e| e == "jnl")) else { continue };
        if newest.as_ref().is_none_or(|(n, _)| *n < number) {
            newest = Some((number, path));
        }
    }
    Ok(newest.map(|(_, path)| path))
}

/// Cuts the newest journal in `data` after its last whole batch. Returns how many bytes that were not zero it found
/// behind (0: nothing was cut).
pub(crate) fn cut_torn_tail(data: &Path) -> Result<u64, StoreError> {
    let Some(path) = newest(data)? else { return Ok(0) };
    let failed = |e: std::io::Error| StoreError::Io(format!("cannot cut journal {}: {e}", path.display()));
    let good = last_whole_batch(&path).map_err(failed)?;
    let torn = bytes_behind(&path, good).map_err(failed)?;
    if torn > 0 {
        let file = OpenOptions::new().write(true).open(&path).map_err(failed)?;
        file.set_len(good).and_then(|()| file.sync_all()).map_err(failed)?;
    }
    Ok(torn)
}

/// Reads on, adds to the checksum if asked, and counts.
struct Scanner {
    from: BufReader<File>,
    sum: Xxh3,
    position: u64,
    buffer: Vec<u8>,
}

impl Scanner {
    /// The next `n` bytes; `None` at the end of the file.
    fn take(&mut self, n: usize, summed: bool) -> std::io::Result<Option<&[u8]>> {
        self.buffer.clear();
        let got = Read::by_ref(&mut self.from).take(n as u64).read_to_end(&mut self.buffer)?;
        if got < n {
            return Ok(None);
        }
        if summed {
            self.sum.update(&self.buffer);
        }
        self.position += n as u64;
        Ok(Some(&self.buffer))
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// The position after the last whole batch.
pub(super) fn last_whole_batch(path: &Path) -> std::io::Result<u64> {
    let from = BufReader::with_capacity(READ_BYTES, File::open(path)?);
    let mut scan = Scanner { from, sum: Xxh3::new(), position: 0, buffer: Vec::new() };
    let mut good = 0;
    while whole_batch(&mut scan)? {
        good = scan.position;
    }
    Ok(good)
}

fn whole_batch(scan: &mut Scanner) -> std::io::Result<bool> {
    scan.sum.reset();
    let Some(start) = scan.take(START_BYTES as usize, false)? else { return Ok(false) };
    if start[0] != 1 {
        return Ok(false);
    }
    for _ in 0..u32_at(start, 1) {
        let Some(tag) = scan.take(1, true)? else { return Ok(false) };
        let rest = match tag[0] {
            2 => {
                let Some(head) = scan.take(20, true)? else { return Ok(false) };
                let key = u16::from_le_bytes([head[10], head[11]]);
                let stored = u32_at(head, 16);
                if stored > STORED_BYTES_MAX {
                    return Ok(false);
                }
                usize::from(key) + stored as usize
            }
            4 => 8,
            _ => return Ok(false),
        };
        if scan.take(rest, true)?.is_none() {
            return Ok(false);
        }
    }
    let sum = scan.sum.digest();
    let Some(end) = scan.take(END_BYTES as usize, false)? else { return Ok(false) };
    Ok(end[0] == 3 && u64_at(end, 1) == sum && end[9..] == *b"FJL\x03")
}

/// Bytes that are not zero from `position` on.
fn bytes_behind(path: &Path, position: u64) -> std::io::Result<u64> {
    use std::io::Seek;
    let mut file = File::open(path)?;
    file.seek(std::io::SeekFrom::Start(position))?;
    let mut buffer = vec![0; READ_BYTES];
    let mut found = 0;
    loop {
        let n = file.read(&mut buffer)?;
        if n == 0 {
            return Ok(found);
        }
        found += buffer[..n].iter().filter(|b| **b != 0).count() as u64;
    }
}
