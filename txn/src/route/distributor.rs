//! The sender: splits a batch by range, finds who serves each part, and follows the cluster when it moves.
//!
//! What may be sent again when an answer was lost, and why (see `split::resend_is_safe`):
//!
//! ```text
//! write of a transaction    yes   intents are laid by (transaction id, sequence)
//! EndTxn                    yes   a record ends once; but TxnAborted after a lost answer is Ambiguous, for the record may
//!                                 have been committed, cleaned up and removed in between
//! one-phase commit          yes   by its marker; but not once the range was split in between: Ambiguous
//! read, refresh, resolve    yes
//! write without transaction no    -> Ambiguous
//! ```

use super::{
    cache::{CachedRange, RangeCache},
    domicile::DomicileCache,
    retry::Call,
    split::{self, Gathered, Piece},
};
use crate::{CellTransport, Clock, Entropy, Sender};
use async_trait::async_trait;
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use kv::{
    BatchReply, BatchRequest, DomicileDescriptor, DomicileId, Header, KvError, Lease, RangeId, Reply,
    Request, Span, StoreId, Timestamp, WIRE_VERSION,
    error::{ErrorKind, Message},
    reply::ScanReply,
};
use parking_lot::Mutex;
use std::{collections::BTreeMap, sync::Arc};

/// What a distributor must know of its process.
#[derive(Clone, Debug)]
pub struct RouteOptions {
    /// Region of this process: near replicas are preferred, and domiciles may hide their keys from it.
    pub region: String,
    /// Ranges in the cache at most.
    pub ranges_max: usize,
    /// Parts of one batch that are under way at once at most.
    pub parallel_max: usize,
}

impl Default for RouteOptions {
    fn default() -> Self {
        RouteOptions { region: String::new(), ranges_max: 20_000, parallel_max: 16 }
    }
}

/// Implements [`Sender`] over a [`CellTransport`].
pub struct Distributor {
    pub(super) transport: Arc<dyn CellTransport>,
    pub(super) clock: Arc<Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) options: RouteOptions,
    pub(super) cache: RangeCache,
    pub(super) domiciles: DomicileCache,
    lookups: Mutex<BTreeMap<DomicileId, Arc<tokio::sync::Mutex<()>>>>,
}

/// Who gets a part of a batch.
pub(super) enum Target {
    Range(CachedRange),
    /// A domicile that hides its keys from here.
    Gateway(DomicileDescriptor),
}

/// What became of a part.
pub(super) enum Sent {
    Reply(BatchReply),
    /// Nothing was done; something was learnt or forgotten: route it again.
    Reroute,
}

/// What to do after an attempt.
enum Next {
    Done(BatchReply),
    /// Who was asked cannot help now; somebody else may.
    Elsewhere(KvError),
    /// Who was asked will help later.
    Later(KvError),
    Failed(KvError),
}

impl Distributor {
    pub fn new(
        transport: Arc<dyn CellTransport>,
        clock: Arc<Clock>,
        entropy: Arc<dyn Entropy>,
        options: RouteOptions,
    ) -> Arc<Distributor> {
        Arc::new(Distributor {
            transport,
            clock,
            entropy,
            cache: RangeCache::new(options.ranges_max),
            domiciles: DomicileCache::default(),
            options,
            lookups: Mutex::default(),
        })
    }
    pub fn cache(&self) -> &RangeCache {
        &self.cache
    }
    /// Cuts a span at the borders of ranges, with the store that is thought to hold each part's lease (0: not known):
    /// for placing scans. A domicile that hides its keys from here comes in one part.
    ///
    /// # Errors
    /// `Unavailable` or `DeadlineExceeded` if no range answers within `timeout_ms` (0: 30 s).
    pub async fn parts(&self, span: &Span, timeout_ms: u64) -> Result<Vec<(Span, StoreId)>, KvError> {
        let call = Call::new(&Header { timeout_ms, ..Default::default() });
        let (mut out, mut at, end) = (Vec::new(), span.start.clone(), span.end_key());
        while at < end {
            let (until, store) = match self.target(&call, &at).await? {
                Target::Gateway(_) => (end.clone(), StoreId(0)),
                Target::Range(r) => {
                    let until = r.range.span.end.min(end.clone());
                    (until, r.lease.map_or(StoreId(0), |l| l.store()))
                }
            };
            out.push((Span::new(at, until.clone()), store));
            at = until;
        }
        Ok(out)
    }
    pub(super) fn lookup_gate(&self, domicile: DomicileId) -> Arc<tokio::sync::Mutex<()>> {
        self.lookups.lock().entry(domicile).or_default().clone()
    }

