//! The columns of computed tables (`tables.txt`), and rows made by the names of columns.

use datum::types::TYPES;
use datum::{Array, Datum, SqlType, TypeId as T};
use planner::view::VirtualTable;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

/// A computed table: what it is called and what its columns are.
pub struct Definition {
    pub table: VirtualTable,
    /// `r` or `v`, as in `pg_class.relkind`.
    pub kind: u8,
    /// For each column: it cannot be NULL.
    pub not_null: Vec<bool>,
}

static DEFINITIONS: &str = include_str!("tables.txt");

fn parse(line: &str) -> Option<Definition> {
    let mut words = line.split(' ');
    let (schema, name) = (words.next()?, words.next()?);
    let (oid, kind) = (words.next()?.parse().ok()?, *words.next()?.as_bytes().first()?);
    let (mut columns, mut not_null): (Vec<(Arc<str>, SqlType)>, Vec<bool>) = Default::default();
    for word in words {
        let (column, ty) = word.split_once(':')?;
        let ty_name = ty.trim_end_matches('!');
        let info = TYPES.iter().find(|t| t.name == ty_name)?;
        columns.push((column.into(), SqlType::new(info.id, -1)));
        not_null.push(ty.ends_with('!'));
    }
    let table = VirtualTable { schema: schema.into(), name: name.into(), oid, columns: columns.into() };
    Some(Definition { table, kind, not_null })
}

/// All computed tables.
pub fn all() -> &'static [Definition] {
    static ALL: OnceLock<Vec<Definition>> = OnceLock::new();
    ALL.get_or_init(|| {
        let lines = DEFINITIONS.lines().filter(|l| !l.starts_with('#'));
        lines.map(|l| parse(l).expect("the definitions are part of the program and well formed")).collect()
    })
}
pub fn find(schema: &str, name: &str) -> Option<&'static Definition> {
    type Names = HashMap<(&'static str, &'static str), &'static Definition>;
    static NAMES: OnceLock<Names> = OnceLock::new();
    NAMES
        .get_or_init(|| all().iter().map(|d| ((&*d.table.schema, &*d.table.name), d)).collect())
        .get(&(schema, name))
        .copied()
}
pub fn by_oid(oid: u32) -> Option<&'static Definition> {
    static OIDS: OnceLock<HashMap<u32, &'static Definition>> = OnceLock::new();
    OIDS.get_or_init(|| all().iter().map(|d| (d.table.oid, d)).collect()).get(&oid).copied()
}

/// Rows of one table, made by the names of its columns.
pub struct Rows<'a> {
    definition: &'a Definition,
    /// What columns hold that a row does not name.
    blank: Vec<Datum>,
    pub rows: Vec<Vec<Datum>>,
}

impl<'a> Rows<'a> {
    pub fn new(definition: &'a Definition) -> Rows<'a> {
        let columns = definition.table.columns.iter().zip(&definition.not_null);
        let blank =
            columns.map(|((_, ty), not_null)| if *not_null { zero(ty.id) } else { Datum::Null }).collect();
        Rows { definition, blank, rows: Vec::new() }
    }
    /// Adds a row; columns that are not named hold NULL, or zero where NULL cannot be.
    pub fn add<const N: usize>(&mut self, values: [(&'static str, Datum); N]) {
        let columns = &self.definition.table.columns;
        let mut row = self.blank.clone();
        let mut at = 0;
        for (name, value) in values {
            // Mostly in the table's order: the search goes on from the last one, and around.
            let found = (at..columns.len()).chain(0..at).find(|i| *columns[*i].0 == *name);
            debug_assert!(found.is_some(), "{} has no column {name}", self.definition.table.name);
            let Some(i) = found else { continue };
            row[i] = value;
            at = i + 1;
        }
        self.rows.push(row);
    }
}

fn zero(ty: T) -> Datum {
    match ty {
        T::BOOL => Datum::Bool(false),
        T::CHAR => Datum::Char(0),
        T::INT2 => Datum::Int2(0),
        T::INT4 => Datum::Int4(0),
        T::INT8 => Datum::Int8(0),
        T::FLOAT4 => Datum::Float4(0.0),
        T::FLOAT8 => Datum::Float8(0.0),
        T::TIMESTAMPTZ => Datum::Timestamptz(0),
        T::OIDVECTOR => oid_vector([]),
        T::INT2VECTOR => int2_vector([]),
        T::TEXT | T::NAME | T::VARCHAR => Datum::text(""),
        _ if ty.is_reg() || ty == T::OID => Datum::Oid(0),
        _ => ty.element().map_or(Datum::Null, |e| Datum::array(e, Vec::new())),
    }
}

/// What a column's value can be made of.
pub trait IntoDatum {
    fn into_datum(self) -> Datum;
}
macro_rules! into_datum {
    ($($ty:ty, $v:ident => $make:expr;)*) => {
        $(impl IntoDatum for $ty { fn into_datum(self) -> Datum { let $v = self; $make } })*
    };
}
into_datum! {
    Datum, v => v;
    bool, v => Datum::Bool(v);
    u8, v => Datum::Char(v);
    i16, v => Datum::Int2(v);
    i32, v => Datum::Int4(v);
    i64, v => Datum::Int8(v);
    u32, v => Datum::Oid(v);
    T, v => Datum::Oid(v.0);
    &str, v => Datum::text(v);
    &String, v => Datum::text(v);
    &Arc<str>, v => Datum::Text(v.clone());
    String, v => Datum::text(v);
}
impl<V: IntoDatum> IntoDatum for Option<V> {
    fn into_datum(self) -> Datum {
        self.map_or(Datum::Null, V::into_datum)
    }
}

/// `row!(rows, { column: value, ... })`.
macro_rules! row {
    ($rows:expr, { $($name:ident: $value:expr),* $(,)? }) => {
        $rows.add([$((stringify!($name), $crate::virtual_catalog::definition::IntoDatum::into_datum($value))),*])
    };
}
pub(crate) use row;

/// A `text[]`.
pub fn texts(values: impl IntoIterator<Item = String>) -> Datum {
    Datum::array(T::TEXT, values.into_iter().map(Datum::text).collect())
}
/// An `oid[]`.
pub fn oids(values: impl IntoIterator<Item = u32>) -> Datum {
    Datum::array(T::OID, values.into_iter().map(Datum::Oid).collect())
}
/// An `int2[]`.
pub fn int2s(values: impl IntoIterator<Item = i16>) -> Datum {
    Datum::array(T::INT2, values.into_iter().map(Datum::Int2).collect())
}
/// Vectors count from 0, unlike arrays.
fn vector(element: T, values: Vec<Datum>) -> Datum {
    Datum::Array(Arc::new(Array { element, lower_bound: 0, values }))
}
pub fn oid_vector(values: impl IntoIterator<Item = u32>) -> Datum {
    vector(T::OID, values.into_iter().map(Datum::Oid).collect())
}
pub fn int2_vector(values: impl IntoIterator<Item = i16>) -> Datum {
    vector(T::INT2, values.into_iter().map(Datum::Int2).collect())
}
/// A number of a column or of columns; there are fewer than 2^15.
pub fn attnum(id: u32) -> i16 {
    i16::try_from(id).unwrap_or(i16::MAX)
}
/// A short number of things in a row of the catalog.
pub fn count(n: usize) -> i16 {
    i16::try_from(n).unwrap_or(i16::MAX)
}
