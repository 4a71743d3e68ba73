//! String functions that print values of any type: `concat`, `format`, `quote_*`, `array_to_string`.

use super::args::{get, pure};
use super::output::{cast_to_text, output};
use super::text::{TEXT_BYTES_MAX, too_large};
use super::{f, fs, n, ns, variadic};
use crate::function::Function;
use crate::{Array, Datum, DatumError, EvalContext, TypeId as T};

/// Words that an identifier must not be without quotes (`pg_get_keywords`, all but the unreserved), sorted.
static QUOTED_KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// An identifier, quoted if it has to be.
pub fn quote_ident(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && QUOTED_KEYWORDS.binary_search(&name).is_err();
    if plain { name.to_string() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A literal in quotes, in the `E''` form if there is a backslash in it.
pub fn quote_literal(text: &str) -> String {
    let escape = if text.contains('\\') { "E" } else { "" };
    format!("{escape}'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

fn concat(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    joined(args.iter().filter(|a| !a.is_null()).map(|a| output(ctx, a)), "")
}
fn concat_ws(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(separator) = get::<Option<&str>>(args, 0)? else { return Ok(Datum::Null) };
    joined(args[1..].iter().filter(|a| !a.is_null()).map(|a| output(ctx, a)), separator)
}
fn joined(pieces: impl Iterator<Item = String>, separator: &str) -> Result<Datum, DatumError> {
    let mut out = String::new();
    for (i, piece) in pieces.enumerate() {
        if i > 0 {
            out.push_str(separator);
        }
        out.push_str(&piece);
        if out.len() > TEXT_BYTES_MAX {
            return Err(too_large());
        }
    }
    Ok(Datum::text(out))
}

fn array_to_string(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let (Some(array), Some(delimiter)) = (get::<Option<&Array>>(args, 0)?, get::<Option<&str>>(args, 1)?)
    else {
        return Ok(Datum::Null);
    };
    let null: Option<&str> = if args.len() > 2 { get(args, 2)? } else { None };
    let pieces = array.values.iter().filter_map(|v| match v {
        Datum::Null => null.map(str::to_string),
        value => Some(output(ctx, value)),
    });
    joined(pieces, delimiter)
}

/// One conversion of `format`: `%[position$][-][width]type`.
#[derive(Default)]
struct Conversion {
    position: Option<usize>,
    left: bool,
    /// A number, or which argument has it.
    width: Option<Width>,
    kind: char,
}
enum Width {
    Number(i32),
    Next,
    Argument(usize),
}

fn bad(text: impl Into<String>) -> DatumError {
    DatumError::InvalidParameterValue(text.into())
}
fn unterminated() -> DatumError {
    bad("unterminated format() type specifier")
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn number(chars: &mut Chars<'_>) -> Result<Option<i32>, DatumError> {
    let mut value: Option<i32> = None;
    while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
        let next = value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit as i32));
        value =
            Some(next.ok_or_else(|| DatumError::NumericValueOutOfRange("number is out of range".into()))?);
        chars.next();
    }
    Ok(value)
}
fn position(n: i32) -> Result<usize, DatumError> {
    match n {
        0 => Err(bad("format specifies argument 0, but arguments are numbered from 1")),
        n => Ok(n as usize),
    }
}
fn conversion(chars: &mut Chars<'_>) -> Result<Conversion, DatumError> {
    let mut c = Conversion::default();
    if let Some(n) = number(chars)? {
        if chars.peek() == Some(&'$') {
            chars.next();
            c.position = Some(position(n)?);
        } else {
            c.width = Some(Width::Number(n));
        }
    }
    if c.width.is_none() {
        while chars.peek() == Some(&'-') {
            chars.next();
            c.left = true;
        }
        if chars.peek() == Some(&'*') {
            chars.next();
            c.width = Some(match number(chars)? {
                None => Width::Next,
                Some(n) => {
                    let n = position(n)?;
                    match chars.next() {
                        Some('$') => Width::Argument(n),
                        None => return Err(unterminated()),
                        _ => return Err(bad("width argument position must be ended by \"$\"")),
                    }
                }
            });
        } else if let Some(n) = number(chars)? {
            c.width = Some(Width::Number(n));
        }
    }
    c.kind = chars.next().ok_or_else(unterminated)?;
    Ok(c)
}

fn format(ctx: &EvalContext, args: &[Datum]) -> Result<Datum, DatumError> {
    let Some(template) = get::<Option<&str>>(args, 0)? else { return Ok(Datum::Null) };
    let mut out = String::new();
    let mut next = 1;
    let mut chars = template.chars().peekable();
    let argument = |i: usize| args.get(i).ok_or_else(|| bad("too few arguments for format()"));
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            out.push('%');
            continue;
        }
        let conversion = conversion(&mut chars)?;
        if !matches!(conversion.kind, 's' | 'I' | 'L') {
            return Err(bad(format!("unrecognized format() type specifier \"{}\"", conversion.kind)));
        }
        let mut take_next = || {
            next += 1;
            argument(next - 1)
        };
        let width = match conversion.width {
            None => 0,
            Some(Width::Number(n)) => n,
            Some(Width::Next) => width_of(take_next()?)?,
            Some(Width::Argument(n)) => {
                next = n + 1;
                width_of(argument(n)?)?
            }
        };
        let value = match conversion.position {
            Some(n) => {
                next = n + 1;
                argument(n)?
            }
            None => {
                next += 1;
                argument(next - 1)?
            }
        };
        let text = match (conversion.kind, value) {
            ('s', Datum::Null) => String::new(),
            ('L', Datum::Null) => "NULL".to_string(),
            (_, Datum::Null) => {
                return Err(DatumError::NullValueNotAllowed(
                    "null values cannot be formatted as an SQL identifier".into(),
                ));
            }
            ('s', value) => output(ctx, value),
            ('I', value) => quote_ident(&output(ctx, value)),
            (_, value) => quote_literal(&output(ctx, value)),
        };
        let left = conversion.left || width < 0;
        let fill = (width.unsigned_abs() as usize).saturating_sub(text.chars().count());
        if out.len().saturating_add(text.len()).saturating_add(fill) > TEXT_BYTES_MAX {
            return Err(too_large());
        }
        let fill = " ".repeat(fill);
        out.push_str(&if left { text + &fill } else { fill + &text });
    }
    Ok(Datum::text(out))
}
fn width_of(value: &Datum) -> Result<i32, DatumError> {
    match value {
        Datum::Null => Ok(0),
        value => value
            .as_i64()
            .and_then(|v| i32::try_from(v).ok())
            .ok_or_else(|| DatumError::NumericValueOutOfRange("number is out of range".into())),
    }
}