    /// Sends pieces to their ranges, in parallel, until each has an answer.
    async fn send_pieces(
        &self,
        call: &Call,
        header: &Header,
        mut queue: Vec<Piece>,
        gathered: &mut Gathered,
    ) -> Result<(), KvError> {
        let mut header = header.clone();
        while !queue.is_empty() {
            let mut groups = self.group(call, queue).await?;
            if groups.len() > 1 {
                header.can_forward_read_ts = false; // ranges would move it to different timestamps
                refuse_indivisible(call, &header, &mut groups, gathered)?;
            }
            let header = &header;
            let sends: Vec<BoxFuture<'_, (Vec<Piece>, Result<Sent, KvError>)>> = groups
                .into_iter()
                .map(|(target, pieces)| {
                    async move {
                        let result = self.send_to(call, &target, header, &pieces).await;
                        (pieces, result)
                    }
                    .boxed()
                })
                .collect();
            let results: Vec<_> =
                stream::iter(sends).buffered(self.options.parallel_max.max(1)).collect().await;
            queue = Vec::new();
            let mut error: Option<KvError> = None;
            for (pieces, result) in results {
                match result {
                    Ok(Sent::Reply(reply)) => gathered.add(&pieces, reply)?,
                    Ok(Sent::Reroute) => queue.extend(pieces),
                    Err(e) => error = Some(worse(error, at_original_index(e, &pieces))),
                }
            }
            if let Some(error) = error {
                let pushed_to = gathered.head.txn.as_ref().map_or(Timestamp::ZERO, |t| t.write_ts);
                return Err(raise(error, pushed_to));
            }
        }
        Ok(())
    }
    /// Sorts pieces by who gets them, cutting where they span ranges; the order of the pieces of one target is kept.
    async fn group(&self, call: &Call, queue: Vec<Piece>) -> Result<Vec<(Target, Vec<Piece>)>, KvError> {
        let mut groups: Vec<(Target, Vec<Piece>)> = Vec::new();
        let mut of_range: BTreeMap<(RangeId, DomicileId), usize> = BTreeMap::new();
        let mut last = 0;
        for piece in queue {
            let mut rest = Some(piece);
            while let Some(piece) = rest.take() {
                let key = split::routing_key(&piece.request);
                let known = matches!(groups.get(last), Some((Target::Range(r), _)) if r.range.contains(&key));
                if !known {
                    let target = self.target(call, &key).await?;
                    let id = match &target {
                        Target::Range(r) => (r.range.id(), DomicileId(0)),
                        Target::Gateway(d) => (RangeId(0), d.id()),
                    };
                    last = *of_range.entry(id).or_insert_with(|| {
                        groups.push((target, Vec::new()));
                        groups.len() - 1
                    });
                }
                let (target, pieces) = &mut groups[last];
                let span = match target {
                    Target::Range(r) => r.range.span.clone(),
                    Target::Gateway(d) => d.span(),
                };
                let (inside, outside) = split::cut(piece, &span);
                pieces.push(inside);
                rest = outside;
            }
        }
        Ok(groups)
    }
    /// Requests whose rows together are limited: one range after the other, in the scan's direction.
    async fn send_limited(
        &self,
        call: &Call,
        header: &Header,
        requests: &[Request],
        gathered: &mut Gathered,
    ) -> Result<(), KvError> {
        let pieces: Vec<Piece> = pieces_of(requests);
        if let [(target, whole)] = &self.group(call, pieces).await?[..]
            && let Sent::Reply(reply) = self.send_to(call, target, header, whole).await?
        {
            return gathered.add(whole, reply);
        }
        let header = &Header { can_forward_read_ts: false, ..header.clone() };
        let mut left = Limits { keys: header.keys_max, bytes: header.bytes_max, met: false };
        for (index, request) in requests.iter().enumerate() {
            if !split::is_divisible(request) {
                if !left.met {
                    let piece = Piece { index, request: request.clone() };
                    self.send_pieces(call, &left.header(header), vec![piece], gathered).await?;
                } else {
                    return Err(KvError::invalid("a limit was met before a request that cannot be resumed"));
                }
                continue;
            }
            let whole = request.span();
            let reverse = matches!(request, Request::Scan(s) if s.reverse);
            let (mut rest, mut rows) = (Some(whole.clone()), Vec::new());
            while let Some(span) = rest.clone().filter(|_| !left.met) {
                let target = if reverse && !span.is_point() {
                    self.target_before(call, &span).await?
                } else {
                    self.target(call, &span.start).await?
                };
                let part = match &target {
                    Target::Range(r) => span.intersect(&r.range.span),
                    Target::Gateway(d) => span.intersect(&d.span()),
                };
                let Some(part) = part else { continue }; // the cache changed below us
                let piece = [Piece { index, request: split::with_span(request, part.clone()) }];
                let Sent::Reply(mut reply) =
                    self.send_to(call, &target, &left.header(header), &piece).await?
                else {
                    continue;
                };
                call.reset();
                let resume = match reply.replies.first_mut().and_then(|r| r.reply.as_mut()) {
                    Some(Reply::Scan(scan)) => {
                        left.take(&scan.rows);
                        rows.append(&mut scan.rows);
                        scan.resume.take()
                    }
                    Some(_) => None,
                    None => return Err(KvError::bug("no reply to a request")),
                };
                left.met |= resume.is_some();
                rest = split::resume_of(&span, reverse, resume.as_ref(), &part);
                gathered.add(&[], BatchReply { replies: Vec::new(), ..reply })?;
            }
            let reply = match request {
                Request::Scan(_) => Reply::Scan(ScanReply { rows, resume: rest }),
                _ => Reply::Done(kv::reply::DoneReply { count: 0, resume: rest }),
            };
            gathered.add_reply(index, reply);
        }
        Ok(())
    }
    async fn send_to(
        &self,
        call: &Call,
        target: &Target,
        header: &Header,
        pieces: &[Piece],
    ) -> Result<Sent, KvError> {
        match target {
            Target::Range(range) => self.send_to_range(call, range, header, pieces).await,
            Target::Gateway(domicile) => self.send_to_gateway(call, domicile, header, pieces).await,
        }
    }
    /// Asks the leaseholder, or whoever may know it, until one answers or the range must be looked up anew.
    pub(super) async fn send_to_range(
        &self,
        call: &Call,
        cached: &CachedRange,
        header: &Header,
        pieces: &[Piece],
    ) -> Result<Sent, KvError> {
        let range = &cached.range;
        let batch = self.batch(header, range.range_id, range.generation, pieces);
        let mut tried: Vec<StoreId> = Vec::new();
        let mut lease = cached.lease.clone();
        let mut last = KvError::unavailable("the range has no replica that can be asked");
        while let Some(store) = self.choose(cached, lease.as_ref(), &tried, header.follower_read) {
            match self.attempt(call, store, &batch, pieces).await {
                Next::Done(reply) => {
                    call.reset();
                    self.learn(range.id(), &reply);
                    if lease.as_ref().is_none_or(|l| l.store() != store) && !header.follower_read {
                        // A guess: whoever served it holds the lease. Any real lease has a higher sequence.
                        let guess = Lease { store_id: store.0, ..Default::default() };
                        self.cache.learn_lease(range.id(), lease.as_ref().unwrap_or(&guess));
                    }
                    return Ok(Sent::Reply(reply));
                }
                Next::Later(e) => call.backoff(&*self.entropy, &e).await?,
                Next::Failed(e) => return Err(e),
                Next::Elsewhere(e) => {
                    tried.push(store);
                    match &e {
                        KvError::RangeMismatch(m) => {
                            self.cache.forget(range.id(), range.generation);
                            let helps =
                                m.ranges.iter().fold(false, |any, r| self.cache.learn(r.clone()) | any);
                            if !helps {
                                call.backoff(&*self.entropy, &e).await?;
                            }
                            return Ok(Sent::Reroute);
                        }
                        KvError::NotLeaseholder(n) => {
                            if let Some(newer) = n.range.as_ref().filter(|r| r.generation > range.generation)
                            {
                                self.cache.learn(newer.clone());
                            }
                            match &n.lease {
                                Some(new) if new.store() != store => {
                                    self.cache.learn_lease(range.id(), new);
                                    if tried.contains(&new.store()) {
                                        // Who is named has just refused: the lease is on its way.
                                        call.backoff(&*self.entropy, &e).await?;
                                        tried.retain(|s| *s != new.store());
                                    }
                                    lease = Some(new.clone());
                                }
                                _ => {
                                    self.cache.forget_lease(range.id(), store);
                                    lease = lease.filter(|l| l.store() != store);
                                }
                            }
                        }
                        _ => {
                            self.cache.forget_lease(range.id(), store);
                            lease = lease.filter(|l| l.store() != store);
                        }
                    }
                    last = e;
                }
            }
        }
        self.cache.forget(range.id(), range.generation);
        call.backoff(&*self.entropy, &last).await?;
        Ok(Sent::Reroute)
    }
    /// Gives a batch whole to a cell inside a domicile that hides its keys; that cell routes it.
    async fn send_to_gateway(
        &self,
        call: &Call,
        domicile: &DomicileDescriptor,
        header: &Header,
        pieces: &[Piece],
    ) -> Result<Sent, KvError> {
        let batch = self.batch(header, 0, 0, pieces);
        let mut last =
            KvError::unavailable(format!("no gateway cell of domicile {} is known", domicile.id()));
        loop {
            let mut gateways: Vec<_> =
                self.transport.cells().into_iter().filter(|c| domicile.regions.contains(&c.region)).collect();
            gateways.sort_by_key(|c| (c.region != domicile.home_region, c.store_id));
            for cell in gateways {
                match self.attempt(call, StoreId(cell.store_id), &batch, pieces).await {
                    Next::Done(reply) => return Ok(Sent::Reply(reply)),
                    Next::Failed(e) => return Err(e),
                    Next::Elsewhere(e) | Next::Later(e) => last = e,
                }
            }
            call.backoff(&*self.entropy, &last).await?;
        }
    }
    fn batch(&self, header: &Header, range_id: u64, range_generation: u64, pieces: &[Piece]) -> BatchRequest {
        let header = Header { version: WIRE_VERSION, range_id, range_generation, ..header.clone() };
        BatchRequest::new(header, pieces.iter().map(|p| p.request.clone()))
    }
    /// Sends once, and reads the answer as what to do next.
    async fn attempt(&self, call: &Call, store: StoreId, batch: &BatchRequest, pieces: &[Piece]) -> Next {
        let mut batch = batch.clone();
        batch.header.now = self.clock.now();
        batch.header.timeout_ms = call.timeout_ms();
        let in_txn = batch.header.txn.is_some();
        let prompt = split::is_prompt(pieces);
        let sent = self.transport.send(store, batch);
        let result = match call.attempt_timeout(prompt) {
            None => sent.await,
            Some(limit) => tokio::time::timeout(limit, sent).await.unwrap_or_else(|_| {
                let text = format!("no answer from store {store} within {} ms", limit.as_millis());
                Err(KvError::Ambiguous(Message::new(text)))
            }),
        };
        let error = match result {
            Ok(reply) => {
                if let Err(e) = self.clock.update(reply.now) {
                    tracing::warn!(%store, error = %e, "a cell's clock is out of bounds; this clock was not moved");
                }
                return Next::Done(reply);
            }
            Err(e) => e,
        };
        match error.kind() {
            ErrorKind::Reroute => Next::Elsewhere(error),
            ErrorKind::Retry if matches!(error, KvError::Overloaded(_)) => Next::Later(error),
            ErrorKind::Retry => Next::Elsewhere(error),
            ErrorKind::Ambiguous if split::resend_is_safe(in_txn, pieces) => {
                if split::fate_matters(in_txn, pieces) {
                    call.doubt_commit();
                }
                Next::Elsewhere(error)
            }
            ErrorKind::AbortTxn if call.in_doubt() => {
                let text = format!("the answer to a commit was lost, and its record is gone: {error}");
                Next::Failed(KvError::Ambiguous(Message::new(text)))
            }
            _ if call.in_doubt() && matches!(error, KvError::DeadlineExceeded(_)) => Next::Failed(
                KvError::Ambiguous(Message::new(format!("the answer to a commit was lost; then: {error}"))),
            ),
            _ => Next::Failed(error),
        }
    }
    /// The next replica to ask: the leaseholder, then the near ones, then the others.
    fn choose(
        &self,
        cached: &CachedRange,
        lease: Option<&Lease>,
        tried: &[StoreId],
        follower_read: bool,
    ) -> Option<StoreId> {
        let holder =
            lease.map(Lease::store).filter(|s| cached.range.replica_on(*s).is_some() && !tried.contains(s));
        if holder.is_some() && !follower_read {
            return holder;
        }
        let cells = self.transport.cells();
        let near = |s: StoreId| cells.iter().any(|c| c.store_id == s.0 && c.region == self.options.region);
        cached
            .range
            .replicas
            .iter()
            .filter(|r| !tried.contains(&r.store()))
            .min_by_key(|r| (!near(r.store()), r.kind, Some(r.store()) != holder, r.replica_id))
            .map(|r| r.store())
    }
    fn learn(&self, id: RangeId, reply: &BatchReply) {
        if let Some(range) = &reply.range {
            self.cache.learn(range.clone());
        }
        if let Some(lease) = &reply.lease {
            let of = reply.range.as_ref().map_or(id, |r| r.id());
            self.cache.learn_lease(of, lease);
        }
    }
}

