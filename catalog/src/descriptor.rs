//! Descriptors: versioned, stored in the system domicile, read by every region. They are declared not to be row data;
//! literals in them (defaults, checks, predicates) cross borders.
//!
//! Two-version safety: a change of a table goes through states, and no two live versions are more than one step apart.
//!
//! ```text
//! column, index:  DeleteOnly -> WriteOnly -> (backfill) -> Public          dropping goes the other way
//! ```

use crate::CatalogError;
use datum::{SqlType, TypeId};
use kv::{DomicileId, Timestamp};
use prost::Message;

/// Format of descriptors that this build writes.
pub const DESCRIPTOR_FORMAT: u32 = 1;

/// Any descriptor as it is stored.
#[derive(Clone, PartialEq, Message)]
pub struct Descriptor {
    #[prost(uint32, tag = "1")]
    pub format: u32,
    #[prost(uint32, tag = "2")]
    pub id: u32,
    /// Grows by one with each committed change.
    #[prost(uint64, tag = "3")]
    pub version: u64,
    #[prost(oneof = "DescriptorKind", tags = "4,5,6,7,8")]
    pub kind: Option<DescriptorKind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum DescriptorKind {
    #[prost(message, tag = "4")]
    Database(DatabaseDescriptor),
    #[prost(message, tag = "5")]
    Schema(SchemaDescriptor),
    #[prost(message, tag = "6")]
    Table(TableDescriptor),
    #[prost(message, tag = "7")]
    Sequence(SequenceDescriptor),
    #[prost(message, tag = "8")]
    Role(RoleDescriptor),
}

/// One grant: what `grantee` may do with the object. Bits as in PostgreSQL's `acl.h`.
#[derive(Clone, PartialEq, Eq, Message)]
pub struct Grant {
    /// Role id; 0: PUBLIC.
    #[prost(uint32, tag = "1")]
    pub grantee: u32,
    #[prost(uint32, tag = "2")]
    pub grantor: u32,
    /// See [`privilege`].
    #[prost(uint32, tag = "3")]
    pub privileges: u32,
    /// Those that the grantee may pass on.
    #[prost(uint32, tag = "4")]
    pub grant_options: u32,
}

/// Privilege bits, as PostgreSQL numbers them.
pub mod privilege {
    pub const INSERT: u32 = 1;
    pub const SELECT: u32 = 1 << 1;
    pub const UPDATE: u32 = 1 << 2;
    pub const DELETE: u32 = 1 << 3;
    pub const TRUNCATE: u32 = 1 << 4;
    pub const REFERENCES: u32 = 1 << 5;
    pub const TRIGGER: u32 = 1 << 6;
    pub const EXECUTE: u32 = 1 << 7;
    pub const USAGE: u32 = 1 << 8;
    pub const CREATE: u32 = 1 << 9;
    pub const TEMPORARY: u32 = 1 << 10;
    pub const CONNECT: u32 = 1 << 11;
    pub const TABLE_ALL: u32 = INSERT | SELECT | UPDATE | DELETE | TRUNCATE | REFERENCES | TRIGGER;
    pub const SEQUENCE_ALL: u32 = SELECT | UPDATE | USAGE;
    pub const SCHEMA_ALL: u32 = USAGE | CREATE;
    pub const DATABASE_ALL: u32 = CREATE | TEMPORARY | CONNECT;
}

#[derive(Clone, PartialEq, Message)]
pub struct DatabaseDescriptor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "2")]
    pub owner: u32,
    /// The IN PRIMARY REGION domicile: where its tables live unless they say otherwise.
    #[prost(uint32, tag = "3")]
    pub domicile_id: u32,
    #[prost(message, repeated, tag = "4")]
    pub grants: Vec<Grant>,
    #[prost(bool, tag = "5")]
    pub dropped: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct SchemaDescriptor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "2")]
    pub database_id: u32,
    #[prost(uint32, tag = "3")]
    pub owner: u32,
    #[prost(message, repeated, tag = "4")]
    pub grants: Vec<Grant>,
}

/// A role; a user is a role that may log in.
#[derive(Clone, PartialEq, Message)]
pub struct RoleDescriptor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(bool, tag = "2")]
    pub login: bool,
    #[prost(bool, tag = "3")]
    pub superuser: bool,
    #[prost(bool, tag = "4")]
    pub create_role: bool,
    #[prost(bool, tag = "5")]
    pub create_database: bool,
    /// SCRAM-SHA-256 verifier in PostgreSQL's form (`SCRAM-SHA-256$4096:salt$stored:server`); empty: no password.
    #[prost(string, tag = "6")]
    pub scram_verifier: String,
    /// Roles that it is a member of.
    #[prost(uint32, repeated, tag = "7")]
    pub member_of: Vec<u32>,
    #[prost(bool, tag = "8")]
    pub no_inherit: bool,
    /// -1: no limit.
    #[prost(sint32, tag = "9")]
    pub connection_limit: i32,
}

