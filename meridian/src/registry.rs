//! What a cluster says of itself in the system domicile: its version and clock bound, and a row for each cell.

use anyhow::Context;
use bytes::Bytes;
use kv::{CellDescriptor, DomicileId, Key, StoreId, key};
use prost::Message;
use std::time::Duration;
use txn::{Db, ScanOptions};

/// Between two heartbeats of a cell.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(3);
/// Cells that are read at once; more than a cluster of this version may have.
const CELLS_MAX: u64 = 10_000;

/// The cluster's row: written last by `init`, so that a cluster without one is not finished.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct ClusterRow {
    /// Hexadecimal.
    #[prost(string, tag = "1")]
    pub cluster_id: String,
    /// `major.minor`: what all binaries must understand; gates new formats.
    #[prost(string, tag = "2")]
    pub version: String,
    /// The bound between any two clocks, in milliseconds.
    #[prost(uint64, tag = "3")]
    pub max_offset_ms: u64,
}

fn cluster_key() -> Key {
    catalog::reserved::setting_key("meridian.cluster")
}

/// The counter of store ids. (1 counts range ids, 2 domicile ids.)
pub fn store_id_counter() -> Key {
    key::system_row(key::TABLE_SEQUENCE, 3)
}

/// The version of this binary.
pub fn binary_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The cluster version that a new cluster of this binary gets.
pub fn new_cluster_version() -> String {
    let (major, minor) = major_minor(binary_version()).expect("Cargo's versions are three numbers");
    format!("{major}.{minor}")
}

/// A binary works in a cluster of its own version and of the one before: then it may be rolled through.
///
/// # Errors
/// It does not: the text names both versions.
pub fn compatible(binary: &str, cluster: &str) -> Result<(), String> {
    let (Some(b), Some(c)) = (major_minor(binary), major_minor(cluster)) else {
        return Err(format!("version {binary:?} or {cluster:?} is not major.minor"));
    };
    if b.0 == c.0 && (b.1 == c.1 || b.1 == c.1 + 1) {
        return Ok(());
    }
    Err(format!(
        "binary of version {binary} does not fit a cluster of version {cluster}; it must be of the same or the next one"
    ))
}

/// Checks a process against the cluster.
///
/// # Errors
/// What does not fit, by name.
pub fn check(row: &ClusterRow, binary: &str, max_offset_ms: u64) -> Result<(), String> {
    compatible(binary, &row.version)?;
    if row.max_offset_ms != max_offset_ms {
        return Err(format!(
            "--max-offset-ms {max_offset_ms} is not the cluster's: start with --max-offset-ms {}",
            row.max_offset_ms
        ));
    }
    Ok(())
}

/// The cluster's row, if `init` was completed.
///
/// # Errors
/// The system domicile does not answer.
pub async fn cluster(db: &Db) -> anyhow::Result<Option<ClusterRow>> {
    let row = db.get(cluster_key()).await?;
    row.map(ClusterRow::decode).transpose().context("the cluster's row is corrupt")
}

/// Writes the cluster's row.
///
/// # Errors
/// The system domicile does not answer.
pub async fn put_cluster(db: &Db, row: &ClusterRow) -> anyhow::Result<()> {
    Ok(db.put(cluster_key(), row.encode_to_vec()).await?)
}

/// Writes a cell's row.
///
/// # Errors
/// The system domicile does not answer.
pub async fn put_cell(db: &Db, cell: &CellDescriptor) -> anyhow::Result<()> {
    Ok(db.put(key::cell_row(StoreId(cell.store_id)), cell.encode_to_vec()).await?)
}

/// A cell's row.
///
/// # Errors
/// The system domicile does not answer, or the row is corrupt.
pub async fn cell(db: &Db, store: StoreId) -> anyhow::Result<Option<CellDescriptor>> {
    let row = db.get(key::cell_row(store)).await?;
    row.map(CellDescriptor::decode).transpose().with_context(|| format!("the row of cell {store} is corrupt"))
}

/// All cells, as they last said.
///
/// # Errors
/// The system domicile does not answer, or a row is corrupt.
pub async fn cells(db: &Db) -> anyhow::Result<Vec<CellDescriptor>> {
    let span = key::index_span(DomicileId::SYSTEM, key::TABLE_CELL, 1);
    let page = db.scan(span, ScanOptions { keys_max: CELLS_MAX, ..Default::default() }).await?;
    let decode =
        |row: kv::reply::Row| CellDescriptor::decode(row.value).context("the row of a cell is corrupt");
    page.rows.into_iter().map(decode).collect()
}

/// 16 bytes as people read them.
pub fn hex(id: &[u8]) -> String {
    id.iter().map(|b| format!("{b:02x}")).collect()
}

/// Back from [`hex`].
///
/// # Errors
/// It is not hexadecimal.
pub fn unhex(text: &str) -> anyhow::Result<Bytes> {
    let digits = text.as_bytes();
    anyhow::ensure!(digits.len() % 2 == 0 && text.is_ascii(), "{text:?} is not a cluster id");
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("it is ASCII");
        u8::from_str_radix(pair, 16).with_context(|| format!("{text:?} is not a cluster id"))
    };
    digits.chunks(2).map(byte).collect::<anyhow::Result<Vec<u8>>>().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_fits_its_own_cluster_version_and_the_one_before() {
        assert!(compatible("0.3.7", "0.3").is_ok());
        assert!(compatible("0.4.0", "0.3").is_ok());
        for (binary, cluster) in [("0.5.0", "0.3"), ("0.2.9", "0.3"), ("1.3.0", "0.3"), ("x", "0.3")] {
            assert!(compatible(binary, cluster).is_err(), "{binary} in {cluster}");
        }
    }

    #[test]
    fn a_cluster_id_is_read_as_it_was_written() {
        assert_eq!(unhex(&hex(&[0, 255, 16])).unwrap(), vec![0, 255, 16]);
        assert!(unhex("0g").is_err() && unhex("123").is_err() && unhex("é").is_err());
    }
}
