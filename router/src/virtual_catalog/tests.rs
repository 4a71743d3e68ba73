//! The virtual catalog over a small snapshot, against what PostgreSQL 15 answers for the same tables.

use super::*;
use crate::snapshot::CatalogSnapshot;
use catalog::descriptor::{Comment, Grant, privilege};
use catalog::{
    ColumnDescriptor, ConstraintDescriptor, DatabaseDescriptor, Descriptor, DescriptorKind, IndexColumn,
    IndexDescriptor, RoleDescriptor, SchemaDescriptor, SequenceDescriptor, TableDescriptor,
};
use datum::TypeId as T;
use kv::Timestamp;

struct NoCluster;
#[async_trait]
impl ClusterInfo for NoCluster {
    async fn cells(&self) -> Result<Vec<CellRow>, QueryError> {
        Ok(vec![CellRow {
            store_id: 7,
            region: "eu".into(),
            heartbeat_micros: Some(1),
            ..CellRow::default()
        }])
    }
    async fn ranges(&self) -> Result<Vec<RangeRow>, QueryError> {
        Ok(vec![RangeRow { range_id: 9, replicas: vec!["7".into()], ..RangeRow::default() }])
    }
    async fn jobs(&self) -> Result<Vec<JobRow>, QueryError> {
        Ok(vec![JobRow { id: 1, progress: 0.5, ..JobRow::default() }])
    }
}

const DATABASE: u32 = 20_100;
const SCHEMA: u32 = 20_101;
const TABLE: u32 = 20_110;
const PRIMARY: u32 = 20_111;
const UNIQUE: u32 = 20_112;
const SECONDARY: u32 = 20_113;
const CHECK: u32 = 20_114;
const SEQUENCE: u32 = 20_120;
const BOB: u32 = 20_102;

fn column(id: u32, name: &str, ty: T, typmod: i32) -> ColumnDescriptor {
    ColumnDescriptor { id, name: name.into(), type_oid: ty.0, typmod, ..Default::default() }
}
fn key(column_id: u32) -> IndexColumn {
    IndexColumn { column_id, ..Default::default() }
}

