//! Fills an index from the stored rows, and checks constraints over them, block by block. Each block is a transaction, so
//! that concurrent writers and the fill agree by serializability: a writer in between makes the block run again.

use super::jobs;
use super::store::KvCatalogStore;
use crate::error::{SqlError, SqlResult, SqlState};
use crate::seam::CatalogStore;
use catalog::{TableDescriptor, job::Validate, row::IndexCodec};
use datum::{Datum, EvalContext};
use kv::{Bytes, Key, Span, reply::Row};
use planner::{CatalogView, PlanKind, Relation, TableRef};
use std::collections::BTreeMap;
use std::sync::Arc;
use txn::{Db, ScanOptions, Transaction, TxnError};

/// Rows of one block: a block that meets writers is repeated, so it is short.
const BLOCK_ROWS: u64 = 2_000;
/// Blocks between two reports of progress; the position is kept with the report.
const REPORT_EVERY: u32 = 20;

fn gone(table_id: u32) -> SqlError {
    SqlError::new(SqlState::UNDEFINED_TABLE, format!("table {table_id} was dropped while the job ran"))
}

/// Where the job's position is kept: in the rows' domicile, since it is a key.
fn position_key(table: &TableDescriptor, job: u64) -> Key {
    let mut out = kv::key::index_prefix(table.primary.domicile(), kv::key::TABLE_JOB, 1);
    kv::encoding::put_u64(&mut out, job);
    out.into()
}

/// Writes an entry of `index_id` for each stored row.
///
/// # Errors
/// 23505 and 23502 for the rows that forbid the index; others for the store.
pub async fn fill(store: &Arc<KvCatalogStore>, job: u64, table_id: u32, index_id: u32) -> SqlResult<()> {
    let table = jobs::table(&store.db, table_id).await?.ok_or_else(|| gone(table_id))?;
    let Some(index) = table.index(index_id).cloned() else {
        return Ok(()); // an earlier worker has swapped it in
    };
    if table.primary.id == index_id || index.is_public() {
        return Ok(());
    }
    let source = IndexCodec::new(table_id, &table, &table.primary)?;
    let target = IndexCodec::new(table_id, &table, &index)?;
    let not_null: Vec<usize> = if table.new_primary.as_ref().is_some_and(|p| p.id == index_id) {
        target.key_columns.iter().map(|k| k.position).collect()
    } else {
        Vec::new()
    };
    let position = position_key(&table, job);
    let span = source.span();
    let fill = Fill { table, source, target, not_null, unique: index.unique, name: index.name };
    blocks(&store.db, job, position, span, Arc::new(fill)).await
}

/// Checks a constraint, or that a column holds no NULL, over the stored rows.
///
/// # Errors
/// 23514, 23502.
pub async fn validate(store: &Arc<KvCatalogStore>, job: u64, validate: &Validate) -> SqlResult<()> {
    let id = validate.table_id;
    let snapshot = store.refresh().await?;
    let table = snapshot.table(id).ok_or_else(|| gone(id))?;
    let descriptor = (*table.descriptor).clone();
    let rule = if validate.constraint_oid == 0 {
        let at = descriptor.columns.iter().position(|c| c.id == validate.column_id);
        let Some(at) = at else { return Ok(()) }; // the column is gone
        Rule::NotNull(at)
    } else {
        let check = descriptor.checks.iter().find(|c| c.oid == validate.constraint_oid);
        let Some(check) = check else { return Ok(()) }; // the constraint is gone
        bound_check(&table, &check.name)?
    };
    let source = IndexCodec::new(id, &descriptor, &descriptor.primary)?;
    let position = position_key(&descriptor, job);
    let span = source.span();
    blocks(&store.db, job, position, span, Arc::new(Validation { table: descriptor, source, rule })).await
}

/// An entry to be written.
struct Entry {
    key: Key,
    value: Bytes,
    /// Another value there is a violation.
    exclusive: bool,
}

/// What is done with each block of rows.
trait Block: Send + Sync {
    /// # Errors
    /// A row violates what is being built, or is corrupt.
    fn entries(&self, rows: &[Row]) -> SqlResult<Vec<Entry>>;
    /// The error for an entry that another row has already.
    fn duplicate(&self, entry: &Entry) -> SqlError;
}

