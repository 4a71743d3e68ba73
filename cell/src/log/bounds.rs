//! Which indexes a group's log holds, and which changes are in order: the same rules for the real log and the simulated.

use crate::seam::{LogChange, StoreError};

/// The bounds of one group's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogBounds {
    /// First and last index; `None` if the log is empty.
    pub span: Option<(u64, u64)>,
    /// Entries at or below it are gone for good.
    pub purged: u64,
}

impl LogBounds {
    /// Where the log stands after `change`.
    ///
    /// # Errors
    /// `Refused` if entries are not in a row, leave a hole, or lie where the log was purged: a fault of the caller.
    pub(crate) fn apply(&mut self, change: &LogChange) -> Result<(), StoreError> {
        match change {
            LogChange::Append(entries) => {
                let (Some(new_first), Some(new_last)) = (entries.first(), entries.last()) else {
                    return Ok(());
                };
                let (new_first, new_last) = (new_first.index, new_last.index);
                let in_a_row = entries.iter().zip(new_first..).all(|(e, index)| e.index == index);
                let refuse =
                    |why: String| Err(StoreError::Refused(format!("log append at {new_first}: {why}")));
                if !in_a_row {
                    return refuse("indexes are not in a row".into());
                }
                if new_first <= self.purged {
                    return refuse(format!("purged through {}", self.purged));
                }
                match self.span {
                    Some((_, last)) if new_first > last + 1 => {
                        return refuse(format!("leaves a hole after {last}"));
                    }
                    Some((first, _)) if new_first >= first => self.span = Some((first, new_last)),
                    _ => self.span = Some((new_first, new_last)),
                }
            }
            LogChange::TruncateAfter { last: keep } => {
                self.span =
                    self.span.and_then(|(first, last)| (*keep >= first).then_some((first, last.min(*keep))));
            }
            LogChange::PurgeThrough { through } => {
                self.purged = self.purged.max(*through);
                self.span = self.span.and_then(|(first, last)| {
                    (last > self.purged).then_some((first.max(self.purged + 1), last))
                });
            }
            LogChange::Put { .. } => {}
            LogChange::Remove => *self = LogBounds::default(),
        }
        Ok(())
    }
    /// Applies all or none.
    pub(crate) fn apply_all(mut self, changes: &[LogChange]) -> Result<LogBounds, StoreError> {
        changes.iter().try_for_each(|c| self.apply(c))?;
        Ok(self)
    }
    pub(crate) fn first(&self) -> Option<u64> {
        self.span.map(|s| s.0)
    }
    pub(crate) fn last(&self) -> Option<u64> {
        self.span.map(|s| s.1)
    }
}
