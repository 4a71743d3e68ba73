//! A router's promises: it uses catalog version V only in transactions that commit below a published expiration. A schema
//! change waits until no promise on an older version is alive.

use crate::error::SqlResult;
use catalog::{descriptor::CatalogLease, reserved};
use kv::Timestamp;
use prost::Message;
use std::time::Duration;
use txn::{Db, ScanOptions, TxnError};

/// How long a promise holds. A transaction that runs longer takes the newest expiration of its version at commit.
pub const LEASE_NS: u64 = 10_000_000_000;
/// A promise in use is renewed this long before its end.
pub const RENEW_BEFORE_NS: u64 = 5_000_000_000;
/// How often a waiting schema change looks.
const POLL: Duration = Duration::from_millis(20);

/// Publishes that `router_id` may use `version` until the returned timestamp.
///
/// # Errors
/// The system domicile cannot be written.
pub async fn publish(db: &Db, router_id: u64, version: u64) -> Result<Timestamp, TxnError> {
    let expiration = db.clock().now().to_timestamp().add_ns(LEASE_NS);
    let lease = CatalogLease { router_id, version, expiration };
    db.put(reserved::catalog_lease_key(router_id, version), lease.encode_to_vec()).await?;
    Ok(expiration)
}

/// Takes a promise back: nothing uses it any more.
///
/// # Errors
/// The system domicile cannot be written; the promise then ends by itself.
pub async fn withdraw(db: &Db, router_id: u64, version: u64) -> Result<(), TxnError> {
    db.run(Default::default(), |txn| async move {
        txn.delete(reserved::catalog_lease_key(router_id, version)).await
    })
    .await
}

/// Waits until nobody may use a version below `version` any more, and removes what has expired.
///
/// # Errors
/// The system domicile cannot be read.
pub async fn wait_for_older(db: &Db, version: u64) -> SqlResult<()> {
    loop {
        let now = db.clock().now().to_timestamp();
        let page = db.scan(reserved::catalog_lease_span(), ScanOptions::default()).await?;
        let mut alive = false;
        for row in &page.rows {
            let lease = CatalogLease::decode(&row.value[..]).map_err(|e| {
                crate::error::SqlError::internal(format!("a catalog lease is malformed: {e}"))
            })?;
            if lease.version >= version {
                continue;
            }
            // A clock may be behind by the maximum offset: until then its router may still think the lease good.
            if now > lease.expiration.add_ns(db.clock().max_offset_ns()) {
                withdraw(db, lease.router_id, lease.version).await?;
            } else {
                alive = true;
            }
        }
        if !alive {
            return Ok(());
        }
        tokio::time::sleep(POLL).await;
    }
}
