//! Where a transaction may have locks, and in which domiciles it has a record.

use crate::spans::SpanSet;
use kv::{DomicileId, Span, key};
use std::collections::BTreeMap;

/// Bytes of lock spans per domicile; then they are condensed, so that a transaction of any size has bounded memory and a
/// bounded record.
pub(crate) const LOCK_SPANS_BYTES_MAX: usize = 64 << 10;

#[derive(Clone, Debug)]
pub(crate) struct DomicileFootprint {
    pub locks: SpanSet,
    /// Whether a write has been sent there (otherwise there are only locks, which need no decision).
    pub has_intents: bool,
    /// Whether a heartbeat has made a record.
    pub has_record: bool,
}

/// By domicile, in the order of their ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Footprint {
    pub domiciles: BTreeMap<DomicileId, DomicileFootprint>,
    /// Whether a heartbeat has made the deciding record of several domiciles.
    pub has_deciding_record: bool,
}

impl Footprint {
    /// To be called before the request leaves: from then on there may be a lock.
    pub fn lock(&mut self, span: Span, intent: bool) {
        let Ok(domicile) = key::domicile_of(&span.start) else { return }; // the sender refuses such a key
        let at = self.domiciles.entry(domicile).or_insert_with(|| DomicileFootprint {
            locks: SpanSet::new(LOCK_SPANS_BYTES_MAX),
            has_intents: false,
            has_record: false,
        });
        at.has_intents |= intent;
        at.locks.insert(span);
    }
    pub fn is_empty(&self) -> bool {
        self.domiciles.is_empty()
    }
    pub fn has_intents(&self) -> bool {
        self.domiciles.values().any(|d| d.has_intents)
    }
    /// Domiciles whose record takes part in the decision.
    pub fn written(&self) -> impl Iterator<Item = DomicileId> + '_ {
        self.domiciles.iter().filter(|(_, d)| d.has_intents || d.has_record).map(|(id, _)| *id)
    }
    pub fn has_record(&self, domicile: DomicileId) -> bool {
        let local = self.domiciles.get(&domicile).is_some_and(|d| d.has_record);
        local || (domicile == DomicileId::SYSTEM && self.has_deciding_record)
    }
    pub fn set_record(&mut self, domicile: DomicileId) {
        if let Some(d) = self.domiciles.get_mut(&domicile) {
            d.has_record = true;
        }
        if domicile == DomicileId::SYSTEM {
            self.has_deciding_record = true;
        }
    }
    /// Where the decision is written: in the only domicile, or in the system domicile.
    pub fn deciding_domicile(&self) -> DomicileId {
        let mut written = self.written();
        match (written.next(), written.next()) {
            (Some(only), None) => only,
            _ => DomicileId::SYSTEM,
        }
    }
    /// Every domicile that needs a live record: those with locks, and the deciding one.
    pub fn record_domiciles(&self) -> Vec<DomicileId> {
        let mut all: Vec<_> = self.domiciles.keys().copied().collect();
        let deciding = self.deciding_domicile();
        if self.has_intents() && !all.contains(&deciding) {
            all.push(deciding);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(domicile: u32, n: u32) -> Span {
        let mut k = key::index_prefix(DomicileId(domicile), 100, 1);
        k.extend_from_slice(&n.to_be_bytes());
        Span::point(k)
    }

    #[test]
    fn one_domicile_decides_for_itself_and_several_in_the_system_domicile() {
        let mut f = Footprint::default();
        f.lock(row(16, 1), true);
        f.lock(row(17, 1), false);
        assert_eq!(f.deciding_domicile(), DomicileId(16), "a lock that is no intent needs no decision");
        assert_eq!(f.record_domiciles(), [DomicileId(16), DomicileId(17)]);
        f.lock(row(17, 2), true);
        assert_eq!(f.deciding_domicile(), DomicileId::SYSTEM);
        assert_eq!(f.record_domiciles(), [DomicileId(16), DomicileId(17), DomicileId::SYSTEM]);
    }

    #[test]
    fn a_large_transaction_has_a_bounded_record() {
        let mut f = Footprint::default();
        for n in 0..100_000 {
            f.lock(row(16, n * 2), true);
        }
        let locks = &f.domiciles[&DomicileId(16)].locks;
        assert!(locks.bytes() <= LOCK_SPANS_BYTES_MAX + 256);
        assert!(locks.covers(&row(16, 77_776)));
    }
}
