//! What the planner asks of the catalog. Synchronous: the router answers from the catalog that it holds in memory, at one
//! version for the whole of a statement.

use catalog::{RoleDescriptor, SequenceDescriptor, TableDescriptor};
use datum::SqlType;
use std::sync::Arc;

/// A table at one version.
#[derive(Clone)]
pub struct TableRef {
    pub id: u32,
    pub version: u64,
    pub descriptor: Arc<TableDescriptor>,
}

/// A table that is computed: of pg_catalog, information_schema or meridian_catalog.
#[derive(Clone, Debug)]
pub struct VirtualTable {
    pub schema: Arc<str>,
    pub name: Arc<str>,
    /// OID in pg_class.
    pub oid: u32,
    pub columns: Arc<[(Arc<str>, SqlType)]>,
}

/// What a name of the FROM clause stands for.
#[derive(Clone)]
pub enum Relation {
    Table(TableRef),
    Virtual(VirtualTable),
    Sequence { id: u32, version: u64, descriptor: Arc<SequenceDescriptor> },
}

/// The catalog as one session sees it. Names are as stored (already folded to lower case).
pub trait CatalogView {
    fn current_database(&self) -> &str;
    fn current_user(&self) -> &str;
    /// Existing schemas of the search path in order, `pg_catalog` included where it is searched.
    fn search_path(&self) -> Vec<String>;
    fn schema_exists(&self, name: &str) -> bool;
    /// The relation of that name; without a schema the search path decides.
    fn relation(&self, schema: Option<&str>, name: &str) -> Option<Relation>;
    fn table_by_id(&self, id: u32) -> Option<TableRef>;
    /// The name of the schema with that id.
    fn schema_name(&self, id: u32) -> Option<String>;
    fn role(&self, name: &str) -> Option<Arc<RoleDescriptor>>;
    /// An estimate of the rows of a table; `None`: not known.
    fn row_estimate(&self, _table_id: u32) -> Option<u64> {
        None
    }
}