fn catalog() -> Arc<SessionCatalog> {
    let mut id = column(1, "id", T::INT4, -1);
    id.not_null = true;
    id.default_sql = Some("nextval('s'::regclass)".into());
    id.owned_sequence = SEQUENCE;
    let columns = vec![
        id,
        column(2, "a", T::TEXT, -1),
        column(3, "b", T::NUMERIC, (10 << 16) + 2 + 4),
        column(4, "Q x", T::VARCHAR, 9),
    ];
    let index = |id, oid, name: &str, columns| IndexDescriptor {
        id,
        oid,
        name: name.into(),
        columns,
        ..Default::default()
    };
    let table = TableDescriptor {
        name: "t".into(),
        database_id: DATABASE,
        schema_id: SCHEMA,
        owner: 10,
        columns,
        next_column_id: 5,
        primary: IndexDescriptor {
            unique: true,
            constraint: true,
            ..index(1, PRIMARY, "t_pkey", vec![key(1)])
        },
        indexes: vec![
            IndexDescriptor {
                unique: true,
                constraint: true,
                ..index(2, UNIQUE, "t_a_b_key", vec![key(2), key(3)])
            },
            IndexDescriptor {
                stored_column_ids: vec![4],
                ..index(3, SECONDARY, "ti", vec![IndexColumn { descending: true, ..key(3) }, key(2)])
            },
        ],
        checks: vec![ConstraintDescriptor {
            oid: CHECK,
            name: "t_id_check".into(),
            check_sql: "id > 0".into(),
            ..Default::default()
        }],
        grants: vec![Grant { grantee: BOB, grantor: 10, privileges: privilege::SELECT, grant_options: 0 }],
        comments: vec![Comment { column_id: 0, text: "hi".into() }],
        ..Default::default()
    };
    let sequence = SequenceDescriptor {
        name: "s".into(),
        database_id: DATABASE,
        schema_id: SCHEMA,
        owner: 10,
        start: 1,
        increment: 1,
        min: 1,
        max: i64::MAX,
        cache: 1,
        owned_by_table: TABLE,
        owned_by_column: 1,
        ..Default::default()
    };
    let role = |name: &str, superuser| RoleDescriptor {
        name: name.into(),
        login: true,
        superuser,
        ..Default::default()
    };
    let database = DatabaseDescriptor { name: "d".into(), owner: 10, ..Default::default() };
    let schema =
        SchemaDescriptor { name: "public".into(), database_id: DATABASE, owner: 10, ..Default::default() };
    let snapshot = CatalogSnapshot::new(
        1,
        Timestamp::ZERO,
        [
            Descriptor::new(10, DescriptorKind::Role(role("root", true))),
            Descriptor::new(BOB, DescriptorKind::Role(role("bob", false))),
            Descriptor::new(DATABASE, DescriptorKind::Database(database)),
            Descriptor::new(SCHEMA, DescriptorKind::Schema(schema)),
            Descriptor::new(TABLE, DescriptorKind::Table(table)),
            Descriptor::new(SEQUENCE, DescriptorKind::Sequence(sequence)),
        ],
    );
    Arc::new(SessionCatalog {
        snapshot: Arc::new(snapshot),
        database_id: DATABASE,
        database: "d".into(),
        user_id: 10,
        user: "root".into(),
        session_user: "root".into(),
        search_path: Arc::from(vec!["public".to_owned()]),
        virtuals: Arc::new(Virtuals::new(Arc::new(NoCluster))),
        settings: Arc::new(Vec::new),
    })
}
fn call(name: &str, args: &[Datum]) -> String {
    let catalog = catalog();
    let answer = catalog.virtuals.function(&catalog, name, args).unwrap();
    show(&answer)
}
fn show(d: &Datum) -> String {
    datum::text_format::output(d, d.natural_type(), &datum::EvalContext::default())
}
async fn scan(schema: &str, name: &str) -> Vec<Vec<Datum>> {
    let catalog = catalog();
    catalog.virtuals.scan(schema, name, &catalog).await.unwrap()
}
/// The values of some columns in the rows where `column` shows as `value`.
async fn select(schema: &str, table: &str, (column, value): (&str, &str), shown: &[&str]) -> Vec<String> {
    let columns = &definition::find(schema, table).unwrap().table.columns;
    let at = |name: &str| columns.iter().position(|c| *c.0 == *name).unwrap();
    let rows = scan(schema, table).await;
    let rows = rows.iter().filter(|r| show(&r[at(column)]) == value);
    rows.map(|r| {
        let values = shown.iter().zip(shown.iter().map(|c| &r[at(c)]));
        let text = |(c, d): (&&str, &Datum)| match d {
            Datum::Null => String::new(),
            _ => datum::text_format::output(d, columns[at(c)].1.id, &datum::EvalContext::default()),
        };
        values.map(text).collect::<Vec<_>>().join("|")
    })
    .collect()
}

/// Whether a value may stand in a column of that type.
fn fits(d: &Datum, ty: T) -> bool {
    match (d, ty) {
        (Datum::Null, _) => true,
        (Datum::Text(_), T::TEXT | T::NAME | T::VARCHAR) => true,
        (Datum::Oid(_), _) if ty == T::OID || ty.is_reg() => true,
        (Datum::Array(a), _) => ty.element() == Some(a.element),
        _ => d.natural_type() == ty,
    }
}

#[tokio::test]
async fn every_table_yields_rows_of_its_columns() {
    let mut filled = 0;
    for d in definition::all() {
        let (schema, name) = (&d.table.schema, &d.table.name);
        let rows = scan(schema, name).await;
        filled += usize::from(!rows.is_empty());
        for row in rows {
            assert_eq!(row.len(), d.table.columns.len(), "{schema}.{name}");
            for (i, (column, ty)) in d.table.columns.iter().enumerate() {
                assert!(fits(&row[i], ty.id), "{schema}.{name}.{column}: {:?} is not {ty}", row[i]);
                assert!(!(d.not_null[i] && row[i].is_null()), "{schema}.{name}.{column} is NULL");
            }
        }
    }
    assert!(filled >= 45, "{filled} tables have rows");
}

