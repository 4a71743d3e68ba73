//! TRUNCATE, VACUUM and ANALYZE: statements that name tables like schema changes do, and change no descriptor.
//!
//! TRUNCATE deletes every entry of every index inside the transaction: it is serializable with all other statements and can
//! be rolled back, as in PostgreSQL, at the price of one tombstone for each row.

use crate::catalog_store::editor::{denied, has_privileges, undefined_table};
use crate::error::{SqlError, SqlResult};
use crate::seam::DdlSession;
use catalog::{descriptor::privilege, reserved, row::IndexCodec};
use kv::DomicileId;
use planner::parse::ddl::{Ddl, ObjectName};
use planner::{CatalogView, Relation, TableRef};
use txn::{ScanOptions, Transaction};

/// Entries deleted between two flushes.
const PAGE_ENTRIES: u64 = 5_000;

fn table(session: &DdlSession, name: &ObjectName) -> SqlResult<TableRef> {
    match session.catalog.relation(name.schema.as_deref(), &name.name) {
        Some(Relation::Table(table)) => Ok(table),
        _ => Err(undefined_table(name)),
    }
}

/// Runs the statement if it is of this kind; the command's tag.
///
/// # Errors
/// 42P01, 42501; as writes of the transaction.
pub async fn run(
    txn: &Transaction,
    session: &DdlSession,
    statement: &Ddl,
) -> SqlResult<Option<&'static str>> {
    match statement {
        Ddl::Truncate { names, restart_identity, .. } => {
            for name in names {
                let table = table(session, name)?;
                let d = &table.descriptor;
                let snapshot = &session.catalog.snapshot;
                if !has_privileges(snapshot, session.role_id, d.owner, &d.grants, privilege::TRUNCATE) {
                    return Err(denied("table", &d.name));
                }
                truncate(txn, &table).await?;
                if *restart_identity {
                    restart(txn, session, &table).await?;
                }
            }
            Ok(Some("TRUNCATE TABLE"))
        }
        Ddl::Vacuum { tables, .. } => {
            tables.iter().try_for_each(|name| table(session, name).map(drop))?;
            Ok(Some("VACUUM"))
        }
        Ddl::Analyze { tables } => {
            tables.iter().try_for_each(|name| table(session, name).map(drop))?;
            Ok(Some("ANALYZE"))
        }
        Ddl::Reindex => Err(SqlError::unsupported("REINDEX is not supported: indexes do not bloat")),
        Ddl::Cluster => {
            Err(SqlError::unsupported("CLUSTER is not supported: rows lie in the order of the primary key"))
        }
        _ => Ok(None),
    }
}

async fn truncate(txn: &Transaction, table: &TableRef) -> SqlResult<()> {
    for index in table.descriptor.all_indexes() {
        let mut span = Some(IndexCodec::new(table.id, &table.descriptor, index)?.span());
        while let Some(next) = span {
            let page = txn.scan(next, ScanOptions { keys_max: PAGE_ENTRIES, ..Default::default() }).await?;
            for row in page.rows {
                txn.delete(row.key).await?;
            }
            txn.flush().await?;
            span = page.resume;
        }
    }
    Ok(())
}

async fn restart(txn: &Transaction, session: &DdlSession, table: &TableRef) -> SqlResult<()> {
    for id in table.descriptor.columns.iter().map(|c| c.owned_sequence).filter(|id| *id != 0) {
        if let Some((_, sequence)) = session.catalog.snapshot.sequence(id) {
            let before = sequence.start.wrapping_sub(sequence.increment).to_be_bytes().to_vec();
            txn.put(reserved::sequence_key(DomicileId(sequence.domicile_id), id), before).await?;
        }
    }
    Ok(())
}
