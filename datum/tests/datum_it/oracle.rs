//! Runs the oracle's files. Each says how many of its lines agree; a line that does not agree fails the test, unless it is
//! in `KNOWN` with the reason.

use datum::context::{DateOrder, DateStyle, IntervalStyle};
use datum::datetime::{self, Zone};
use datum::{
    Datum, DatumError, EvalContext, Interval, Numeric, SqlType, TypeId, binary_format, cast, text_format,
};

/// Lines that differ on purpose: what they start with, and why.
const KNOWN: &[(&str, &str)] = &[];

fn sqlstate(e: &DatumError) -> &'static str {
    match e {
        DatumError::InvalidTextRepresentation { .. } | DatumError::MalformedText(_) => "22P02",
        DatumError::NumericValueOutOfRange(_) | DatumError::NumericFieldOverflow { .. } => "22003",
        DatumError::DivisionByZero => "22012",
        DatumError::StringDataRightTruncation(_) => "22001",
        DatumError::InvalidDatetimeFormat(_) => "22007",
        DatumError::DatetimeFieldOverflow(_) => "22008",
        DatumError::IntervalFieldOverflow(_) => "22015",
        DatumError::InvalidTimeZoneDisplacement(_) => "22009",
        DatumError::InvalidParameterValue(_) => "22023",
        DatumError::InvalidArgumentForLogarithm(_) => "2201E",
        DatumError::InvalidArgumentForPowerFunction(_) => "2201F",
        DatumError::ArraySubscriptError(_) => "2202E",
        DatumError::CannotCoerce { .. } => "42846",
        DatumError::UndefinedTable(_) => "42P01",
        DatumError::FeatureNotSupported(_) => "0A000",
        _ => "?????",
    }
}
fn shown(r: Result<String, DatumError>) -> String {
    r.unwrap_or_else(|e| format!("!{} {e}", sqlstate(&e)))
}

/// Types as the cases spell them.
fn parse_type(text: &str) -> SqlType {
    if let Some(element) = text.strip_suffix("[]") {
        let element = parse_type(element);
        return SqlType::new(element.id.array().unwrap(), element.typmod);
    }
    let (name, modifier) = match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')').unwrap())),
        None => (text, None),
    };
    if let Some(fields) = name.strip_prefix("interval") {
        const FIELDS: [(&str, u32); 6] =
            [("year", 2), ("month", 1), ("day", 3), ("hour", 10), ("minute", 11), ("second", 12)];
        let order = [2, 1, 3, 10, 11, 12];
        let bits: Vec<u32> = fields
            .split_whitespace()
            .filter(|w| *w != "to")
            .map(|w| FIELDS.iter().find(|f| f.0 == w).unwrap().1)
            .collect();
        let range = match bits[..] {
            [] => 0x7FFF,
            [one] => 1 << one,
            [from, to] => order
                .iter()
                .skip_while(|b| **b != from)
                .scan(false, |done, b| {
                    let give = !*done;
                    *done |= *b == to;
                    give.then_some(1 << b)
                })
                .sum(),
            _ => panic!("{text}"),
        };
        if bits.is_empty() && modifier.is_none() {
            return TypeId::INTERVAL.plain();
        }
        let precision = modifier.map_or(0xFFFF, |m| m.parse().unwrap());
        return SqlType::new(TypeId::INTERVAL, range << 16 | precision);
    }
    let info = datum::types::TYPES.iter().find(|t| t.name == name.trim_matches('"')).unwrap();
    let typmod = match (info.id, modifier) {
        (_, None) => -1,
        (TypeId::NUMERIC, Some(m)) => {
            let (p, s) = m.split_once(',').unwrap_or((m, "0"));
            datum::numeric::typmod(p.parse().unwrap(), s.parse().unwrap())
        }
        (TypeId::TIMESTAMP | TypeId::TIMESTAMPTZ, Some(m)) => m.parse().unwrap(),
        // `char(n)` is how the cases spell bpchar(n).
        (TypeId::CHAR, Some(m)) => return SqlType::new(TypeId::BPCHAR, m.parse::<i32>().unwrap() + 4),
        (_, Some(m)) => m.parse::<i32>().unwrap() + 4,
    };
    SqlType::new(info.id, typmod)
}