struct Fill {
    table: TableDescriptor,
    source: IndexCodec,
    target: IndexCodec,
    /// Positions that a new primary key needs filled.
    not_null: Vec<usize>,
    unique: bool,
    name: String,
}

fn contains_nulls(table: &TableDescriptor, position: usize) -> SqlError {
    let column = &table.columns[position].name;
    let text = format!("column \"{column}\" of relation \"{}\" contains null values", table.name);
    SqlError::new(SqlState::NOT_NULL_VIOLATION, text).with_column(column.clone())
}

impl Block for Fill {
    fn entries(&self, rows: &[Row]) -> SqlResult<Vec<Entry>> {
        let wanted = vec![true; self.table.columns.len()];
        let mut row = vec![Datum::Null; self.table.columns.len()];
        let mut out = Vec::with_capacity(rows.len());
        for stored in rows {
            self.source.decode(&stored.key, &stored.value, &wanted, &mut row)?;
            if let Some(&p) = self.not_null.iter().find(|p| row[**p].is_null()) {
                return Err(contains_nulls(&self.table, p));
            }
            let (key, value) = (self.target.encode_key(&row)?, self.target.encode_value(&row));
            out.push(Entry { key, value, exclusive: self.unique });
        }
        Ok(out)
    }
    fn duplicate(&self, entry: &Entry) -> SqlError {
        let mut error = SqlError::new(
            SqlState::UNIQUE_VIOLATION,
            format!("could not create unique index \"{}\"", self.name),
        )
        .with_constraint(self.name.clone());
        let mut row = vec![Datum::Null; self.table.columns.len()];
        let wanted: Vec<bool> = (0..row.len()).map(|p| self.target.covers(p)).collect();
        if self.target.decode(&entry.key, &entry.value, &wanted, &mut row).is_ok() {
            let ctx = EvalContext::default();
            let columns: Vec<&str> = self
                .target
                .key_columns
                .iter()
                .map(|k| self.table.columns[k.position].name.as_str())
                .collect();
            let values: Vec<String> = self
                .target
                .key_columns
                .iter()
                .map(|k| datum::text_format::output(&row[k.position], k.ty, &ctx))
                .collect();
            error = error.with_detail(format!(
                "Key ({})=({}) is duplicated.",
                columns.join(", "),
                values.join(", ")
            ));
        }
        error
    }
}

enum Rule {
    NotNull(usize),
    /// The condition is over these positions of the row.
    Check {
        name: String,
        condition: planner::Scalar,
        positions: Vec<usize>,
    },
}

/// A catalog of one table, enough to bind its constraints.
struct OneTable<'a>(&'a TableRef);

impl CatalogView for OneTable<'_> {
    fn current_database(&self) -> &str {
        ""
    }
    fn current_user(&self) -> &str {
        ""
    }
    fn search_path(&self) -> Vec<String> {
        vec!["public".to_owned()]
    }
    fn schema_exists(&self, _: &str) -> bool {
        true
    }
    fn relation(&self, _: Option<&str>, _: &str) -> Option<Relation> {
        Some(Relation::Table(self.0.clone()))
    }
    fn table_by_id(&self, id: u32) -> Option<TableRef> {
        (id == self.0.id).then(|| self.0.clone())
    }
    fn schema_name(&self, _: u32) -> Option<String> {
        Some("public".to_owned())
    }
    fn role(&self, _: &str) -> Option<Arc<catalog::RoleDescriptor>> {
        None
    }
}

/// The constraint as writers check it: bound with an insertion.
fn bound_check(table: &TableRef, name: &str) -> SqlResult<Rule> {
    let missing = || SqlError::internal(format!("constraint \"{name}\" was not bound"));
    let statements = planner::parse("INSERT INTO t DEFAULT VALUES")?;
    let plan = planner::bind(statements.first().ok_or_else(missing)?, &OneTable(table), &[])?;
    let PlanKind::Insert(insert) = &plan.kind else { return Err(missing()) };
    let check = insert.checks.iter().find(|c| c.name == name).ok_or_else(missing)?;
    let position = |id: &u32| table.descriptor.columns.iter().position(|c| c.id == *id);
    let positions = insert.columns.iter().map(position).collect::<Option<Vec<_>>>().ok_or_else(missing)?;
    Ok(Rule::Check { name: name.to_owned(), condition: check.condition.clone(), positions })
}

