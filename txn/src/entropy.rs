//! Where transaction ids and jitter come from: a seam, so that the simulator's runs repeat.

use kv::TxnId;
use parking_lot::Mutex;
use rand::{Rng, SeedableRng, rngs::StdRng};

/// A source of random bytes.
pub trait Entropy: Send + Sync {
    fn fill(&self, out: &mut [u8]);
    fn txn_id(&self) -> TxnId {
        let mut id = [0; 16];
        self.fill(&mut id);
        TxnId(id)
    }
    /// A number in `0..bound`; 0 if `bound` is 0.
    fn below(&self, bound: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_le_bytes(bytes).checked_rem(bound).unwrap_or(0)
    }
}

/// The thread's generator, seeded by the kernel.
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) {
        rand::rng().fill_bytes(out);
    }
}

/// The same bytes for the same seed and order of calls.
pub struct SeededEntropy(Mutex<StdRng>);

impl SeededEntropy {
    pub fn new(seed: u64) -> Self {
        SeededEntropy(Mutex::new(StdRng::seed_from_u64(seed)))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) {
        self.0.lock().fill_bytes(out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (a, b) = (SeededEntropy::new(7), SeededEntropy::new(7));
        assert_eq!(a.txn_id(), b.txn_id());
        assert_ne!(a.txn_id(), a.txn_id());
        assert!(a.below(10) < 10);
        assert_eq!(a.below(0), 0);
    }
}
