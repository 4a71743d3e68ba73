//! The catalog of a new cluster: the first role, the first database. Written once, in one transaction.

use super::ddl::{public_database, public_schema};
use super::editor;
use crate::auth;
use crate::error::{SqlError, SqlResult};
use catalog::{DatabaseDescriptor, Descriptor, DescriptorKind, RoleDescriptor, reserved};
use kv::DomicileId;
use parking_lot::Mutex;
use prost::Message;
use std::sync::Arc;
use txn::{Db, TxnError};

/// What a new cluster begins with.
#[derive(Clone, Debug)]
pub struct SeedOptions {
    pub database: String,
    pub user: String,
    pub password: String,
    /// The database's domicile, whose first range exists.
    pub domicile: DomicileId,
}

/// Seeds the catalog if it is empty, and says whether it was.
///
/// # Errors
/// The system domicile cannot be written.
pub async fn seed(db: &Db, options: &SeedOptions) -> SqlResult<bool> {
    let verifier = auth::make_verifier(&options.password);
    let role = RoleDescriptor {
        name: options.user.clone(),
        login: true,
        superuser: true,
        create_role: true,
        create_database: true,
        scram_verifier: verifier,
        connection_limit: -1,
        ..Default::default()
    };
    let owner = reserved::ROOT_ROLE_ID;
    let database_id = reserved::FIRST_USER_ID;
    let schema_id = database_id + 1;
    let database = DatabaseDescriptor {
        name: options.database.clone(),
        owner,
        domicile_id: options.domicile.0,
        grants: public_database(owner),
        dropped: false,
    };
    let descriptors = [
        Descriptor::new(owner, DescriptorKind::Role(role)),
        Descriptor::new(database_id, DescriptorKind::Database(database)),
        Descriptor::new(schema_id, DescriptorKind::Schema(public_schema(database_id, owner))),
    ];
    let seeded = Arc::new(Mutex::new(Ok(false)));
    let out = seeded.clone();
    db.run(Default::default(), move |txn| {
        let (out, descriptors) = (out.clone(), descriptors.clone());
        async move {
            match editor::load(&txn, true).await {
                Ok((0, found)) if found.is_empty() => {
                    for d in &descriptors {
                        txn.put(reserved::descriptor_key(d.id), d.encode_to_vec()).await?;
                    }
                    txn.put(reserved::catalog_version_key(), 1u64.to_be_bytes().to_vec()).await?;
                    txn.put(reserved::id_counter_key(), i64::from(schema_id).to_be_bytes().to_vec()).await?;
                    *out.lock() = Ok(true);
                }
                Ok(_) => *out.lock() = Ok(false),
                Err(error) => *out.lock() = Err(error),
            }
            Ok::<(), TxnError>(())
        }
    })
    .await?;
    let result = std::mem::replace(&mut *seeded.lock(), Err(SqlError::internal("taken")));
    result
}
