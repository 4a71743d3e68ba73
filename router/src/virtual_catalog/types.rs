//! Types, functions, operators, casts, aggregates, and what else is the same in every database.

use super::definition::{Rows, count, oid_vector, row};
use super::routines;
use catalog::reserved::{PG_CATALOG_OID, ROOT_ROLE_ID};
use datum::function::{CastContext, Volatility};
use datum::types::TYPES;
use datum::{Datum, TypeId as T, aggregates, cast, operators};
use std::collections::HashMap;
use std::sync::OnceLock;

const LANGUAGE_INTERNAL: u32 = 12;
const AM_BTREE: u32 = 403;
/// The collations of PostgreSQL that we order by: all by bytes.
const COLLATIONS: [(u32, &str, u8); 3] = [(100, "default", b'd'), (950, "C", b'c'), (951, "POSIX", b'c')];

/// B-tree operator classes: OID, name, family, type.
const OPERATOR_CLASSES: [(u32, &str, u32, T); 20] = [
    (10_000, "array_ops", 397, T::ANYARRAY),
    (10_003, "bool_ops", 424, T::BOOL),
    (10_004, "bpchar_ops", 426, T::BPCHAR),
    (10_006, "bytea_ops", 428, T::BYTEA),
    (10_007, "char_ops", 429, T::CHAR),
    (3122, "date_ops", 434, T::DATE),
    (10_012, "float4_ops", 1970, T::FLOAT4),
    (3123, "float8_ops", 1970, T::FLOAT8),
    (1979, "int2_ops", 1976, T::INT2),
    (1978, "int4_ops", 1976, T::INT4),
    (3124, "int8_ops", 1976, T::INT8),
    (10_022, "interval_ops", 1982, T::INTERVAL),
    (10_028, "name_ops", 1994, T::NAME),
    (3125, "numeric_ops", 1988, T::NUMERIC),
    (1981, "oid_ops", 1989, T::OID),
    (10_032, "oidvector_ops", 1991, T::OIDVECTOR),
    (3126, "text_ops", 1994, T::TEXT),
    (3127, "timestamptz_ops", 434, T::TIMESTAMPTZ),
    (3128, "timestamp_ops", 434, T::TIMESTAMP),
    (10_065, "uuid_ops", 2968, T::UUID),
];
/// B-tree operator families: OID, name.
const OPERATOR_FAMILIES: [(u32, &str); 15] = [
    (397, "array_ops"),
    (424, "bool_ops"),
    (426, "bpchar_ops"),
    (428, "bytea_ops"),
    (429, "char_ops"),
    (434, "datetime_ops"),
    (1970, "float_ops"),
    (1976, "integer_ops"),
    (1982, "interval_ops"),
    (1988, "numeric_ops"),
    (1989, "oid_ops"),
    (1991, "oidvector_ops"),
    (1994, "text_ops"),
    (2968, "uuid_ops"),
    (2994, "record_ops"),
];

/// How PostgreSQL lays a type out, and the functions that it names.
#[derive(Clone, Copy, Default)]
pub struct Layout {
    pub len: i16,
    pub by_value: bool,
    pub align: u8,
    pub storage: u8,
    pub collation: u32,
    /// subscript, input, output, receive, send, modifier in, modifier out, analyze.
    functions: [u32; 8],
}

fn parse(line: &str) -> Option<(u32, Layout)> {
    let mut words = line.split_ascii_whitespace();
    let oid: u32 = words.next()?.parse().ok()?;
    let mut layout = Layout {
        len: T(oid).info()?.len,
        by_value: words.next()? == "t",
        align: *words.next()?.as_bytes().first()?,
        storage: *words.next()?.as_bytes().first()?,
        collation: words.next()?.parse().ok()?,
        functions: [0; 8],
    };
    for slot in &mut layout.functions {
        *slot = words.next()?.parse().ok()?;
    }
    Some((oid, layout))
}
/// The layout of a type; of an unknown one: that of a varying type.
pub fn layout(ty: T) -> Layout {
    static LAYOUTS: OnceLock<HashMap<u32, Layout>> = OnceLock::new();
    let layouts = LAYOUTS.get_or_init(|| include_str!("types.txt").lines().filter_map(parse).collect());
    let unknown = Layout { len: -1, align: b'i', storage: b'x', ..Layout::default() };
    layouts.get(&ty.0).copied().unwrap_or(unknown)
}
/// The default B-tree operator class for keys of a type.
pub fn operator_class(ty: T) -> u32 {
    let ty = match ty {
        T::VARCHAR => T::TEXT,
        _ if ty.is_reg() => T::OID,
        _ if ty.element().is_some() && ty != T::OIDVECTOR => T::ANYARRAY,
        _ => ty,
    };
    OPERATOR_CLASSES.iter().find(|c| c.3 == ty).map_or(0, |c| c.0)
}

