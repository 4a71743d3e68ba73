//! SQL text to statements, by PostgreSQL's grammar. Hand-written: PostgreSQL's precedence, its error positions and the SQL
//! that psql and pg_dump send (`OPERATOR(pg_catalog.~)`, COPY options) decide what is accepted.

pub mod ast;
pub mod ddl;

pub use ast::Statement;
