//! Which domiciles hide their keys from this process.

use kv::{DomicileDescriptor, DomicileId};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use tokio::time::{Duration, Instant};

/// How long a domicile's row is believed.
const DOMICILE_TTL_MS: u64 = 30_000;
/// How long it is believed that there is no row (a domicile is made together with its row).
const ABSENT_TTL_MS: u64 = 1_000;
/// Entries kept; all are dropped when there are more.
const DOMICILES_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct DomicileCache {
    known: Mutex<BTreeMap<DomicileId, (Option<DomicileDescriptor>, Instant)>>,
}

impl DomicileCache {
    /// `None`: not known, or known for too long. `Some(None)`: there is no row.
    pub fn get(&self, id: DomicileId) -> Option<Option<DomicileDescriptor>> {
        let known = self.known.lock();
        known.get(&id).filter(|(_, until)| *until > Instant::now()).map(|(d, _)| d.clone())
    }
    pub fn learn(&self, id: DomicileId, row: Option<DomicileDescriptor>) {
        let ttl = if row.is_some() { DOMICILE_TTL_MS } else { ABSENT_TTL_MS };
        let mut known = self.known.lock();
        if known.len() >= DOMICILES_MAX {
            known.clear();
        }
        known.insert(id, (row, Instant::now() + Duration::from_millis(ttl)));
    }
}

/// Whether a process in `region` may not learn the domicile's keys.
pub(super) fn is_hidden_from(domicile: &DomicileDescriptor, region: &str) -> bool {
    domicile.hides_keys && !domicile.regions.is_empty() && !domicile.regions.iter().any(|r| r == region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_hidden_from_outside_only() {
        let mut d = DomicileDescriptor { hides_keys: true, regions: vec!["eu".into()], ..Default::default() };
        assert!(is_hidden_from(&d, "us"));
        assert!(is_hidden_from(&d, ""));
        assert!(!is_hidden_from(&d, "eu"));
        d.hides_keys = false;
        assert!(!is_hidden_from(&d, "us"));
    }
}
