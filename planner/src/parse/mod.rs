//! SQL text to statements, by PostgreSQL's grammar. Hand-written: PostgreSQL's precedence, its error positions and the SQL
//! that psql and pg_dump send (`OPERATOR(pg_catalog.~)`, COPY options) decide what is accepted.

pub mod ast;
pub mod ddl;
mod dml;
mod expr;
mod lexer;
mod parser;
mod query;
mod schema;
mod session;
pub mod types;
pub mod words;

pub use ast::Statement;
use ast::StatementKind;
use lexer::Tok;
use parser::Parser;

use crate::error::{PlanError, Result};

/// Splits a text at its semicolons and parses each statement. Empty ones are left out; an empty text gives none.
///
/// # Errors
/// The first error; nothing is returned then, as PostgreSQL runs nothing of a text that does not parse.
pub fn parse(text: &str) -> Result<Vec<Statement>> {
    let tokens = lexer::tokenize(text)?;
    let mut p = Parser { text, tokens, pos: 0, depth: 0, parameters: 0 };
    let mut out = Vec::new();
    loop {
        while p.eat_punct(';') {}
        if *p.peek() == Tok::End {
            return Ok(out);
        }
        p.parameters = 0;
        let start = p.start();
        let offset = p.at() - 1;
        let kind = p.statement_kind()?;
        if !matches!(p.peek(), Tok::End | Tok::Punct(';')) {
            return p.unexpected();
        }
        out.push(Statement { text: p.text_since(start).into(), offset, kind, parameters: p.parameters });
    }
}

/// Parses a lone expression (a column's default, a CHECK constraint).
///
/// # Errors
/// As `parse`.
pub fn parse_expr(text: &str) -> Result<ast::Expr> {
    let tokens = lexer::tokenize(text)?;
    let mut p = Parser { text, tokens, pos: 0, depth: 0, parameters: 0 };
    let expr = p.expr()?;
    if *p.peek() != Tok::End {
        return p.unexpected();
    }
    Ok(expr)
}

/// Parses the name of a type as SQL spells it (`character varying(10)`).
///
/// # Errors
/// As `parse`; `UndefinedObject` for a type that does not exist.
pub fn parse_type(text: &str) -> Result<datum::SqlType> {
    let tokens = lexer::tokenize(text)?;
    let mut p = Parser { text, tokens, pos: 0, depth: 0, parameters: 0 };
    let ty = p.type_name()?;
    if *p.peek() != Tok::End {
        return p.unexpected();
    }
    types::resolve_type(&ty)
}