/// Where a column or index stands on its way in or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum ElementState {
    Public = 0,
    /// Deletes keep it right; nothing else sees it.
    DeleteOnly = 1,
    /// Writes keep it right; reads do not use it.
    WriteOnly = 2,
}

#[derive(Clone, PartialEq, Message)]
pub struct ColumnDescriptor {
    /// Stable within the table, never reused; `attnum` of pg_attribute.
    #[prost(uint32, tag = "1")]
    pub id: u32,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(uint32, tag = "3")]
    pub type_oid: u32,
    #[prost(sint32, tag = "4")]
    pub typmod: i32,
    #[prost(bool, tag = "5")]
    pub not_null: bool,
    /// SQL text of the default, as bound and printed back.
    #[prost(string, optional, tag = "6")]
    pub default_sql: Option<String>,
    /// Not shown by `*`: the row id of a table without a primary key.
    #[prost(bool, tag = "7")]
    pub hidden: bool,
    #[prost(enumeration = "ElementState", tag = "8")]
    pub state: i32,
    /// The sequence that SERIAL or IDENTITY made for it; 0: none.
    #[prost(uint32, tag = "9")]
    pub owned_sequence: u32,
    /// 0 none, 1 GENERATED ALWAYS AS IDENTITY, 2 GENERATED BY DEFAULT AS IDENTITY.
    #[prost(uint32, tag = "10")]
    pub identity: u32,
    /// What rows written before ADD COLUMN hold (datum::value encoding); absent: NULL.
    #[prost(bytes = "bytes", optional, tag = "11")]
    pub missing_value: Option<kv::Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub struct IndexColumn {
    #[prost(uint32, tag = "1")]
    pub column_id: u32,
    #[prost(bool, tag = "2")]
    pub descending: bool,
    /// NULLS FIRST for ascending, NULLS LAST for descending: the other way round than the default.
    #[prost(bool, tag = "3")]
    pub nulls_reversed: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct IndexDescriptor {
    /// Number within the table, in keys; never reused. TRUNCATE and a new primary key take new ones.
    #[prost(uint32, tag = "1")]
    pub id: u32,
    /// OID in pg_class (a descriptor id taken from the counter).
    #[prost(uint32, tag = "2")]
    pub oid: u32,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(bool, tag = "4")]
    pub unique: bool,
    #[prost(message, repeated, tag = "5")]
    pub columns: Vec<IndexColumn>,
    #[prost(enumeration = "ElementState", tag = "6")]
    pub state: i32,
    /// The domicile its keys are in.
    #[prost(uint32, tag = "7")]
    pub domicile_id: u32,
    /// Made by PRIMARY KEY or UNIQUE rather than CREATE INDEX.
    #[prost(bool, tag = "8")]
    pub constraint: bool,
    /// The entry also stores these columns (INCLUDE).
    #[prost(uint32, repeated, tag = "9")]
    pub stored_column_ids: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub struct ConstraintDescriptor {
    /// OID in pg_constraint.
    #[prost(uint32, tag = "1")]
    pub oid: u32,
    #[prost(string, tag = "2")]
    pub name: String,
    /// SQL text of the CHECK expression.
    #[prost(string, tag = "3")]
    pub check_sql: String,
    #[prost(bool, tag = "4")]
    pub not_valid: bool,
}

#[derive(Clone, PartialEq, Message)]
pub struct TableDescriptor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "2")]
    pub database_id: u32,
    #[prost(uint32, tag = "3")]
    pub schema_id: u32,
    #[prost(uint32, tag = "4")]
    pub owner: u32,
    #[prost(message, repeated, tag = "5")]
    pub columns: Vec<ColumnDescriptor>,
    /// The primary index: its key columns are the primary key (or the hidden row id), its value holds all other columns.
    #[prost(message, required, tag = "6")]
    pub primary: IndexDescriptor,
    #[prost(message, repeated, tag = "7")]
    pub indexes: Vec<IndexDescriptor>,
    #[prost(message, repeated, tag = "8")]
    pub checks: Vec<ConstraintDescriptor>,
    #[prost(uint32, tag = "9")]
    pub next_column_id: u32,
    #[prost(uint32, tag = "10")]
    pub next_index_id: u32,
    #[prost(message, repeated, tag = "11")]
    pub grants: Vec<Grant>,
    /// REGIONAL BY TABLE: the domicile of its rows.
    #[prost(uint32, tag = "12")]
    pub domicile_id: u32,
    /// Set by DROP; the rows are collected by a job.
    #[prost(bool, tag = "13")]
    pub dropped: bool,
    /// Jobs that change this table.
    #[prost(uint64, repeated, tag = "14")]
    pub job_ids: Vec<u64>,
    /// A primary index that is being built to replace `primary` (ADD PRIMARY KEY).
    #[prost(message, optional, tag = "15")]
    pub new_primary: Option<IndexDescriptor>,
    /// Comment on it and its columns ((column id, text); column 0: the table).
    #[prost(message, repeated, tag = "16")]
    pub comments: Vec<Comment>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub struct Comment {
    #[prost(uint32, tag = "1")]
    pub column_id: u32,
    #[prost(string, tag = "2")]
    pub text: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct SequenceDescriptor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(uint32, tag = "2")]
    pub database_id: u32,
    #[prost(uint32, tag = "3")]
    pub schema_id: u32,
    #[prost(uint32, tag = "4")]
    pub owner: u32,
    #[prost(sint64, tag = "5")]
    pub start: i64,
    #[prost(sint64, tag = "6")]
    pub increment: i64,
    #[prost(sint64, tag = "7")]
    pub min: i64,
    #[prost(sint64, tag = "8")]
    pub max: i64,
    #[prost(bool, tag = "9")]
    pub cycle: bool,
    /// Values that a session takes at once.
    #[prost(sint64, tag = "10")]
    pub cache: i64,
    #[prost(uint32, tag = "11")]
    pub domicile_id: u32,
    /// Table and column that own it (SERIAL, OWNED BY); 0: none.
    #[prost(uint32, tag = "12")]
    pub owned_by_table: u32,
    #[prost(uint32, tag = "13")]
    pub owned_by_column: u32,
    #[prost(message, repeated, tag = "14")]
    pub grants: Vec<Grant>,
    #[prost(uint32, tag = "15")]
    pub type_oid: u32,
    #[prost(bool, tag = "16")]
    pub dropped: bool,
}

