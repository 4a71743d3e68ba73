//! Functions of all kinds in one list: scalar, aggregate, window, set-returning, and those that only types name.

use datum::function::Volatility;
use datum::{TypeId as T, aggregates, functions, table_functions, window};
use std::collections::HashMap;
use std::sync::OnceLock;

/// One row of `pg_proc`.
pub struct Routine {
    pub oid: u32,
    pub name: &'static str,
    pub args: Vec<T>,
    pub result: T,
    /// `f` function, `a` aggregate, `w` window function.
    pub kind: u8,
    pub set: bool,
    pub strict: bool,
    pub volatility: Volatility,
    pub variadic: bool,
    pub optional: u8,
}

static TYPE_ROUTINES: &str = include_str!("procs.txt");

fn type_routine(line: &'static str) -> Option<Routine> {
    let mut words = line.split_ascii_whitespace();
    let (oid, name) = (words.next()?.parse().ok()?, words.next()?);
    let result = T(words.next()?.parse().ok()?);
    let args = words.map(|w| w.parse().map(T)).collect::<Result<Vec<T>, _>>().ok()?;
    Some(Routine { oid, name, args, result, ..Routine::scalar() })
}

impl Routine {
    fn scalar() -> Routine {
        Routine {
            oid: 0,
            name: "",
            args: Vec::new(),
            result: T::VOID,
            kind: b'f',
            set: false,
            strict: true,
            volatility: Volatility::Immutable,
            variadic: false,
            optional: 0,
        }
    }
    /// `integer, text`, as `regprocedure` and the functions over `pg_proc` print arguments.
    pub fn arguments(&self, separator: &str) -> String {
        let last = self.args.len().saturating_sub(1);
        let args = self.args.iter().enumerate().map(|(i, t)| match i == last && self.variadic {
            true => format!("VARIADIC {t}"),
            false => t.to_string(),
        });
        args.collect::<Vec<_>>().join(separator)
    }
}

/// All routines; each OID once.
pub fn all() -> &'static [Routine] {
    static ALL: OnceLock<Vec<Routine>> = OnceLock::new();
    ALL.get_or_init(|| {
        let scalar = functions::all().map(|f| Routine {
            oid: f.oid,
            name: f.name,
            args: f.args.to_vec(),
            result: f.result,
            strict: f.strict,
            volatility: f.volatility,
            variadic: f.variadic,
            optional: f.optional,
            ..Routine::scalar()
        });
        let aggregate = aggregates::all().map(|a| Routine {
            oid: a.oid,
            name: a.name,
            args: a.args.to_vec(),
            result: a.result,
            kind: b'a',
            strict: false,
            ..Routine::scalar()
        });
        let window = window::FUNCTIONS.iter().map(|w| Routine {
            oid: w.oid,
            name: w.name,
            args: w.args.to_vec(),
            result: w.result,
            kind: b'w',
            ..Routine::scalar()
        });
        let set = table_functions::FUNCTIONS.iter().map(|t| Routine {
            oid: t.oid,
            name: t.name,
            args: t.args.to_vec(),
            result: t.result,
            set: true,
            strict: t.strict,
            volatility: t.volatility,
            optional: t.optional,
            ..Routine::scalar()
        });
        let mut all: Vec<Routine> = scalar.chain(aggregate).chain(window).chain(set).collect();
        for routine in TYPE_ROUTINES.lines().filter_map(type_routine) {
            if !all.iter().any(|r| r.oid == routine.oid) {
                all.push(routine);
            }
        }
        all
    })
}
pub fn by_oid(oid: u32) -> Option<&'static Routine> {
    static OIDS: OnceLock<HashMap<u32, &'static Routine>> = OnceLock::new();
    OIDS.get_or_init(|| all().iter().map(|r| (r.oid, r)).collect()).get(&oid).copied()
}
pub fn by_name(name: &str) -> impl Iterator<Item = &'static Routine> + use<'_> {
    all().iter().filter(move |r| r.name == name)
}
