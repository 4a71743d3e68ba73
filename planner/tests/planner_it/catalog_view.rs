//! A catalog of three tables and one computed one.

use catalog::descriptor::*;
use datum::TypeId;
use planner::{CatalogView, Relation, TableRef, VirtualTable};
use std::sync::Arc;

pub struct Small {
    tables: Vec<TableRef>,
}

fn column(id: u32, name: &str, ty: TypeId, not_null: bool) -> ColumnDescriptor {
    ColumnDescriptor { id, name: name.into(), type_oid: ty.0, typmod: -1, not_null, ..Default::default() }
}
fn index(id: u32, name: &str, unique: bool, columns: &[u32]) -> IndexDescriptor {
    let columns = columns.iter().map(|c| IndexColumn { column_id: *c, ..Default::default() }).collect();
    IndexDescriptor { id, oid: 1000 + id, name: name.into(), unique, columns, ..Default::default() }
}
fn table(
    id: u32,
    name: &str,
    columns: Vec<ColumnDescriptor>,
    primary: &[u32],
    indexes: Vec<IndexDescriptor>,
) -> TableRef {
    let primary = IndexDescriptor { constraint: true, ..index(1, &format!("{name}_pkey"), true, primary) };
    let d =
        TableDescriptor { name: name.into(), schema_id: 2, columns, primary, indexes, ..Default::default() };
    TableRef { id, version: 1, descriptor: Arc::new(d) }
}

impl Small {
    pub fn new() -> Small {
        let mut b = column(2, "b", TypeId::TEXT, false);
        b.default_sql = Some("'x' || 'y'".into());
        let mut t = table(
            100,
            "t",
            vec![column(1, "a", TypeId::INT4, true), b, column(3, "c", TypeId::INT8, false)],
            &[1],
            vec![index(2, "t_c_idx", false, &[3]), index(3, "t_b_key", true, &[2])],
        );
        let d = Arc::make_mut(&mut t.descriptor);
        d.checks = vec![ConstraintDescriptor {
            name: "t_check".into(),
            check_sql: "a > 0".into(),
            ..Default::default()
        }];
        let u = table(
            101,
            "u",
            vec![
                column(1, "id", TypeId::INT4, true),
                column(2, "a", TypeId::INT4, false),
                column(3, "v", TypeId::NUMERIC, false),
                column(4, "d", TypeId::DATE, false),
            ],
            &[1],
            vec![index(2, "u_a_idx", false, &[2])],
        );
        let mut rowid = column(2, "rowid", TypeId::INT8, true);
        rowid.hidden = true;
        let h = table(102, "h", vec![column(1, "x", TypeId::INT4, false), rowid], &[2], vec![]);
        Small { tables: vec![t, u, h] }
    }
}

impl CatalogView for Small {
    fn current_database(&self) -> &str {
        "d"
    }
    fn current_user(&self) -> &str {
        "root"
    }
    fn search_path(&self) -> Vec<String> {
        vec!["pg_catalog".into(), "public".into()]
    }
    fn schema_exists(&self, name: &str) -> bool {
        matches!(name, "public" | "pg_catalog" | "information_schema")
    }
    fn relation(&self, schema: Option<&str>, name: &str) -> Option<Relation> {
        if schema.is_none_or(|s| s == "pg_catalog") && name == "pg_class" {
            return Some(Relation::Virtual(VirtualTable {
                schema: "pg_catalog".into(),
                name: "pg_class".into(),
                oid: 1259,
                columns: Arc::new([
                    ("oid".into(), TypeId::OID.plain()),
                    ("relname".into(), TypeId::NAME.plain()),
                    ("relkind".into(), TypeId::CHAR.plain()),
                ]),
            }));
        }
        let found = self.tables.iter().find(|t| t.descriptor.name == name);
        found.filter(|_| schema.is_none_or(|s| s == "public")).cloned().map(Relation::Table)
    }
    fn table_by_id(&self, id: u32) -> Option<TableRef> {
        self.tables.iter().find(|t| t.id == id).cloned()
    }
    fn schema_name(&self, _id: u32) -> Option<String> {
        Some("public".into())
    }
    fn role(&self, _name: &str) -> Option<Arc<RoleDescriptor>> {
        None
    }
}
