//! Why a row or a descriptor could not be read or written.

/// Every variant but `ValueTooLong` means corruption or a newer format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    #[error("row of table {table} is malformed: {why}")]
    MalformedRow { table: u32, why: String },
    #[error("descriptor {id} is malformed: {why}")]
    MalformedDescriptor { id: u32, why: String },
    #[error("descriptor {id} has format {found}, this build reads up to {known}")]
    NewerFormat { id: u32, found: u32, known: u32 },
    /// The client's to mend.
    #[error("index row of {bytes} bytes exceeds {limit} for index \"{index}\"")]
    ValueTooLong { index: String, bytes: usize, limit: usize },
    #[error(transparent)]
    Decode(#[from] kv::DecodeError),
    #[error(transparent)]
    Datum(#[from] datum::DatumError),
}