#[async_trait]
impl Sender for Distributor {
    async fn send(&self, batch: BatchRequest) -> Result<BatchReply, KvError> {
        let call = Call::new(&batch.header);
        let header = batch.header;
        let requests = batch
            .requests
            .into_iter()
            .map(|r| r.request.ok_or_else(|| KvError::invalid("a request of an unknown kind")))
            .collect::<Result<Vec<Request>, KvError>>()?;
        requests.iter().try_for_each(check_span)?;
        let mut gathered = Gathered::default();
        let limited = (header.keys_max | header.bytes_max) != 0 && requests.iter().any(split::is_divisible);
        if limited {
            self.send_limited(&call, &header, &requests, &mut gathered).await?;
        } else {
            self.send_pieces(&call, &header, pieces_of(&requests), &mut gathered).await?;
        }
        gathered.finish(&requests)
    }
}

fn pieces_of(requests: &[Request]) -> Vec<Piece> {
    requests.iter().enumerate().map(|(index, r)| Piece { index, request: r.clone() }).collect()
}

/// A span must lie in one domicile: keys of two never go to one place.
fn check_span(request: &Request) -> Result<(), KvError> {
    let span = request.span();
    let start = kv::key::domicile_of(&span.start).map_err(|e| KvError::invalid(e.to_string()))?;
    if !span.is_point() && (span.start >= span.end || span.end > kv::key::domicile_span(start).end) {
        return Err(KvError::invalid(format!("span {span} is empty or leaves its domicile")));
    }
    Ok(())
}

