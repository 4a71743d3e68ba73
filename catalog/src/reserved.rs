//! The catalog's places in the system domicile, fixed in code and seeded once under a store version.
//!
//! ```text
//! /system/13/1/ id                       -> Descriptor
//! /system/15/1/ 1                        -> counter: last descriptor id given out
//! /system/16/1/ name                     -> setting of the cluster
//! /system/17/1/ id                       -> Job
//! /system/18/1/ router id, version        -> CatalogLease
//! /system/19/1/ 1                        -> counter: version of the catalog
//! ```

use kv::{DomicileId, Key, Span, encoding, key};

pub const TABLE_DESCRIPTOR: u32 = 13;
pub const TABLE_ID_COUNTER: u32 = 15;
pub const TABLE_SETTING: u32 = 16;
pub const TABLE_JOBS: u32 = 17;
pub const TABLE_CATALOG_LEASE: u32 = 18;
pub const TABLE_CATALOG_VERSION: u32 = 19;

/// The first id that a user object gets, as in PostgreSQL: below it lie the OIDs of computed tables. It is the table number in keys, too.
pub const FIRST_USER_ID: u32 = 16_384;
/// OID of the schemas that every database has, as PostgreSQL numbers them.
pub const PG_CATALOG_OID: u32 = 11;
pub const INFORMATION_SCHEMA_OID: u32 = 13_000;
pub const MERIDIAN_CATALOG_OID: u32 = 13_001;
/// The bootstrap role: owns what the system made, may do everything.
pub const ROOT_ROLE_ID: u32 = 10;

pub fn descriptor_key(id: u32) -> Key {
    key::system_row(TABLE_DESCRIPTOR, u64::from(id))
}
pub fn descriptor_span() -> Span {
    key::index_span(DomicileId::SYSTEM, TABLE_DESCRIPTOR, 1)
}
/// The pseudo schema id under which role names are filed.
pub const NAMESPACE_ROLES: u32 = 1;
pub fn id_counter_key() -> Key {
    key::system_row(TABLE_ID_COUNTER, 1)
}
pub fn setting_key(name: &str) -> Key {
    let mut out = key::index_prefix(DomicileId::SYSTEM, TABLE_SETTING, 1);
    encoding::put_bytes(&mut out, name.as_bytes());
    out.into()
}
pub fn job_key(id: u64) -> Key {
    key::system_row(TABLE_JOBS, id)
}
pub fn jobs_span() -> Span {
    key::index_span(DomicileId::SYSTEM, TABLE_JOBS, 1)
}
pub fn catalog_lease_key(router_id: u64, version: u64) -> Key {
    let mut out = key::index_prefix(DomicileId::SYSTEM, TABLE_CATALOG_LEASE, 1);
    encoding::put_u64(&mut out, router_id);
    encoding::put_u64(&mut out, version);
    out.into()
}
pub fn catalog_lease_span() -> Span {
    key::index_span(DomicileId::SYSTEM, TABLE_CATALOG_LEASE, 1)
}
pub fn catalog_version_key() -> Key {
    key::system_row(TABLE_CATALOG_VERSION, 1)
}
/// The counter of a sequence, in its domicile.
pub fn sequence_key(domicile: DomicileId, sequence: u32) -> Key {
    let mut out = key::index_prefix(domicile, key::TABLE_SEQUENCE, 1);
    encoding::put_u32(&mut out, sequence);
    out.into()
}