impl Parser<'_> {
    fn statement_kind(&mut self) -> Result<StatementKind> {
        let at = self.at();
        if self.is("explain") {
            return self.explain();
        }
        if self.is_any(&["select", "values", "table", "with", "insert", "update", "delete"])
            || self.is_punct('(')
        {
            let with = self.with_clause()?;
            if self.is("insert") {
                return Ok(StatementKind::Insert(Box::new(self.insert(with, at)?)));
            }
            if self.is("update") {
                return Ok(StatementKind::Update(Box::new(self.update(with, at)?)));
            }
            if self.is("delete") {
                return Ok(StatementKind::Delete(Box::new(self.delete(with, at)?)));
            }
            return Ok(StatementKind::Query(Box::new(self.query_after_with(with, at)?)));
        }
        if self.is("copy") {
            return Ok(StatementKind::Copy(Box::new(self.copy()?)));
        }
        if let Some(ddl) = self.schema_statement()? {
            return Ok(StatementKind::Ddl(Box::new(ddl)));
        }
        if let Some(session) = self.session()? {
            return Ok(StatementKind::Session(Box::new(session)));
        }
        const REFUSED: &[&str] =
            &["call", "do", "merge", "import", "refresh", "security", "reassign", "load"];
        if let Some(word) = self.word().filter(|w| REFUSED.contains(w)) {
            return Err(PlanError::not_supported(word.to_uppercase()).at(at));
        }
        self.unexpected()
    }
    fn explain(&mut self) -> Result<StatementKind> {
        self.expect("explain")?;
        let (mut analyze, mut verbose, mut costs, mut distsql) = (false, false, true, false);
        if self.is_punct('(') && !self.is_query_ahead() {
            self.pos += 1;
            loop {
                let at = self.at();
                let option = self.label()?;
                let mut value = None;
                match self.peek().clone() {
                    Tok::Ident { name, .. } => value = Some(name),
                    Tok::String(s) => value = Some(s.to_ascii_lowercase()),
                    Tok::Number(n) => value = Some(n),
                    _ => {}
                }
                if value.is_some() {
                    self.pos += 1;
                }
                let on = !matches!(value.as_deref(), Some("off" | "false" | "0"));
                match option.as_str() {
                    "analyze" | "analyse" => analyze = on,
                    "verbose" => verbose = on,
                    "costs" => costs = on,
                    "distsql" => distsql = on,
                    "buffers" | "timing" | "summary" | "settings" | "wal" => {}
                    "format" if value.as_deref() == Some("text") => {}
                    "format" => {
                        let what = format!("EXPLAIN (FORMAT {})", value.unwrap_or_default().to_uppercase());
                        return Err(PlanError::not_supported(what).at(at));
                    }
                    other => {
                        let what = format!("unrecognized EXPLAIN option \"{other}\"");
                        return Err(PlanError::new(crate::PlanErrorKind::SyntaxError(what)).at(at));
                    }
                }
                if !self.eat_punct(',') {
                    break;
                }
            }
            self.expect_punct(')')?;
        } else {
            analyze = self.eat("analyze") || self.eat("analyse");
            verbose = self.eat("verbose");
        }
        let statement = Box::new(self.inner_statement()?);
        Ok(StatementKind::Explain { analyze, verbose, costs, distsql, statement })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_at(sql: &str) -> (String, Option<usize>) {
        let e = parse(sql).err().unwrap_or_else(|| panic!("parsed: {sql}"));
        (e.to_string(), e.0.position)
    }

    #[test]
    fn what_clients_send_parses() {
        for sql in [
            "select 1; select 2;;",
            "SELECT n.nspname as \"Schema\", CASE c.relkind WHEN 'r' THEN 'table' END FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','p','') AND n.nspname !~ '^pg_toast' AND c.relname OPERATOR(pg_catalog.~) '^(t)$' COLLATE pg_catalog.default AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2;",
            "select a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod), (select substring(pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) for 128) from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid) from pg_catalog.pg_attribute a where a.attrelid = '16' and a.attnum > 0 and not a.attisdropped",
            "select pg_catalog.\"char\" 'x', 'a'::pg_catalog.\"char\", array_agg(x order by y desc nulls last) filter (where z) over (partition by a order by b rows between 1 preceding and unbounded following exclude ties)",
            "copy t from stdin with (freeze on)",
            "copy t (a, b) to stdout csv header quote '\"' force quote *",
            "copy (select 1) to stdout with (format csv, delimiter ';', null 'x', header match)",
            "COPY pgbench_accounts FROM STDIN WITH BINARY",
            "begin isolation level serializable, read only; set transaction isolation level read committed; commit and chain",
            "set search_path to a, b; set time zone 'UTC'; set local x.y = 3; set names 'utf8'; set session characteristics as transaction read write",
            "show jobs; pause job 3; show transaction isolation level; show ranges from table t; reset all; discard all",
            "create table if not exists s.t (id bigserial primary key, a varchar(10) not null default 'x' || 'y' check (a <> ''), b numeric(10,2) unique, c timestamptz default now(), constraint k unique (a, b) include (c), foreign key (a) references o (x) on delete cascade) with (fillfactor=90)",
            "alter table only t add primary key (a), add column b int, drop constraint if exists x cascade, alter column c type int using c::int",
            "create unique index concurrently if not exists i on only t using btree (a desc nulls last, b text_ops) include (c)",
            "grant select, insert (a) on table t to public, x with grant option; revoke all privileges on all tables in schema s from y cascade; grant a, b to c",
            "insert into t as x (a, b) overriding system value values (1, default), (2, 3) on conflict (a) do update set b = excluded.b, (c, d) = row(1, 2) where x.a > 1 returning *, a as z",
            "update t set a = 1 from u join v using (k) where t.id = u.id returning t.*",
            "delete from only t using u where t.id = u.id",
            "with a (x) as materialized (select 1) select * from a cross join lateral (select a.x) q natural left join (b join c on true) as j",
            "select * from generate_series(1, 10) with ordinality as g(n, i), rows from (unnest(array[1,2]), f(3)) as r, current_date d",
            "select distinct on (a) a, b from t group by grouping sets ((a, b), (), rollup (a, (b, c))), cube (d) having count(*) > 1 window w as (order by a) order by a using > limit 10 offset 5 rows for update of t skip locked",
            "(select 1 union all select 2) intersect select 3 order by 1 fetch first 2 rows with ties",
            "select -1, - 2 ^ 2, not a is null and b between symmetric 1 and 2 or c not in (1, 2), x is not distinct from y, a at time zone 'utc' at time zone 'cet'",
            "select date '2020-01-01', interval '1' day, interval(3) '1.5', timestamp with time zone '2020-01-01 00:00', float8 '1', int4 '2', '{1,2}'::int[], cast(1 as decimal(3,1))",
            "select extract(year from now()), position('a' in 'abc'), substring('abc' from 2 for 1), overlay('abc' placing 'x' from 2), trim(both 'x' from 'xax'), trim('  a '), (array[[1,2],[3,4]])[1][2], a[1:2], (t.x).y",
            "select 1 = any (array[1]), 2 > all (select 1), (1, 2) = (select 1, 2), exists (select), array(select 1), 'a' like any (array['a'])",
            "explain (analyze, costs off) select 1; prepare p (int, text) as select $1, $2; execute p (1, 'a'); deallocate all; declare c cursor with hold for select 1; fetch 10 from c; close all",
            "comment on column s.t.c is 'x'; vacuum analyze t; vacuum (full) ; truncate table a, b restart identity cascade; lock table t in share mode",
            "create role r with login password 'x' connection limit 3 in role a; alter user r set search_path to x; drop role if exists r; reassign",
            "select a as select, b \"from\", c value from t where ((select 1) = 1) and ((a))",
            "select case when a then 1 else 2 end, coalesce(a, b), nullif(a, b), greatest(1, 2), current_timestamp(3), localtime, session_user",
        ] {
            if let Err(e) = parse(sql)
                && !(sql.ends_with("reassign") && e.to_string() == "REASSIGN is not supported")
            {
                panic!("{e} at {:?}: {sql}", e.0.position);
            }
        }
    }

    #[test]
    fn syntax_errors_carry_postgres_positions() {
        assert_eq!(error_at("select 1 +"), ("syntax error at end of input".into(), Some(11)));
        assert_eq!(error_at("selec 1"), ("syntax error at or near \"selec\"".into(), Some(1)));
        assert_eq!(
            error_at("select 1; select from where"),
            ("syntax error at or near \"where\"".into(), Some(23))
        );
        assert_eq!(error_at("select 'é', )"), ("syntax error at or near \")\"".into(), Some(13)));
        assert_eq!(error_at("select 1 < 2 < 3").1, Some(14));
        assert_eq!(error_at("create view v as select 1").0, "CREATE VIEW is not supported");
    }

    #[test]
    fn deep_nesting_is_refused_not_a_crash() {
        let deep = format!("select {}1{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(matches!(parse(&deep).unwrap_err().kind(), crate::PlanErrorKind::StatementTooComplex(_)));
        let chain = format!("select 1{}", " + 1".repeat(100_000));
        assert!(matches!(parse(&chain).unwrap_err().kind(), crate::PlanErrorKind::StatementTooComplex(_)));
        let minus = format!("select {}1", "- ".repeat(100_000));
        assert!(parse(&minus).is_err());
    }

    #[test]
    fn statements_keep_their_text_and_place() {
        let s = parse(" select 1 ;  select $2 -- x\n").unwrap();
        assert_eq!((s[0].text.as_ref(), s[0].offset), ("select 1", 1));
        assert_eq!((s[1].text.as_ref(), s[1].offset, s[1].parameters), ("select $2", 13, 2));
    }
}