/// Of a batch that goes to several ranges, takes out what only one range could do.
fn refuse_indivisible(
    call: &Call,
    header: &Header,
    groups: &mut Vec<(Target, Vec<Piece>)>,
    gathered: &mut Gathered,
) -> Result<(), KvError> {
    let all = || groups.iter().flat_map(|(_, p)| p);
    if header.txn.is_none() && all().any(|p| !split::resend_is_safe(false, std::slice::from_ref(p))) {
        return Err(KvError::invalid("writes without a transaction span several ranges"));
    }
    if !all().any(|p| matches!(p.request, Request::EndTxn(_))) {
        return Ok(());
    }
    if !all().any(|p| split::is_one_phase(&p.request)) {
        // Delegations and roll-backs of several domiciles may go together; a decision must not overtake its writes.
        return match all().any(|p| split::is_commit(&p.request)) {
            true => Err(KvError::invalid("a commit of two phases must be sent alone")),
            false => Ok(()),
        };
    }
    if call.in_doubt() {
        let text = "the answer to a one-phase commit was lost, and its range was split since";
        return Err(KvError::Ambiguous(Message::new(text)));
    }
    for (_, pieces) in groups.iter_mut() {
        pieces.retain(|p| {
            let one_phase = split::is_one_phase(&p.request);
            if one_phase {
                gathered.add_reply(p.index, split::one_phase_refused());
            }
            !one_phase
        });
    }
    groups.retain(|(_, pieces)| !pieces.is_empty());
    Ok(())
}