pub fn pg_type(rows: &mut Rows<'_>) {
    for t in TYPES {
        let l = layout(t.id);
        let [subscript, input, output, receive, send, modin, modout, analyze] = l.functions;
        let pseudo = matches!(t.category, 'P' | 'X');
        row!(rows, {
            oid: t.id, typname: t.name, typnamespace: PG_CATALOG_OID, typowner: ROOT_ROLE_ID, typlen: t.len,
            typbyval: l.by_value, typtype: if pseudo { b'p' } else { b'b' }, typcategory: t.category as u8,
            typispreferred: t.preferred, typisdefined: true, typdelim: b',', typsubscript: subscript,
            typelem: t.element, typarray: t.array, typinput: input, typoutput: output, typreceive: receive,
            typsend: send, typmodin: modin, typmodout: modout, typanalyze: analyze, typalign: l.align,
            typstorage: l.storage, typtypmod: -1, typcollation: l.collation,
        });
    }
}

fn volatility(v: Volatility) -> u8 {
    match v {
        Volatility::Immutable => b'i',
        Volatility::Stable => b's',
        Volatility::Volatile => b'v',
    }
}
pub fn pg_proc(rows: &mut Rows<'_>) {
    for r in routines::all() {
        let variadic = r.args.last().filter(|_| r.variadic).map_or(0, |t| t.0);
        row!(rows, {
            oid: r.oid, proname: r.name, pronamespace: PG_CATALOG_OID, proowner: ROOT_ROLE_ID,
            prolang: LANGUAGE_INTERNAL, procost: Datum::Float4(1.0),
            prorows: Datum::Float4(if r.set { 1000.0 } else { 0.0 }), provariadic: variadic, prokind: r.kind,
            proisstrict: r.strict, proretset: r.set, provolatile: volatility(r.volatility), proparallel: b's',
            pronargs: count(r.args.len()), pronargdefaults: i16::from(r.optional), prorettype: r.result,
            proargtypes: oid_vector(r.args.iter().map(|t| t.0)), prosrc: r.name,
        });
    }
}
pub fn pg_operator(rows: &mut Rows<'_>) {
    for o in operators::all() {
        let equality = o.name == "=";
        row!(rows, {
            oid: o.oid, oprname: o.name, oprnamespace: PG_CATALOG_OID, oprowner: ROOT_ROLE_ID,
            oprkind: if o.left.is_some() { b'b' } else { b'l' }, oprcanmerge: equality, oprcanhash: equality,
            oprleft: o.left.map_or(0, |t| t.0), oprright: o.right, oprresult: o.result,
        });
    }
}
pub fn pg_cast(rows: &mut Rows<'_>) {
    for (oid, c) in (10_000u32..).zip(cast::casts()) {
        let context = match c.context {
            CastContext::Implicit => b'i',
            CastContext::Assignment => b'a',
            CastContext::Explicit => b'e',
        };
        row!(rows, { oid: oid, castsource: c.from, casttarget: c.to, castcontext: context, castmethod: b'f' });
    }
}
pub fn pg_aggregate(rows: &mut Rows<'_>) {
    for a in aggregates::all() {
        row!(rows, {
            aggfnoid: a.oid, aggkind: if a.direct_args.is_some() { b'o' } else { b'n' },
            aggnumdirectargs: i16::from(a.direct_args.unwrap_or(0)), aggfinalmodify: b'r', aggmfinalmodify: b'r',
            aggtranstype: a.state.first().map_or(0, |t| t.0),
        });
    }
}
pub fn pg_am(rows: &mut Rows<'_>) {
    row!(rows, { oid: 2u32, amname: "heap", amhandler: 3u32, amtype: b't' });
    row!(rows, { oid: AM_BTREE, amname: "btree", amhandler: 330u32, amtype: b'i' });
}
pub fn pg_collation(rows: &mut Rows<'_>) {
    for (oid, name, provider) in COLLATIONS {
        let locale = (provider == b'c').then_some(name);
        row!(rows, {
            oid: oid, collname: name, collnamespace: PG_CATALOG_OID, collowner: ROOT_ROLE_ID, collprovider: provider,
            collisdeterministic: true, collencoding: -1, collcollate: locale, collctype: locale,
        });
    }
}
pub fn pg_opclass(rows: &mut Rows<'_>) {
    for (oid, name, family, ty) in OPERATOR_CLASSES {
        row!(rows, {
            oid: oid, opcmethod: AM_BTREE, opcname: name, opcnamespace: PG_CATALOG_OID, opcowner: ROOT_ROLE_ID,
            opcfamily: family, opcintype: ty, opcdefault: true,
        });
    }
}
pub fn pg_opfamily(rows: &mut Rows<'_>) {
    for (oid, name) in OPERATOR_FAMILIES {
        row!(rows, {
            oid: oid, opfmethod: AM_BTREE, opfname: name, opfnamespace: PG_CATALOG_OID, opfowner: ROOT_ROLE_ID,
        });
    }
}
pub fn pg_language(rows: &mut Rows<'_>) {
    for (oid, name, trusted) in [(LANGUAGE_INTERNAL, "internal", false), (13, "c", false), (14, "sql", true)]
    {
        row!(rows, { oid: oid, lanname: name, lanowner: ROOT_ROLE_ID, lanpltrusted: trusted });
    }
}