fn apply_setting(ctx: &mut EvalContext, setting: &str) {
    let (name, value) = setting.split_once('=').unwrap();
    let value = value.trim_matches('\'');
    match name {
        "datestyle" => {
            let (style, order) = value.split_once(", ").unwrap();
            ctx.date_style = match style {
                "ISO" => DateStyle::Iso,
                "SQL" => DateStyle::Sql,
                "Postgres" => DateStyle::Postgres,
                _ => DateStyle::German,
            };
            ctx.date_order = match order {
                "MDY" => DateOrder::Mdy,
                "DMY" => DateOrder::Dmy,
                _ => DateOrder::Ymd,
            };
        }
        "timezone" => ctx.time_zone = value.into(),
        "intervalstyle" => {
            ctx.interval_style = match value {
                "postgres" => IntervalStyle::Postgres,
                "postgres_verbose" => IntervalStyle::PostgresVerbose,
                "sql_standard" => IntervalStyle::SqlStandard,
                _ => IntervalStyle::Iso8601,
            };
        }
        "extra_float_digits" => ctx.extra_float_digits = value.parse().unwrap(),
        "bytea_output" => ctx.bytea_escape = value == "escape",
        _ => panic!("{setting}"),
    }
}

/// Runs `answer` over the lines of a file; it gets the line's fields and says what the last ones should be.
fn run(text: &str, answers: usize, answer: impl Fn(&EvalContext, &[&str]) -> Vec<String>) {
    let mut ctx = EvalContext::default();
    let (mut agreed, mut wrong) = (0, Vec::new());
    for line in text.lines() {
        if line.starts_with('#') {
            continue;
        }
        if let Some(setting) = line.strip_prefix("@ ") {
            apply_setting(&mut ctx, setting);
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        let asked = fields.len().min(answers);
        let want = fields[asked..].join("\t");
        let got = answer(&ctx, &fields[..asked]).join("\t");
        if got == want || KNOWN.iter().any(|(start, _)| line.starts_with(start)) {
            agreed += 1;
        } else {
            wrong.push(format!("{}\n  PostgreSQL {want}\n  we         {got}", fields[..asked].join(" | ")));
        }
    }
    let shown: Vec<&String> =
        wrong.iter().take(std::env::var("SHOW").map_or(40, |v| v.parse().unwrap())).collect();
    for w in shown {
        println!("{w}");
    }
    assert!(agreed > 0 && wrong.is_empty(), "{agreed} lines agree, {} do not", wrong.len());
}

#[test]
fn text_and_binary_forms_agree_with_postgresql() {
    run(include_str!("../oracle/io.txt"), 2, |ctx, fields| {
        let ty = parse_type(fields[0]);
        match text_format::input(ty, fields[1], ctx) {
            Err(e) => vec![shown(Err(e))],
            Ok(value) => {
                // PostgreSQL was asked by a written cast, which cuts strings.
                let mut bytes = Vec::new();
                binary_format::output_into(&mut bytes, &value, ty.id);
                let back = binary_format::input(ty.id.plain(), &bytes).unwrap();
                assert_eq!(format!("{back:?}"), format!("{value:?}"), "{fields:?}");
                vec![text_format::output(&value, ty.id, ctx), hex::encode(&bytes)]
            }
        }
    });
}

#[test]
fn casts_agree_with_postgresql() {
    run(include_str!("../oracle/cast.txt"), 3, |ctx, fields| {
        let (from, to) = (parse_type(fields[0]), parse_type(fields[1]));
        let value = match text_format::input(from, fields[2], ctx) {
            Ok(value) => value,
            Err(e) => return vec![shown(Err(e.clone())), shown(Err(e))],
        };
        let print = |v: Datum| text_format::output(&v, to.id, ctx);
        let written = shown(cast::cast(ctx, &value, from.id, to, true).map(print));
        let found = cast::find_cast(from.id, to.id);
        let assigned = match found {
            Some(c) if c.context <= datum::CastContext::Assignment => {
                shown(cast::cast(ctx, &value, from.id, to, false).map(print))
            }
            _ => {
                let name = |t: SqlType| t.id.to_string();
                format!(
                    "!42804 column \"c\" is of type {} but expression is of type {}",
                    name(to),
                    name(from)
                )
            }
        };
        vec![written, assigned]
    });
}

#[test]
fn numeric_arithmetic_agrees_with_postgresql() {
    run(include_str!("../oracle/numeric.txt"), 3, |_, fields| {
        let a: Numeric = fields[1].parse().unwrap();
        let b = fields[2].parse::<Numeric>().unwrap_or(Numeric::NaN);
        let n = |v: Numeric| Ok(v.to_string());
        let small = |v: &Numeric, bound: i32| v.abs() < Numeric::from(bound);
        let special = |v: u16| if a.is_finite() { v.to_string() } else { "NULL".to_string() };
        vec![shown(match fields[0] {
            "add" => a.add(&b).and_then(n),
            "sub" => a.sub(&b).and_then(n),
            "mul" => a.mul(&b).and_then(n),
            "div" => a.div(&b).and_then(n),
            "mod" => a.rem(&b).and_then(n),
            "idiv" => a.div_trunc(&b).and_then(n),
            "compare" => Ok((a.cmp(&b) as i32).to_string()),
            "power" if small(&a, 1000) && small(&b, 1000) => a.power(&b).and_then(n),
            "power" => Ok("NULL".to_string()),
            "log" => b.log(&a).and_then(n),
            "gcd" => n(a.gcd(&b)),
            "lcm" => a.lcm(&b).and_then(n),
            "sqrt" => a.sqrt().and_then(n),
            "exp" if small(&a, 2000) || !a.is_finite() => a.exp().and_then(n),
            "exp" => Ok("NULL".to_string()),
            "ln" => a.ln().and_then(n),
            "log10" => a.log10().and_then(n),
            "ceil" => n(a.ceil()),
            "floor" => n(a.floor()),
            "abs" => n(a.abs()),
            "neg" => n(a.neg()),
            "sign" => n(a.sign()),
            "scale" => Ok(special(a.scale())),
            "min_scale" => Ok(special(a.min_scale())),
            "trim_scale" => n(a.trim_scale()),
            "round0" => n(a.round(0)),
            "round2" => n(a.round(2)),
            "round_2" => n(a.round(-2)),
            "round5" => n(a.round(5)),
            "trunc0" => n(a.trunc(0)),
            "trunc1" => n(a.trunc(1)),
            "trunc_1" => n(a.trunc(-1)),
            "float8" => a
                .to_f64()
                .map(|v| text_format::output(&Datum::Float8(v), TypeId::FLOAT8, &EvalContext::default())),
            other => panic!("{other}"),
        })]
    });
}

#[test]
fn dates_and_intervals_agree_with_postgresql() {
    run(include_str!("../oracle/datetime.txt"), 1, |ctx, fields| vec![shown(datetime_call(ctx, fields[0]))]);
}

fn datetime_call(ctx: &EvalContext, call: &str) -> Result<String, DatumError> {
    let parts: Vec<&str> = call.split('|').collect();
    let arg = |i: usize| parts[i];
    let int = |i: usize| parts[i].parse::<i32>().unwrap();
    let float = |i: usize| parts[i].parse::<f64>().unwrap();
    let ts = |i: usize| datetime::parse_timestamp(parts[i], ctx);
    let tz = |i: usize| datetime::parse_timestamptz(parts[i], ctx);
    let date = |i: usize| datetime::parse_date(parts[i], ctx);
    let interval = |i: usize| datetime::parse_interval(parts[i], -1, ctx);
    let zone = Zone::of_session(ctx);
    let out = |d: Datum| match d {
        Datum::Null => "NULL".to_string(),
        d => text_format::output(&d, d.natural_type(), ctx),
    };
    let timestamp = |v: i64| out(Datum::Timestamp(v));
    let timestamptz = |v: i64| out(Datum::Timestamptz(v));
    let span = |v: Interval| out(Datum::Interval(v));
    match parts[0] {
        "timestamp_add" => datetime::timestamp_add(ts(1)?, &interval(2)?).map(timestamp),
        "timestamptz_add" => datetime::timestamptz_add(tz(1)?, &interval(2)?, &zone).map(timestamptz),
        "timestamp_sub" => datetime::timestamp_sub(ts(1)?, ts(2)?).map(span),
        "age" => datetime::age(ts(1)?, ts(2)?).map(span),
        "age_tz" => datetime::age_tz(tz(1)?, tz(2)?, &zone).map(span),
        "extract_timestamp" => datetime::extract(arg(1), &Datum::Timestamp(ts(2)?), &zone).map(out),
        "extract_timestamptz" => datetime::extract(arg(1), &Datum::Timestamptz(tz(2)?), &zone).map(out),
        "extract_date" => datetime::extract(arg(1), &Datum::Date(date(2)?), &zone).map(out),
        "extract_interval" => datetime::extract(arg(1), &Datum::Interval(interval(2)?), &zone).map(out),
        "date_part_interval" => datetime::date_part(arg(1), &Datum::Interval(interval(2)?), &zone).map(out),
        "date_part_timestamp" => datetime::date_part(arg(1), &Datum::Timestamp(ts(2)?), &zone).map(out),
        "trunc_timestamp" => datetime::trunc_timestamp(arg(1), ts(2)?).map(timestamp),
        "trunc_timestamptz" => datetime::trunc_timestamptz(arg(1), tz(2)?, &zone).map(timestamptz),
        "trunc_interval" => datetime::trunc_interval(arg(1), &interval(2)?).map(span),
        "justify_hours" => interval(1)?.justify_hours().map(span),
        "justify_days" => interval(1)?.justify_days().map(span),
        "justify_interval" => interval(1)?.justify_interval().map(span),
        "interval_mul" => interval(1)?.mul(float(2)).map(span),
        "interval_div" => interval(1)?.div(float(2)).map(span),
        "interval_add" => interval(1)?.checked_add(&interval(2)?).map(span),
        "interval_sub" => interval(1)?.checked_sub(&interval(2)?).map(span),
        "interval_neg" => interval(1)?.checked_neg().map(span),
        "date_bin" => datetime::date_bin(&interval(1)?, ts(2)?, ts(3)?).map(timestamp),
        "make_date" => datetime::make_date(int(1), int(2), int(3)).map(|d| out(Datum::Date(d))),
        "make_timestamp" => {
            datetime::make_timestamp(int(1), int(2), int(3), int(4), int(5), float(6)).map(timestamp)
        }
        "make_interval" => {
            datetime::make_interval(int(1), int(2), int(3), int(4), int(5), int(6), float(7)).map(span)
        }
        "date_add" => datetime::date_add_days(date(1)?, int(2)).map(|d| out(Datum::Date(d))),
        "date_sub" => datetime::date_sub(date(1)?, date(2)?).map(|d| out(Datum::Int4(d))),
        "at_zone" => {
            // An infinity stays one in any zone, even one that is none.
            let zone = if datetime::is_infinite(ts(1)?) { Zone::utc() } else { Zone::by_text(arg(2))? };
            datetime::timestamp_to_timestamptz(ts(1)?, &zone).map(timestamptz)
        }
        "at_zone_tz" => {
            let instant = datetime::parse_timestamptz(&format!("{}+00", arg(1)), ctx)?;
            datetime::timestamptz_to_timestamp(instant, &Zone::by_text(arg(2))?).map(timestamp)
        }
        "at_zone_interval" => {
            let zone = datetime::zone_of_interval(&interval(2)?)?;
            datetime::timestamp_to_timestamptz(ts(1)?, &zone).map(timestamptz)
        }
        other => panic!("{other}"),
    }
}
