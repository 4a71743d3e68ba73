//! Errors with PostgreSQL's text and position.

use crate::catalog_view::Small;
use planner::{bind, parse};

fn error(sql: &str) -> (String, Option<usize>) {
    let view = Small::new();
    let e =
        parse(sql).and_then(|s| bind(&s[0], &view, &[])).err().unwrap_or_else(|| panic!("planned: {sql}"));
    (e.to_string(), e.0.position)
}

#[test]
fn errors_say_what_and_where() {
    for (sql, text, at) in [
        ("select x from t", "column \"x\" does not exist", Some(8)),
        ("select t.x from t", "column t.x does not exist", Some(8)),
        ("select z.x from t", "missing FROM-clause entry for table \"z\"", Some(8)),
        ("select 1 from nope", "relation \"nope\" does not exist", Some(15)),
        ("select a from t, u", "column reference \"a\" is ambiguous", Some(8)),
        ("select * from t, t", "table name \"t\" specified more than once", Some(18)),
        ("select a + 'x'::text from t", "operator does not exist: integer + text", Some(10)),
        ("select nofun(1)", "function nofun(integer) does not exist", Some(8)),
        (
            "select a, b from u join t using (a) group by u.id",
            "column \"t.b\" must appear in the GROUP BY clause or be used in an aggregate function",
            Some(11),
        ),
        ("select a from t where count(*) > 1", "aggregate functions are not allowed in WHERE", Some(23)),
        ("select a from t where b", "argument of WHERE must be type boolean, not type text", Some(23)),
        (
            "insert into t (a) values ('x'::bytea)",
            "column \"a\" is of type integer but expression is of type bytea",
            Some(27),
        ),
        ("insert into t (a) values (1, 2)", "INSERT has more expressions than target columns", Some(30)),
        ("select a from t order by 2", "ORDER BY position 2 is not in select list", Some(26)),
        ("select 1 union select 'x'::bytea", "UNION types integer and bytea cannot be matched", Some(23)),
        (
            "select case when true then 1 else 'x'::bytea end",
            "CASE types bytea and integer cannot be matched",
            Some(28),
        ),
        ("select 'x'::nope", "type \"nope\" does not exist", Some(13)),
        ("select 'abc'::int", "invalid input syntax for type integer: \"abc\"", Some(8)),
        (
            "with recursive w as (select 1 union all select * from w) select * from w",
            "WITH RECURSIVE is not supported",
            Some(1),
        ),
        ("select (select 1, 2)", "subquery must return only one column", Some(8)),
    ] {
        let (got, position) = error(sql);
        assert_eq!((got.as_str(), position), (text, at), "{sql}");
    }
}
