//! Types by PostgreSQL's own numbers, so that drivers recognise them.

use std::fmt;

/// The OID of a type, as in PostgreSQL's `pg_type`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// A type with its modifier (length of varchar, precision and scale of numeric); -1: none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlType {
    pub id: TypeId,
    /// As in `pg_attribute.atttypmod`.
    pub typmod: i32,
}

/// One row of the table of types.
pub struct TypeInfo {
    pub id: TypeId,
    /// Name in `pg_type`.
    pub name: &'static str,
    /// Name that `format_type` prints and SQL spells.
    pub sql_name: &'static str,
    /// Bytes of a fixed-length type; -1: variable, -2: C string.
    pub len: i16,
    /// `typcategory`: B N S D T A U X P.
    pub category: char,
    pub preferred: bool,
    /// The type of arrays of it; 0: none.
    pub array: TypeId,
    /// Of an array: its element; 0: not an array.
    pub element: TypeId,
}

macro_rules! types {
    ($($konst:ident $oid:literal $name:literal $sql:literal $len:literal $cat:literal $pref:literal $array:literal $elem:literal;)*) => {
        impl TypeId {
            $(pub const $konst: TypeId = TypeId($oid);)*
        }
        /// All types that a value can have, and the pseudo-types that functions declare.
        pub static TYPES: &[TypeInfo] = &[
            $(TypeInfo { id: TypeId($oid), name: $name, sql_name: $sql, len: $len, category: $cat, preferred: $pref,
                array: TypeId($array), element: TypeId($elem) },)*
        ];
        /// The row of a type, without a search.
        fn find(id: TypeId) -> Option<&'static TypeInfo> {
            match id.0 {
                $($oid => {
                    static INFO: TypeInfo = TypeInfo { id: TypeId($oid), name: $name, sql_name: $sql, len: $len, category: $cat,
                        preferred: $pref, array: TypeId($array), element: TypeId($elem) };
                    Some(&INFO)
                })*
                _ => None,
            }
        }
    };
}

types! {
    BOOL 16 "bool" "boolean" 1 'B' true 1000 0;
    BYTEA 17 "bytea" "bytea" -1 'U' false 1001 0;
    CHAR 18 "char" "\"char\"" 1 'Z' false 1002 0;
    NAME 19 "name" "name" 64 'S' false 1003 0;
    INT8 20 "int8" "bigint" 8 'N' false 1016 0;
    INT2 21 "int2" "smallint" 2 'N' false 1005 0;
    INT2VECTOR 22 "int2vector" "int2vector" -1 'A' false 1006 21;
    INT4 23 "int4" "integer" 4 'N' false 1007 0;
    REGPROC 24 "regproc" "regproc" 4 'N' false 1008 0;
    TEXT 25 "text" "text" -1 'S' true 1009 0;
    OID 26 "oid" "oid" 4 'N' true 1028 0;
    OIDVECTOR 30 "oidvector" "oidvector" -1 'A' false 1013 26;
    FLOAT4 700 "float4" "real" 4 'N' false 1021 0;
    FLOAT8 701 "float8" "double precision" 8 'N' true 1022 0;
    UNKNOWN 705 "unknown" "unknown" -2 'X' false 0 0;
    BPCHAR 1042 "bpchar" "character" -1 'S' false 1014 0;
    VARCHAR 1043 "varchar" "character varying" -1 'S' false 1015 0;
    DATE 1082 "date" "date" 4 'D' false 1182 0;
    TIMESTAMP 1114 "timestamp" "timestamp without time zone" 8 'D' false 1115 0;
    TIMESTAMPTZ 1184 "timestamptz" "timestamp with time zone" 8 'D' true 1185 0;
    INTERVAL 1186 "interval" "interval" 16 'T' true 1187 0;
    NUMERIC 1700 "numeric" "numeric" -1 'N' false 1231 0;
    REGPROCEDURE 2202 "regprocedure" "regprocedure" 4 'N' false 2207 0;
    REGOPER 2203 "regoper" "regoper" 4 'N' false 2208 0;
    REGOPERATOR 2204 "regoperator" "regoperator" 4 'N' false 2209 0;
    REGCLASS 2205 "regclass" "regclass" 4 'N' false 2210 0;
    REGTYPE 2206 "regtype" "regtype" 4 'N' false 2211 0;
    UUID 2950 "uuid" "uuid" 16 'U' false 2951 0;
    REGROLE 4096 "regrole" "regrole" 4 'N' false 4097 0;
    REGNAMESPACE 4089 "regnamespace" "regnamespace" 4 'N' false 4090 0;
    BOOL_ARRAY 1000 "_bool" "boolean[]" -1 'A' false 0 16;
    BYTEA_ARRAY 1001 "_bytea" "bytea[]" -1 'A' false 0 17;
    CHAR_ARRAY 1002 "_char" "\"char\"[]" -1 'A' false 0 18;
    NAME_ARRAY 1003 "_name" "name[]" -1 'A' false 0 19;
    INT2_ARRAY 1005 "_int2" "smallint[]" -1 'A' false 0 21;
    INT4_ARRAY 1007 "_int4" "integer[]" -1 'A' false 0 23;
    TEXT_ARRAY 1009 "_text" "text[]" -1 'A' false 0 25;
    BPCHAR_ARRAY 1014 "_bpchar" "character[]" -1 'A' false 0 1042;
    VARCHAR_ARRAY 1015 "_varchar" "character varying[]" -1 'A' false 0 1043;
    INT8_ARRAY 1016 "_int8" "bigint[]" -1 'A' false 0 20;
    FLOAT4_ARRAY 1021 "_float4" "real[]" -1 'A' false 0 700;
    FLOAT8_ARRAY 1022 "_float8" "double precision[]" -1 'A' false 0 701;
    OID_ARRAY 1028 "_oid" "oid[]" -1 'A' false 0 26;
    TIMESTAMP_ARRAY 1115 "_timestamp" "timestamp without time zone[]" -1 'A' false 0 1114;
    DATE_ARRAY 1182 "_date" "date[]" -1 'A' false 0 1082;
    TIMESTAMPTZ_ARRAY 1185 "_timestamptz" "timestamp with time zone[]" -1 'A' false 0 1184;
    INTERVAL_ARRAY 1187 "_interval" "interval[]" -1 'A' false 0 1186;
    NUMERIC_ARRAY 1231 "_numeric" "numeric[]" -1 'A' false 0 1700;
    REGCLASS_ARRAY 2210 "_regclass" "regclass[]" -1 'A' false 0 2205;
    REGTYPE_ARRAY 2211 "_regtype" "regtype[]" -1 'A' false 0 2206;
    UUID_ARRAY 2951 "_uuid" "uuid[]" -1 'A' false 0 2950;
    RECORD 2249 "record" "record" -1 'P' false 0 0;
    CSTRING 2275 "cstring" "cstring" -2 'P' false 0 0;
    ANY 2276 "any" "\"any\"" 4 'P' false 0 0;
    ANYARRAY 2277 "anyarray" "anyarray" -1 'P' false 0 0;
    VOID 2278 "void" "void" 4 'P' false 0 0;
    ANYELEMENT 2283 "anyelement" "anyelement" 4 'P' false 0 0;
    ANYNONARRAY 2776 "anynonarray" "anynonarray" 4 'P' false 0 0;
    ANYCOMPATIBLE 5077 "anycompatible" "anycompatible" 4 'P' false 0 0;
    ANYCOMPATIBLEARRAY 5078 "anycompatiblearray" "anycompatiblearray" -1 'P' false 0 0;
}

