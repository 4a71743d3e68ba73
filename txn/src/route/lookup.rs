//! Finding the range of a key that is not in the cache.
//!
//! ```text
//! system domicile   transport's root range -> LookupRange
//! domicile D        (range of) /system/root/D -> first range of D -> LookupRange
//! ```
//! One look-up per domicile at a time: who waited finds the answer in the cache.

use super::{
    cache::CachedRange,
    distributor::{Distributor, Sent, Target},
    domicile::is_hidden_from,
    retry::Call,
    split::Piece,
};
use futures::{FutureExt, future::BoxFuture};
use kv::{
    Bytes, DomicileDescriptor, DomicileId, Header, Key, KvError, RangeDescriptor, Reply, Request, Span,
    error::ErrorKind,
    key,
    request::{Get, LookupRange},
};
use prost::Message;

/// Ranges that one look-up brings: neighbours are often asked for next.
const LOOKUP_RANGES_MAX: u32 = 8;

impl Distributor {
    /// Where a request that begins at `key` goes.
    pub(super) async fn target(&self, call: &Call, key: &Key) -> Result<Target, KvError> {
        let domicile = key::domicile_of(key).map_err(|e| KvError::invalid(e.to_string()))?;
        if domicile != DomicileId::SYSTEM
            && let Some(d) = self.domicile(call, domicile).await?
            && is_hidden_from(&d, &self.options.region)
        {
            return Ok(Target::Gateway(d));
        }
        self.locate(call, key).await.map(Target::Range)
    }
    /// The range that holds the keys just before `end`, within `span`.
    pub(super) async fn target_before(&self, call: &Call, span: &Span) -> Result<Target, KvError> {
        let near = before(&span.end).max(span.start.clone());
        let mut target = self.target(call, &near).await?;
        while let Target::Range(r) = &target {
            if r.range.span.end >= span.end {
                break;
            }
            let next = r.range.span.end.clone();
            target = self.target(call, &next).await?;
        }
        Ok(target)
    }
    /// The range of `key`, from the cache or by a look-up.
    ///
    /// # Errors
    /// The deadline has passed, or there is no such domicile.
    pub(super) fn locate<'a>(
        &'a self,
        call: &'a Call,
        key: &'a Key,
    ) -> BoxFuture<'a, Result<CachedRange, KvError>> {
        async move {
            loop {
                if let Some(found) = self.cache.find(key) {
                    return Ok(found);
                }
                let domicile = key::domicile_of(key).map_err(|e| KvError::invalid(e.to_string()))?;
                let gate = self.lookup_gate(domicile);
                let outcome = {
                    let _alone = gate.lock().await;
                    if let Some(found) = self.cache.find(key) {
                        return Ok(found);
                    }
                    self.look_up(call, domicile, key).await
                };
                let last = match outcome {
                    Ok(()) if self.cache.find(key).is_some() => continue,
                    Ok(()) => KvError::unavailable("no addressing row holds the key yet"),
                    Err(e) if matches!(e.kind(), ErrorKind::Retry | ErrorKind::Reroute) => e,
                    Err(e) => return Err(e),
                };
                call.backoff(&*self.entropy, &last).await?;
            }
        }
        .boxed()
    }
    /// Asks, and learns what comes back.
    async fn look_up(&self, call: &Call, domicile: DomicileId, key: &Key) -> Result<(), KvError> {
        let Some(first) = self.first_range(call, domicile).await? else { return Ok(()) };
        if self.cache.find(key).is_some() {
            return Ok(()); // the first range is the one
        }
        let request = Request::LookupRange(LookupRange { key: key.clone(), ranges_max: LOOKUP_RANGES_MAX });
        if let Some(Reply::LookupRange(found)) = self.ask(call, &first, request).await? {
            // Addressing rows are hints, in key order; a later one must not evict an earlier one of the same reply.
            for range in found.ranges {
                self.cache.learn(range);
            }
        }
        Ok(())
    }
    /// The range at the head of a domicile; `None`: ask again.
    async fn first_range(&self, call: &Call, domicile: DomicileId) -> Result<Option<CachedRange>, KvError> {
        let head = key::domicile_span(domicile).start;
        if domicile == DomicileId::SYSTEM {
            let root = self.transport.root_range();
            let root = root.ok_or_else(|| KvError::unavailable("the root range is not known yet"))?;
            return Ok(Some(self.learn_first(&head, root)));
        }
        if let Some(found) = self.cache.find(&head) {
            return Ok(Some(found));
        }
        let Some(row) = self.system_row(call, key::root(domicile)).await? else { return Ok(None) };
        let Some(row) = row else { return Err(KvError::invalid(format!("no domicile {domicile}"))) };
        let range = RangeDescriptor::decode(row)
            .map_err(|e| KvError::bug(format!("root row of domicile {domicile}: {e}")))?;
        Ok(Some(self.learn_first(&head, range)))
    }
    /// A first range by hearsay: it may be older than what the cache knows of a part of it, and still be who to ask.
    fn learn_first(&self, head: &Key, range: RangeDescriptor) -> CachedRange {
        self.cache.learn(range.clone());
        self.cache.find(head).unwrap_or(CachedRange { range, lease: None })
    }
    /// A domicile's descriptor, if it has one.
    async fn domicile(&self, call: &Call, id: DomicileId) -> Result<Option<DomicileDescriptor>, KvError> {
        loop {
            if let Some(known) = self.domiciles.get(id) {
                return Ok(known);
            }
            if let Some(row) = self.system_row(call, key::domicile_row(id)).await? {
                let row = row.map(DomicileDescriptor::decode).transpose();
                let row = row.map_err(|e| KvError::bug(format!("row of domicile {id}: {e}")))?;
                self.domiciles.learn(id, row.clone());
                return Ok(row);
            }
        }
    }
    /// Reads a row of the system domicile; the outer `None`: ask again.
    async fn system_row(&self, call: &Call, key: Key) -> Result<Option<Option<Bytes>>, KvError> {
        let range = self.locate(call, &key).await?;
        Ok(match self.ask(call, &range, Request::Get(Get { key, lock: 0 })).await? {
            Some(Reply::Get(r)) => Some(r.value),
            _ => None,
        })
    }
    /// Sends one request to a range; `None`: it was rerouted, ask again.
    async fn ask(
        &self,
        call: &Call,
        range: &CachedRange,
        request: Request,
    ) -> Result<Option<Reply>, KvError> {
        let header = Header { principal: "system".into(), ..Default::default() };
        let piece = [Piece { index: 0, request }];
        match self.send_to_range(call, range, &header, &piece).await? {
            Sent::Reply(mut reply) => Ok(reply.replies.pop().and_then(|r| r.reply)),
            Sent::Reroute => Ok(None),
        }
    }
}

/// A key just before `end`: no range is likely to begin between the two.
fn before(end: &[u8]) -> Key {
    let mut out = end.to_vec();
    match out.pop() {
        None | Some(0) => {}
        Some(last) => {
            out.push(last - 1);
            out.extend_from_slice(&[0xFF; 8]);
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_is_below_the_end() {
        for end in [&b"a"[..], b"a\0", b"\0", b"ab\xFF"] {
            assert!(before(end) < Key::copy_from_slice(end));
        }
    }
}
