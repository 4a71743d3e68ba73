//! COMMENT ON tables and columns; other objects take none yet.

use crate::catalog_store::editor::{Editor, undefined_table};
use crate::error::{SqlError, SqlResult, SqlState};
use catalog::{TableDescriptor, descriptor::Comment};
use planner::parse::ddl::CommentObject;

pub async fn comment(edit: &mut Editor<'_>, on: &CommentObject, text: Option<&str>) -> SqlResult<()> {
    let (name, column) = match on {
        CommentObject::Table(name) => (name, None),
        CommentObject::Column(name, column) => (name, Some(column)),
        CommentObject::Database(_)
        | CommentObject::Schema(_)
        | CommentObject::Index(_)
        | CommentObject::Sequence(_)
        | CommentObject::Other(_) => {
            return Err(SqlError::unsupported("COMMENT is supported on tables and columns only"));
        }
    };
    let (id, table) = edit
        .owned_table(name)
        .map_err(|e| if e.code() == SqlState::UNDEFINED_TABLE { undefined_table(name) } else { e })?;
    let mut table: TableDescriptor = (*table).clone();
    let column_id = match column {
        None => 0,
        Some(column) => table.column_by_name(column).map(|c| c.id).ok_or_else(|| {
            SqlError::new(
                SqlState::UNDEFINED_COLUMN,
                format!("column \"{column}\" of relation \"{}\" does not exist", table.name),
            )
        })?,
    };
    table.comments.retain(|c| c.column_id != column_id);
    if let Some(text) = text.filter(|t| !t.is_empty()) {
        table.comments.push(Comment { column_id, text: text.to_owned() });
    }
    edit.put_table(id, table).await
}
