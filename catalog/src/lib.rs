//! What the database knows of itself: descriptors of databases, schemas, tables, indexes, sequences and roles, their
//! reserved places in the keyspace, and the row codec that turns a table's values into keys and values. Pure.

pub mod reserved;
pub mod error;
pub mod descriptor;
pub mod job;
pub mod row;

pub use descriptor::{
    ColumnDescriptor, ConstraintDescriptor, DatabaseDescriptor, Descriptor, DescriptorKind, IndexColumn,
    IndexDescriptor, RoleDescriptor, SchemaDescriptor, SequenceDescriptor, TableDescriptor,
};
pub use error::CatalogError;