impl TypeId {
    pub fn info(self) -> Option<&'static TypeInfo> {
        find(self)
    }
    /// The element type of an array type.
    pub fn element(self) -> Option<TypeId> {
        self.info().map(|i| i.element).filter(|e| e.0 != 0)
    }
    /// The type of arrays of this type.
    pub fn array(self) -> Option<TypeId> {
        self.info().map(|i| i.array).filter(|a| a.0 != 0 && a.info().is_some())
    }
    /// Whether it is one of the reg* types: an OID that prints as a name.
    pub fn is_reg(self) -> bool {
        matches!(
            self,
            TypeId::REGPROC
                | TypeId::REGPROCEDURE
                | TypeId::REGOPER
                | TypeId::REGOPERATOR
                | TypeId::REGCLASS
                | TypeId::REGTYPE
                | TypeId::REGROLE
                | TypeId::REGNAMESPACE
        )
    }
    pub const fn plain(self) -> SqlType {
        SqlType { id: self, typmod: -1 }
    }
}

impl SqlType {
    pub const fn new(id: TypeId, typmod: i32) -> SqlType {
        SqlType { id, typmod }
    }
}

impl From<TypeId> for SqlType {
    fn from(id: TypeId) -> SqlType {
        id.plain()
    }
}

/// As `format_type` prints it, with the modifier.
impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(info) = self.id.info() else { return write!(f, "???") };
        if let (Some(element), true) =
            (self.id.element(), self.id != TypeId::INT2VECTOR && self.id != TypeId::OIDVECTOR)
        {
            return write!(f, "{}[]", SqlType::new(element, self.typmod));
        }
        match self.id {
            TypeId::VARCHAR | TypeId::BPCHAR if self.typmod >= 4 => {
                write!(f, "{}({})", info.sql_name, self.typmod - 4)
            }
            TypeId::BPCHAR => write!(f, "bpchar"),
            TypeId::NUMERIC if self.typmod >= 4 => {
                let m = self.typmod - 4;
                write!(f, "numeric({},{})", (m >> 16) & 0xFFFF, ((m & 0x7FF) ^ 1024) - 1024)
            }
            TypeId::TIMESTAMP if self.typmod >= 0 => {
                write!(f, "timestamp({}) without time zone", self.typmod)
            }
            TypeId::TIMESTAMPTZ if self.typmod >= 0 => write!(f, "timestamp({}) with time zone", self.typmod),
            TypeId::INTERVAL if self.typmod >= 0 && self.typmod & 0xFFFF != 0xFFFF => {
                write!(f, "interval({})", self.typmod & 0xFFFF)
            }
            _ => write!(f, "{}", info.sql_name),
        }
    }
}
impl fmt::Debug for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl fmt::Display for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.info() {
            Some(info) => write!(f, "{}", info.sql_name),
            None => write!(f, "???"),
        }
    }
}
impl fmt::Debug for TypeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