/// A router's promise to use no catalog older than `version` after `expiration`, and to commit below it.
#[derive(Clone, PartialEq, Message)]
pub struct CatalogLease {
    #[prost(uint64, tag = "1")]
    pub router_id: u64,
    #[prost(uint64, tag = "2")]
    pub version: u64,
    #[prost(message, required, tag = "3")]
    pub expiration: Timestamp,
}

impl Descriptor {
    pub fn new(id: u32, kind: DescriptorKind) -> Descriptor {
        Descriptor { format: DESCRIPTOR_FORMAT, id, version: 1, kind: Some(kind) }
    }
    /// # Errors
    /// `MalformedDescriptor`, `NewerFormat`: stop and say so.
    pub fn decode_checked(id: u32, bytes: &[u8]) -> Result<Descriptor, CatalogError> {
        let d = Descriptor::decode(bytes)
            .map_err(|e| CatalogError::MalformedDescriptor { id, why: e.to_string() })?;
        if d.format > DESCRIPTOR_FORMAT {
            return Err(CatalogError::NewerFormat { id, found: d.format, known: DESCRIPTOR_FORMAT });
        }
        Ok(d)
    }
}

impl ColumnDescriptor {
    pub fn sql_type(&self) -> SqlType {
        SqlType::new(TypeId(self.type_oid), self.typmod)
    }
    pub fn element_state(&self) -> ElementState {
        ElementState::try_from(self.state).unwrap_or(ElementState::DeleteOnly)
    }
    pub fn is_public(&self) -> bool {
        self.element_state() == ElementState::Public
    }
}

impl IndexDescriptor {
    pub fn element_state(&self) -> ElementState {
        ElementState::try_from(self.state).unwrap_or(ElementState::DeleteOnly)
    }
    pub fn is_public(&self) -> bool {
        self.element_state() == ElementState::Public
    }
    pub fn domicile(&self) -> DomicileId {
        DomicileId(self.domicile_id)
    }
}

impl TableDescriptor {
    pub fn column(&self, id: u32) -> Option<&ColumnDescriptor> {
        self.columns.iter().find(|c| c.id == id)
    }
    pub fn column_by_name(&self, name: &str) -> Option<&ColumnDescriptor> {
        self.columns.iter().find(|c| c.is_public() && c.name == name)
    }
    /// Columns that `*` shows, in order.
    pub fn visible_columns(&self) -> impl Iterator<Item = &ColumnDescriptor> {
        self.columns.iter().filter(|c| c.is_public() && !c.hidden)
    }
    /// The primary index and all others, whatever their state.
    pub fn all_indexes(&self) -> impl Iterator<Item = &IndexDescriptor> {
        std::iter::once(&self.primary).chain(self.new_primary.iter()).chain(self.indexes.iter())
    }
    pub fn index(&self, id: u32) -> Option<&IndexDescriptor> {
        self.all_indexes().find(|i| i.id == id)
    }
    /// Whether the primary key is the hidden row id.
    pub fn has_hidden_primary(&self) -> bool {
        self.primary.columns.iter().any(|c| self.column(c.column_id).is_some_and(|c| c.hidden))
    }
}