#[test]
fn no_two_tables_share_an_oid() {
    let mut oids: Vec<u32> = definition::all().iter().map(|d| d.table.oid).collect();
    oids.sort_unstable();
    oids.dedup();
    assert_eq!(oids.len(), definition::all().len());
}

#[tokio::test]
async fn the_columns_of_an_index_are_described_as_postgresql_does() {
    let shown = ["indnatts", "indnkeyatts", "indkey", "indcollation", "indclass", "indoption"];
    let row = select("pg_catalog", "pg_index", ("indexrelid", "20113"), &shown).await;
    assert_eq!(row, ["3|2|3 2 4|0 100|3125 3126|3 0"]);
    let shown = ["attname", "attnum", "atttypmod", "attstorage"];
    let rows = select("pg_catalog", "pg_attribute", ("attrelid", "20113"), &shown).await;
    assert_eq!(rows, ["b|1|655366|m", "a|2|-1|x", "Q x|3|9|x"]);
}

#[test]
fn definitions_print_as_in_postgresql() {
    let oid = Datum::Oid;
    let pretty = [Datum::Int4(0), Datum::Bool(true)];
    assert_eq!(
        call("pg_get_indexdef", &[oid(SECONDARY)]),
        "CREATE INDEX ti ON public.t USING btree (b DESC, a) INCLUDE (\"Q x\")"
    );
    assert_eq!(
        call("pg_get_indexdef", &[oid(PRIMARY), pretty[0].clone(), pretty[1].clone()]),
        "CREATE UNIQUE INDEX t_pkey ON t USING btree (id)"
    );
    assert_eq!(call("pg_get_indexdef", &[oid(SECONDARY), Datum::Int4(1), Datum::Bool(true)]), "b");
    assert_eq!(call("pg_get_constraintdef", &[oid(PRIMARY)]), "PRIMARY KEY (id)");
    assert_eq!(call("pg_get_constraintdef", &[oid(UNIQUE), Datum::Bool(true)]), "UNIQUE (a, b)");
    assert_eq!(call("pg_get_constraintdef", &[oid(CHECK)]), "CHECK ((id > 0))");
    assert_eq!(call("pg_get_serial_sequence", &[Datum::text("t"), Datum::text("id")]), "public.s");
    assert_eq!(call("obj_description", &[oid(TABLE), Datum::text("pg_class")]), "hi");
    assert_eq!(call("pg_get_userbyid", &[oid(99)]), "unknown (OID=99)");
}

#[test]
fn names_and_numbers_of_relations_find_each_other() {
    let c = catalog();
    let class = |text: &str| c.virtuals.reg_in(&c, T::REGCLASS.0, text);
    assert_eq!(class("t"), Ok(Some(TABLE)));
    assert_eq!(class("PUBLIC.ti"), Ok(Some(SECONDARY)));
    assert_eq!(class("pg_class"), Ok(Some(1259)));
    assert_eq!(class("information_schema.tables").unwrap().map(|o| o > 13_000), Some(true));
    assert_eq!(class("nosuch"), Ok(None));
    assert!(class("a.b.c.d").is_err());
    let out = |ty: T, oid| c.virtuals.reg_out(&c, ty.0, oid).unwrap();
    assert_eq!(out(T::REGCLASS, TABLE), "t");
    assert_eq!(out(T::REGCLASS, 1259), "pg_class");
    assert_eq!(out(T::REGCLASS, 13_901), "meridian_catalog.cells");
    assert_eq!(out(T::REGTYPE, 1007), "integer[]");
    assert_eq!(out(T::REGNAMESPACE, SCHEMA), "public");
    let reg = |ty: T, text: &str| c.virtuals.reg_in(&c, ty.0, text).unwrap();
    assert_eq!(reg(T::REGTYPE, "int4"), Some(23));
    assert_eq!(reg(T::REGTYPE, "integer[]"), Some(1007));
    assert_eq!(reg(T::REGTYPE, "pg_catalog.varchar"), Some(1043));
    assert_eq!(reg(T::REGPROC, "array_in"), Some(750));
    assert_eq!(reg(T::REGPROCEDURE, "lower(text)"), Some(870));
    assert_eq!(reg(T::REGOPERATOR, "=(integer,integer)"), Some(96));
    assert_eq!(reg(T::REGROLE, "bob"), Some(BOB));
}