/// What is left of a batch's limits.
struct Limits {
    keys: u64,
    bytes: u64,
    met: bool,
}

impl Limits {
    fn header(&self, header: &Header) -> Header {
        Header { keys_max: self.keys, bytes_max: self.bytes, ..header.clone() }
    }
    fn take(&mut self, rows: &[kv::reply::Row]) {
        let bytes: usize = rows.iter().map(|r| r.key.len() + r.value.len()).sum();
        for (left, used) in [(&mut self.keys, rows.len() as u64), (&mut self.bytes, bytes as u64)] {
            if *left != 0 {
                *left = left.saturating_sub(used);
                self.met |= *left == 0;
            }
        }
    }
}

fn at_original_index(error: KvError, pieces: &[Piece]) -> KvError {
    match error {
        KvError::ConditionFailed(mut e) => {
            e.index = pieces.get(e.index as usize).map_or(e.index, |p| p.index as u32);
            KvError::ConditionFailed(e)
        }
        e => e,
    }
}
/// Of two errors of one batch, the one that the sender must hear.
fn worse(old: Option<KvError>, new: KvError) -> KvError {
    let rank = |e: &KvError| match e.kind() {
        ErrorKind::Corrupt | ErrorKind::Bug => 7,
        ErrorKind::Ambiguous => 6,
        ErrorKind::AbortTxn => 5,
        ErrorKind::RestartTxn => 4,
        ErrorKind::Reject => 3,
        ErrorKind::Retry => 2,
        ErrorKind::Reroute => 1,
    };
    match old {
        Some(old) if rank(&old) > rank(&new) => old,
        Some(old) if rank(&old) == rank(&new) => {
            raise(new, crate::error::refresh_target(&old).unwrap_or_default())
        }
        _ => new,
    }
}
/// Parts of the batch that succeeded may have been pushed to `at`: who goes on after this error must go there too, or it
/// would commit below its own intents.
fn raise(mut error: KvError, at: Timestamp) -> KvError {
    match &mut error {
        KvError::WriteTooOld(e) => e.actual.forward(at),
        KvError::UncertainRead(e) => e.value_ts.forward(at),
        KvError::TxnRetry(e) => e.retry_at.forward(at),
        _ => false,
    };
    error
}
