//! Identities, each a type of its own so that a replica is never taken for a store.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $inner:ty, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub $inner);
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl From<$inner> for $name {
            fn from(v: $inner) -> Self {
                $name(v)
            }
        }
        impl From<$name> for $inner {
            fn from(v: $name) -> $inner {
                v.0
            }
        }
    };
}

id!(
    /// A Raft group; never reused. 0 is no range.
    RangeId, u64, "r"
);
id!(
    /// One replica of one range; never reused within the range, never the same as the store's id. 0 is none.
    ReplicaId, u64, "rep"
);
id!(
    /// A store: one cell's disk. An empty directory is a new store with a new id. 0 is none.
    StoreId, u64, "s"
);
id!(
    /// A domicile: the first element of every key.
    DomicileId, u32, "d"
);
id!(
    /// Counts the leases of a range; a command carries it and apply drops the stale.
    LeaseSequence, u64, "ls"
);

impl DomicileId {
    /// Holds the catalog, the registry of cells and the root of range addressing; never a user's value.
    pub const SYSTEM: DomicileId = DomicileId(1);
    /// The first id that a database's domicile may get.
    pub const FIRST_USER: DomicileId = DomicileId(16);
}

/// A transaction: 16 random bytes made by its coordinator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TxnId(pub [u8; 16]);

impl TxnId {
    /// # Errors
    /// `DecodeError` if `bytes` is not 16 long.
    pub fn from_slice(bytes: &[u8]) -> Result<TxnId, crate::DecodeError> {
        bytes.try_into().map(TxnId).map_err(|_| crate::DecodeError::Length {
            what: "transaction id",
            want: 16,
            got: bytes.len(),
        })
    }
}
impl fmt::Display for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(8).try_for_each(|b| write!(f, "{b:02x}"))
    }
}
impl fmt::Debug for TxnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "txn:{self}")
    }
}