#[test]
fn privileges_follow_owner_and_grants() {
    let may = |user: &str, what: &str| {
        call("has_table_privilege", &[Datum::text(user), Datum::text("t"), Datum::text(what)])
    };
    assert_eq!(may("bob", "select"), "t");
    assert_eq!(may("bob", "INSERT"), "f");
    assert_eq!(may("bob", "insert, SELECT"), "t");
    assert_eq!(may("bob", "SELECT WITH GRANT OPTION"), "f");
    assert_eq!(may("root", "INSERT"), "t");
    let c = catalog();
    let error =
        |args: &[Datum]| c.virtuals.function(&c, "has_table_privilege", args).unwrap_err().to_string();
    assert_eq!(error(&[Datum::text("no"), Datum::text("select")]), "relation \"no\" does not exist");
    assert_eq!(error(&[Datum::text("t"), Datum::text("fly")]), "unrecognized privilege type: \"fly\"");
}

#[tokio::test]
async fn the_access_list_of_a_table_names_owner_and_grantees() {
    let rows = select("pg_catalog", "pg_class", ("oid", "20110"), &["relname", "relacl", "relchecks"]).await;
    assert_eq!(rows, ["t|{root=arwdDxt/root,bob=r/root}|1"]);
}

#[tokio::test]
async fn the_standard_views_tell_types_and_constraints() {
    let shown = [
        "column_name",
        "ordinal_position",
        "column_default",
        "is_nullable",
        "data_type",
        "character_maximum_length",
        "numeric_precision",
        "numeric_scale",
        "udt_name",
    ];
    let rows = select("information_schema", "columns", ("table_name", "t"), &shown).await;
    assert_eq!(
        rows,
        [
            "id|1|nextval('s'::regclass)|NO|integer||32|0|int4",
            "a|2||YES|text||||text",
            "b|3||YES|numeric||10|2|numeric",
            "Q x|4||YES|character varying|5|||varchar",
        ]
    );
    let shown = ["constraint_name", "column_name", "ordinal_position"];
    let rows = select("information_schema", "key_column_usage", ("table_name", "t"), &shown).await;
    assert_eq!(rows, ["t_pkey|id|1", "t_a_b_key|a|1", "t_a_b_key|b|2"]);
}

/// Every function that datum hands to the session is either answered here or known to be the session's own.
#[test]
fn functions_over_the_catalog_are_answered() {
    const OTHERS: [&str; 12] = [
        "current_query",
        "pg_cancel_backend",
        "pg_conf_load_time",
        "pg_postmaster_start_time",
        "pg_sleep",
        "pg_sleep_for",
        "pg_sleep_until",
        "pg_terminate_backend",
        "setval",
        "txid_current",
        "pg_notify",
        "pg_listening_channels",
    ];
    let source = include_str!("../../../datum/src/functions/session.rs");
    let c = catalog();
    for piece in source.split("catalog!(\"").skip(1) {
        let name = piece.split('"').next().unwrap();
        let answer = c.virtuals.function(&c, name, &[Datum::Oid(TABLE), Datum::text("SELECT")]);
        let refused = matches!(answer, Err(DatumError::FeatureNotSupported(_)));
        assert_eq!(refused, OTHERS.contains(&name), "{name}");
    }
}
