//! Schema changes, one file for each kind of object. Each edits descriptors in the client's transaction; what takes long
//! becomes a job.

mod database;
pub use database::{public_database, public_schema};
mod schema;
mod table;
mod alter;
mod index;
mod sequence;
mod role;
mod grant;
mod comment;
pub mod truncate;

use super::editor::Editor;
use super::store::DomicileMaker;
use crate::error::{SqlError, SqlResult};
use planner::parse::ddl::Ddl;

/// Runs one statement; the tag and what else came of it are in `edit.outcome`.
///
/// # Errors
/// For the client.
pub async fn execute(edit: &mut Editor<'_>, domiciles: &dyn DomicileMaker, ddl: &Ddl) -> SqlResult<()> {
    let tag = match ddl {
        Ddl::CreateDatabase { name, if_not_exists, owner, encoding, template } => {
            database::create(
                edit,
                domiciles,
                name,
                *if_not_exists,
                owner.as_deref(),
                encoding.as_deref(),
                template.as_deref(),
            )
            .await?;
            "CREATE DATABASE"
        }
        Ddl::DropDatabase { name, if_exists } => {
            database::drop_one(edit, name, *if_exists).await?;
            "DROP DATABASE"
        }
        Ddl::RenameDatabase { name, to } => {
            database::rename(edit, name, to).await?;
            "ALTER DATABASE"
        }
        Ddl::CreateSchema { name, if_not_exists, owner } => {
            schema::create(edit, name, *if_not_exists, owner.as_deref()).await?;
            "CREATE SCHEMA"
        }
        Ddl::DropSchema { names, if_exists, cascade } => {
            schema::drop_all(edit, names, *if_exists, *cascade).await?;
            "DROP SCHEMA"
        }
        Ddl::RenameSchema { name, to } => {
            schema::rename(edit, name, to).await?;
            "ALTER SCHEMA"
        }
        Ddl::CreateTable(create) => {
            table::create(edit, create).await?;
            "CREATE TABLE"
        }
        Ddl::DropTable { names, if_exists, cascade } => {
            table::drop_all(edit, names, *if_exists, *cascade).await?;
            "DROP TABLE"
        }
        Ddl::AlterTable { name, if_exists, actions } => {
            alter::alter(edit, name, *if_exists, actions).await?;
            "ALTER TABLE"
        }
        Ddl::CreateIndex(create) => {
            index::create(edit, create).await?;
            "CREATE INDEX"
        }
        Ddl::DropIndex { names, if_exists, .. } => {
            index::drop_all(edit, names, *if_exists).await?;
            "DROP INDEX"
        }
        Ddl::RenameIndex { name, if_exists, to } => {
            index::rename(edit, name, *if_exists, to).await?;
            "ALTER INDEX"
        }
        Ddl::CreateSequence { name, if_not_exists, options } => {
            sequence::create(edit, name, *if_not_exists, options).await?;
            "CREATE SEQUENCE"
        }
        Ddl::AlterSequence { name, if_exists, options } => {
            sequence::alter(edit, name, *if_exists, options).await?;
            "ALTER SEQUENCE"
        }
        Ddl::DropSequence { names, if_exists, .. } => {
            sequence::drop_all(edit, names, *if_exists).await?;
            "DROP SEQUENCE"
        }
        Ddl::RenameSequence { name, if_exists, to } => {
            sequence::rename(edit, name, *if_exists, to).await?;
            "ALTER SEQUENCE"
        }
        Ddl::CreateRole { name, if_not_exists, options, .. } => {
            role::create(edit, name, *if_not_exists, options).await?;
            "CREATE ROLE"
        }
        Ddl::AlterRole { name, options } => {
            role::alter(edit, name, options).await?;
            "ALTER ROLE"
        }
        Ddl::RenameRole { name, to } => {
            role::rename(edit, name, to).await?;
            "ALTER ROLE"
        }
        Ddl::DropRole { names, if_exists } => {
            role::drop_all(edit, names, *if_exists).await?;
            "DROP ROLE"
        }
        Ddl::Grant { privileges, on, grantees, grant_option } => {
            grant::grant(edit, privileges, on, grantees, *grant_option).await?;
            "GRANT"
        }
        Ddl::Revoke { privileges, on, grantees, grant_option_for, .. } => {
            grant::revoke(edit, privileges, on, grantees, *grant_option_for).await?;
            "REVOKE"
        }
        Ddl::GrantRole { roles, members, .. } => {
            role::set_membership(edit, roles, members, true).await?;
            "GRANT ROLE"
        }
        Ddl::RevokeRole { roles, members, .. } => {
            role::set_membership(edit, roles, members, false).await?;
            "REVOKE ROLE"
        }
        Ddl::Owner { object, owner } => grant::set_owner(edit, object, owner).await?,
        Ddl::Comment { on, text } => {
            comment::comment(edit, on, text.as_deref()).await?;
            "COMMENT"
        }
        Ddl::CreateTableAs { .. } => return Err(SqlError::unsupported("CREATE TABLE AS is not supported")),
        Ddl::AlterRoleSet { .. } => return Err(SqlError::unsupported("ALTER ROLE ... SET is not supported")),
        Ddl::CreateExtension { name, .. } => {
            return Err(SqlError::unsupported(format!("extension \"{name}\" is not supported")));
        }
        Ddl::DropExtension { .. } => return Err(SqlError::unsupported("DROP EXTENSION is not supported")),
        // See `truncate`.
        Ddl::Truncate { .. } | Ddl::Vacuum { .. } | Ddl::Analyze { .. } | Ddl::Reindex | Ddl::Cluster => {
            return Err(SqlError::internal("this statement does not change the catalog"));
        }
    };
    edit.outcome.tag = tag.to_owned();
    Ok(())
}