fn nulls(args: &[Datum]) -> i32 {
    args.iter().filter(|a| a.is_null()).count() as i32
}

pub static FUNCTIONS: &[Function] = &[
    variadic(ns(3058, "concat", &[T::ANY], T::TEXT, concat)),
    variadic(ns(3059, "concat_ws", &[T::TEXT, T::ANY], T::TEXT, concat_ws)),
    variadic(ns(3539, "format", &[T::TEXT, T::ANY], T::TEXT, format)),
    ns(3540, "format", &[T::TEXT], T::TEXT, format),
    f(1282, "quote_ident", &[T::TEXT], T::TEXT, pure!(|s: &str| quote_ident(s))),
    f(1283, "quote_literal", &[T::TEXT], T::TEXT, pure!(|s: &str| quote_literal(s))),
    fs(
        1285,
        "quote_literal",
        &[T::ANYELEMENT],
        T::TEXT,
        pure!(ctx, |v: &Datum| quote_literal(&cast_to_text(ctx, v))),
    ),
    n(
        1289,
        "quote_nullable",
        &[T::TEXT],
        T::TEXT,
        pure!(|s: Option<&str>| s.map_or("NULL".to_string(), quote_literal)),
    ),
    ns(
        1290,
        "quote_nullable",
        &[T::ANYELEMENT],
        T::TEXT,
        pure!(ctx, |v: &Datum| if v.is_null() {
            "NULL".to_string()
        } else {
            quote_literal(&cast_to_text(ctx, v))
        }),
    ),
    fs(395, "array_to_string", &[T::ANYARRAY, T::TEXT], T::TEXT, array_to_string),
    ns(384, "array_to_string", &[T::ANYARRAY, T::TEXT, T::TEXT], T::TEXT, array_to_string),
    variadic(n(438, "num_nulls", &[T::ANY], T::INT4, |_, args| Ok(Datum::Int4(nulls(args))))),
    variadic(n(440, "num_nonnulls", &[T::ANY], T::INT4, |_, args| {
        Ok(Datum::Int4(args.len() as i32 - nulls(args)))
    })),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(args: &[Datum]) -> Result<String, DatumError> {
        format(&EvalContext::default(), args).map(|d| d.as_str().expect("text").to_string())
    }

    #[test]
    fn keywords_are_sorted_for_the_search() {
        assert!(QUOTED_KEYWORDS.is_sorted());
        assert_eq!(quote_ident("select"), "\"select\"");
        assert_eq!(quote_ident("a1_b"), "a1_b");
        assert_eq!(quote_ident("A\"b"), "\"A\"\"b\"");
    }

    #[test]
    fn format_takes_positions_and_widths() {
        let t = Datum::text;
        assert_eq!(formatted(&[t("%s-%2$s-%s %%"), t("a"), t("b"), t("c")]).as_deref(), Ok("a-b-c %"));
        assert_eq!(formatted(&[t("|%10s|%-5s|"), t("a"), t("b")]).as_deref(), Ok("|         a|b    |"));
        assert_eq!(formatted(&[t("|%*s|"), Datum::Int4(-3), t("x")]).as_deref(), Ok("|x  |"));
        assert_eq!(
            formatted(&[t("%I %L %L"), t("Foo"), t("a'b"), Datum::Null]).as_deref(),
            Ok("\"Foo\" 'a''b' NULL")
        );
        assert!(formatted(&[t("%s")]).is_err());
        assert!(formatted(&[t("%d"), t("a")]).is_err());
        assert!(formatted(&[t("%")]).is_err());
    }
}
