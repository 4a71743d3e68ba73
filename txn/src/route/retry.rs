//! How long one batch is tried, and what is said when its time is over.

use crate::Entropy;
use kv::{Header, KvError, error::Message};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::time::{Duration, Instant};

/// How long a batch without a deadline of its own looks for a range that answers.
pub const ROUTE_TIMEOUT_MS: u64 = 30_000;
/// How long a request that never waits for locks may go without an answer before it is sent again.
pub const PROMPT_TIMEOUT_MS: u64 = 3_000;
const BACKOFF_FIRST_MS: u64 = 5;
const BACKOFF_MAX_MS: u64 = 500;

/// One batch under way.
pub(super) struct Call {
    deadline: Instant,
    /// Whether the deadline is the sender's (or this module's own bound).
    from_sender: bool,
    rounds: AtomicU32,
    /// A commit has been sent whose answer never came.
    commit_in_doubt: AtomicBool,
}

impl Call {
    pub fn new(header: &Header) -> Call {
        let (ms, from_sender) =
            if header.timeout_ms == 0 { (ROUTE_TIMEOUT_MS, false) } else { (header.timeout_ms, true) };
        Call {
            deadline: Instant::now() + Duration::from_millis(ms),
            from_sender,
            rounds: AtomicU32::new(0),
            commit_in_doubt: AtomicBool::new(false),
        }
    }
    /// What the receiver may take, milliseconds; 0: no limit of the sender's.
    pub fn timeout_ms(&self) -> u64 {
        if self.from_sender { (self.remaining().as_millis() as u64).max(1) } else { 0 }
    }
    /// Until when an answer is waited for; without a deadline of the sender's, a lock may be waited for without limit.
    pub fn attempt_timeout(&self, prompt: bool) -> Option<Duration> {
        let prompt = prompt.then(|| Duration::from_millis(PROMPT_TIMEOUT_MS));
        let own = self.from_sender.then(|| self.remaining() + Duration::from_millis(BACKOFF_MAX_MS / 5));
        match (prompt, own) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
    fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
    pub fn doubt_commit(&self) {
        self.commit_in_doubt.store(true, Ordering::Relaxed);
    }
    pub fn in_doubt(&self) -> bool {
        self.commit_in_doubt.load(Ordering::Relaxed)
    }
    /// Something was reached: the search starts afresh if it must go on.
    pub fn reset(&self) {
        self.rounds.store(0, Ordering::Relaxed);
    }
    /// Waits before the next round, longer each time.
    ///
    /// # Errors
    /// The time is over: `last` in the words that the sender should hear.
    pub async fn backoff(&self, entropy: &dyn Entropy, last: &KvError) -> Result<(), KvError> {
        let round = self.rounds.fetch_add(1, Ordering::Relaxed).min(16);
        let ms = (BACKOFF_FIRST_MS << round).min(BACKOFF_MAX_MS);
        let wait = Duration::from_millis(ms / 2 + entropy.below(ms / 2 + 1));
        if self.remaining() <= wait {
            return Err(self.exhausted(last));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
    fn exhausted(&self, last: &KvError) -> KvError {
        if self.in_doubt() {
            return KvError::Ambiguous(Message::new(format!(
                "the answer to a commit was lost; then: {last}"
            )));
        }
        if self.from_sender {
            return KvError::DeadlineExceeded(Message::new(format!(
                "no range answered in time; last: {last}"
            )));
        }
        KvError::unavailable(format!("no range answered within {ROUTE_TIMEOUT_MS} ms; last: {last}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[tokio::test]
    async fn a_call_ends_at_its_deadline_and_says_what_is_known() {
        let entropy = SeededEntropy::new(1);
        let start = Instant::now();
        let call = Call::new(&Header { timeout_ms: 60, ..Default::default() });
        let last = KvError::unavailable("cell is down");
        let error = loop {
            if let Err(e) = call.backoff(&entropy, &last).await {
                break e;
            }
        };
        assert!(matches!(error, KvError::DeadlineExceeded(_)));
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it waits no longer than its deadline, on a busy machine too"
        );
        call.doubt_commit();
        assert!(matches!(call.backoff(&entropy, &last).await, Err(KvError::Ambiguous(_)) | Ok(())));
        let unbounded = Call::new(&Header::default());
        assert_eq!(unbounded.timeout_ms(), 0);
        assert_eq!(unbounded.attempt_timeout(false), None);
    }
}