struct Validation {
    table: TableDescriptor,
    source: IndexCodec,
    rule: Rule,
}

impl Block for Validation {
    fn entries(&self, rows: &[Row]) -> SqlResult<Vec<Entry>> {
        let wanted = vec![true; self.table.columns.len()];
        let mut row = vec![Datum::Null; self.table.columns.len()];
        let ctx = EvalContext::default();
        for stored in rows {
            self.source.decode(&stored.key, &stored.value, &wanted, &mut row)?;
            match &self.rule {
                Rule::NotNull(at) if row[*at].is_null() => return Err(contains_nulls(&self.table, *at)),
                Rule::NotNull(_) => {}
                Rule::Check { name, condition, positions } => {
                    let seen: Vec<Datum> = positions.iter().map(|p| row[*p].clone()).collect();
                    let holds = planner::eval(condition, &seen, &[], &[], &ctx)?;
                    if holds.as_bool() == Some(false) {
                        let text = format!(
                            "check constraint \"{name}\" of relation \"{}\" is violated by some row",
                            self.table.name
                        );
                        return Err(
                            SqlError::new(SqlState::CHECK_VIOLATION, text).with_constraint(name.clone())
                        );
                    }
                }
            }
        }
        Ok(Vec::new())
    }
    fn duplicate(&self, _: &Entry) -> SqlError {
        SqlError::internal("a validation writes no entry")
    }
}

/// How one transaction over a block ended.
enum Step {
    Next(Option<Span>),
    Violation(SqlError),
}

/// Does `work` over all rows of `whole`, one transaction a block, and writes the entries that it returns. The position is
/// kept now and then under `position`, so that another worker goes on from there.
async fn blocks(db: &Db, job: u64, position: Key, whole: Span, work: Arc<dyn Block>) -> SqlResult<()> {
    let mut span = whole.clone();
    if let Some(start) = db.get(position.clone()).await?.filter(|s| whole.contains(s)) {
        span.start = start;
    }
    let mut count = 0u32;
    loop {
        let (from, work) = (span.clone(), work.clone());
        let step = db
            .run(Default::default(), move |txn| {
                let (from, work) = (from.clone(), work.clone());
                async move { block(&txn, from, &*work).await }
            })
            .await?;
        match step {
            Step::Violation(error) => return Err(error),
            Step::Next(None) => break,
            Step::Next(Some(rest)) => span = rest,
        }
        count += 1;
        if count % REPORT_EVERY == 0 {
            db.put(position.clone(), span.start.clone()).await?;
            // How many rows are left is not known without counting them: what is shown grows and never reaches the end.
            let share = 1_000_000 - 1_000_000 / (1 + count / REPORT_EVERY);
            jobs::report(db, job, share.min(990_000)).await?;
        }
    }
    db.run(Default::default(), move |txn| {
        let position = position.clone();
        async move { txn.delete(position).await }
    })
    .await?;
    Ok(())
}

async fn block(txn: &Transaction, from: Span, work: &dyn Block) -> Result<Step, TxnError> {
    let page = txn.scan(from, ScanOptions { keys_max: BLOCK_ROWS, ..Default::default() }).await?;
    let entries = match work.entries(&page.rows) {
        Ok(entries) => entries,
        Err(error) => return Ok(Step::Violation(error)),
    };
    let keys: Vec<Key> = entries.iter().filter(|e| e.exclusive).map(|e| e.key.clone()).collect();
    let mut present = txn.get_many(&keys).await?.into_iter();
    let mut written: BTreeMap<Key, Bytes> = BTreeMap::new();
    for entry in entries {
        if entry.exclusive {
            let there = present.next().flatten().or_else(|| written.get(&entry.key).cloned());
            match there {
                // A concurrent writer, or an earlier worker, has written this very row's entry.
                Some(other) if other == entry.value => continue,
                Some(_) => return Ok(Step::Violation(work.duplicate(&entry))),
                None => drop(written.insert(entry.key.clone(), entry.value.clone())),
            }
        }
        txn.put(entry.key, entry.value).await?;
    }
    Ok(Step::Next(page.resume))
}
