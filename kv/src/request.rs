//! Requests to a range: a batch has one header and is evaluated as one unit by one leaseholder.

use crate::{
    Bytes, ClockTimestamp, Key, Span, Timestamp, Txn,
    mvcc::LockStrength,
    transaction::{SequenceRange, TxnStatus},
};

/// What a request does when it meets a lock of another transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum WaitPolicy {
    /// Waits in the lock's queue.
    Block = 0,
    /// Fails at once (NOWAIT).
    Error = 1,
    /// Leaves the row out (SKIP LOCKED).
    Skip = 2,
}

/// What every request carries. All of it is in the format from the first day; see DESIGN section 10.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Header {
    /// `WIRE_VERSION` of the sender.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// The range that the sender believes to hold all spans. 0: the receiving cell routes by itself, and splits.
    #[prost(uint64, tag = "2")]
    pub range_id: u64,
    /// Of the sender's cached descriptor; an older one makes the reply carry the newer descriptor.
    #[prost(uint64, tag = "3")]
    pub range_generation: u64,
    #[prost(message, optional, tag = "4")]
    pub txn: Option<Txn>,
    /// Read timestamp of a request without transaction; zero: the leaseholder's clock.
    #[prost(message, required, tag = "5")]
    pub timestamp: Timestamp,
    /// Uncertainty limit of a request without transaction; zero: none.
    #[prost(message, required, tag = "6")]
    pub uncertainty_limit: Timestamp,
    /// How long the sender waits from now, milliseconds; 0: no limit of the sender's.
    #[prost(uint64, tag = "7")]
    pub timeout_ms: u64,
    #[prost(enumeration = "WaitPolicy", tag = "8")]
    pub wait_policy: i32,
    /// Longest wait for one lock, milliseconds; 0: no limit.
    #[prost(uint64, tag = "9")]
    pub lock_timeout_ms: u64,
    /// Rows to return at most; 0: no limit. What is left comes as a resume span.
    #[prost(uint64, tag = "10")]
    pub keys_max: u64,
    /// Bytes to return at most (the first row always comes); 0: no limit.
    #[prost(uint64, tag = "11")]
    pub bytes_max: u64,
    /// Version of the catalog descriptor by which the keys were formed.
    #[prost(uint64, tag = "12")]
    pub descriptor_version: u64,
    /// Version of the policy module by which the keys were formed; 0: none.
    #[prost(uint64, tag = "13")]
    pub module_version: u64,
    /// The SQL role on whose behalf this is sent, or "system".
    #[prost(string, tag = "14")]
    pub principal: String,
    /// The sender's clock, which moves the receiver's.
    #[prost(message, required, tag = "15")]
    pub now: ClockTimestamp,
    /// Region of the gateway, for counters of traffic and for policies.
    #[prost(string, tag = "16")]
    pub gateway_region: String,
    /// A read that any replica may serve if its closed timestamp covers it.
    #[prost(bool, tag = "17")]
    pub follower_read: bool,
    /// The transaction has read nothing that would need a refresh, and this batch goes to one range only: the leaseholder
    /// may move `read_ts` (and `write_ts` with it) up rather than answer WriteTooOld, UncertainRead or TxnRetry. The
    /// reply's `txn` has the moved timestamps. A sender that splits the batch over ranges clears it.
    #[prost(bool, tag = "18")]
    pub can_forward_read_ts: bool,
}

/// Requests that are evaluated together, in order, at one range.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BatchRequest {
    #[prost(message, required, tag = "1")]
    pub header: Header,
    #[prost(message, repeated, tag = "2")]
    pub requests: Vec<RequestUnion>,
}

/// One request, as prost wants a oneof to be wrapped.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RequestUnion {
    #[prost(oneof = "Request", tags = "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17")]
    pub request: Option<Request>,
}

/// What can be asked of a range.
#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum Request {
    #[prost(message, tag = "1")]
    Get(Get),
    #[prost(message, tag = "2")]
    Scan(Scan),
    #[prost(message, tag = "3")]
    Put(Put),
    #[prost(message, tag = "4")]
    Delete(Delete),
    #[prost(message, tag = "5")]
    ConditionalPut(ConditionalPut),
    #[prost(message, tag = "6")]
    Increment(Increment),
    #[prost(message, tag = "7")]
    Refresh(Refresh),
    #[prost(message, tag = "8")]
    EndTxn(EndTxn),
    #[prost(message, tag = "9")]
    HeartbeatTxn(HeartbeatTxn),
    #[prost(message, tag = "10")]
    PushTxn(PushTxn),
    #[prost(message, tag = "11")]
    ResolveIntent(ResolveIntent),
    #[prost(message, tag = "12")]
    RemoveTxnRecord(RemoveTxnRecord),
    #[prost(message, tag = "13")]
    RegisterWait(RegisterWait),
    #[prost(message, tag = "14")]
    AdminSplit(AdminSplit),
    #[prost(message, tag = "15")]
    AdminTransferLease(AdminTransferLease),
    #[prost(message, tag = "16")]
    RangeInfo(RangeInfo),
    #[prost(message, tag = "17")]
    LookupRange(LookupRange),
}

/// Reads one key; with `lock`, locks it first (also if it is absent).
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Get {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(enumeration = "LockStrength", tag = "2")]
    pub lock: i32,
}
/// Reads a span in key order; with `lock`, locks each row that it returns.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Scan {
    #[prost(message, required, tag = "1")]
    pub span: Span,
    #[prost(bool, tag = "2")]
    pub reverse: bool,
    #[prost(enumeration = "LockStrength", tag = "3")]
    pub lock: i32,
}
/// Writes a value whatever was there.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Put {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
    #[prost(uint32, tag = "3")]
    pub sequence: u32,
}
/// Writes a tombstone whatever was there.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Delete {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(uint32, tag = "2")]
    pub sequence: u32,
}
/// Writes if the current value is `expected` (absent: if there is none); otherwise `KvError::ConditionFailed`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ConditionalPut {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
    #[prost(bytes = "bytes", optional, tag = "3")]
    pub expected: Option<Bytes>,
    #[prost(uint32, tag = "4")]
    pub sequence: u32,
}
/// Adds to a counter (a value of 8 bytes, big-endian two's complement; absent counts as 0) and returns the new value.
/// Without a transaction it is atomic and final by itself: ids, sequences.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Increment {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(int64, tag = "2")]
    pub by: i64,
    #[prost(uint32, tag = "3")]
    pub sequence: u32,
}
/// Proves that nothing was written in `span` in `(from, txn.read_ts]` by others, and keeps it so.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Refresh {
    #[prost(message, required, tag = "1")]
    pub span: Span,
    /// The old read timestamp, exclusive.
    #[prost(message, required, tag = "2")]
    pub from: Timestamp,
}
/// Ends the transaction at its record, or makes a local record DELEGATED.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct EndTxn {
    /// The record's key: routes the request. With `one_phase` there is no record: it is the key of the batch's first write,
    /// so that it lies in the same range, and the marker is kept under it.
    #[prost(bytes = "bytes", tag = "1")]
    pub record_key: Key,
    /// Committed, Aborted or Delegated.
    #[prost(enumeration = "TxnStatus", tag = "2")]
    pub status: i32,
    /// The commit timestamp must lie below it (descriptor leases); zero: no limit.
    #[prost(message, required, tag = "3")]
    pub commit_below: Timestamp,
    /// Where the intents of this domicile are.
    #[prost(message, repeated, tag = "4")]
    pub lock_spans: Vec<Span>,
    /// Of the deciding record: domiciles with a local one, without the system domicile (whose own intents are in
    /// `lock_spans` of the deciding record).
    #[prost(uint32, repeated, tag = "5")]
    pub domiciles: Vec<u32>,
    /// All writes of the transaction are in this batch, which commits as one command without intents if the rules allow it.
    /// If they do not, nothing at all is done: the other replies are empty, and `one_phase` is false in this one's.
    #[prost(bool, tag = "6")]
    pub one_phase: bool,
}
/// Makes the record pending if there is none, and keeps it alive.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct HeartbeatTxn {
    #[prost(bytes = "bytes", tag = "1")]
    pub record_key: Key,
}
/// What the pusher wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum PushKind {
    /// Only to know; a record that is expired or missing for too long becomes ABORTED.
    Query = 0,
    /// Abort it (the pusher found a deadlock in which this one is to die), whatever its heartbeat says.
    Abort = 1,
    /// Move its commit above `push_to`, so that a reader may pass.
    Timestamp = 2,
}
/// Asks a record for the fate of its transaction, and may change it.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct PushTxn {
    #[prost(bytes = "bytes", tag = "1")]
    pub record_key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub pushee_id: Bytes,
    #[prost(enumeration = "PushKind", tag = "3")]
    pub kind: i32,
    #[prost(message, required, tag = "4")]
    pub push_to: Timestamp,
    /// The intent's `txn_start`: from it the age is judged where no record exists.
    #[prost(message, required, tag = "5")]
    pub pushee_start: Timestamp,
    /// Who asks; empty: a request without transaction.
    #[prost(bytes = "bytes", tag = "6")]
    pub pusher_id: Bytes,
}
/// Turns the intents and locks of an ended transaction in `span` into versions, or removes them.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ResolveIntent {
    #[prost(message, required, tag = "1")]
    pub span: Span,
    #[prost(bytes = "bytes", tag = "2")]
    pub txn_id: Bytes,
    /// Committed, Aborted, or Pending (moves the intent up to `commit_ts`).
    #[prost(enumeration = "TxnStatus", tag = "3")]
    pub status: i32,
    #[prost(message, required, tag = "4")]
    pub commit_ts: Timestamp,
    #[prost(uint32, tag = "5")]
    pub epoch: u32,
    #[prost(message, repeated, tag = "6")]
    pub ignored: Vec<SequenceRange>,
}
/// Deletes the record of an ended transaction, after all its intents are gone.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RemoveTxnRecord {
    #[prost(bytes = "bytes", tag = "1")]
    pub record_key: Key,
}
/// Says at the waiter's record in the system domicile for whom it waits, and asks whether that closes a circle.
/// Kept in memory by the leaseholder and forgotten after `ttl_ms`. Carries ids only: keys never cross a domicile.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RegisterWait {
    /// `/system/txn/waiter`: routes the request.
    #[prost(bytes = "bytes", tag = "1")]
    pub record_key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub waiter_id: Bytes,
    #[prost(message, required, tag = "3")]
    pub waiter_start: Timestamp,
    /// Empty: the waiter waits no more.
    #[prost(bytes = "bytes", repeated, tag = "4")]
    pub holder_ids: Vec<Bytes>,
    #[prost(uint64, tag = "5")]
    pub ttl_ms: u64,
    /// Only asks for whom `waiter_id` waits; registers nothing.
    #[prost(bool, tag = "6")]
    pub query_only: bool,
}
/// Cuts the range at `key`, which becomes the first key of the right half.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct AdminSplit {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
}
/// Gives the lease to the replica on `target_store`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct AdminTransferLease {
    /// A key of the range: routes the request.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(uint64, tag = "2")]
    pub target_store: u64,
}
/// Asks for descriptor, lease and counts.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RangeInfo {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
}
/// Asks which ranges hold `key` and what follows it, from the domicile's meta span. Never waits on an intent; meta rows
/// are hints, read at the newest version.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LookupRange {
    /// A key within the domicile whose range is wanted.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    /// How many ranges in a row at most; at least 1.
    #[prost(uint32, tag = "2")]
    pub ranges_max: u32,
}

impl From<Request> for RequestUnion {
    fn from(r: Request) -> Self {
        RequestUnion { request: Some(r) }
    }
}

impl Request {
    /// The span that routes the request, is latched and is checked against the range.
    pub fn span(&self) -> Span {
        match self {
            Request::Get(r) => Span::point(r.key.clone()),
            Request::Scan(r) => r.span.clone(),
            Request::Put(r) => Span::point(r.key.clone()),
            Request::Delete(r) => Span::point(r.key.clone()),
            Request::ConditionalPut(r) => Span::point(r.key.clone()),
            Request::Increment(r) => Span::point(r.key.clone()),
            Request::Refresh(r) => r.span.clone(),
            Request::EndTxn(r) => Span::point(r.record_key.clone()),
            Request::HeartbeatTxn(r) => Span::point(r.record_key.clone()),
            Request::PushTxn(r) => Span::point(r.record_key.clone()),
            Request::ResolveIntent(r) => r.span.clone(),
            Request::RemoveTxnRecord(r) => Span::point(r.record_key.clone()),
            Request::RegisterWait(r) => Span::point(r.record_key.clone()),
            Request::AdminSplit(r) => Span::point(r.key.clone()),
            Request::AdminTransferLease(r) => Span::point(r.key.clone()),
            Request::RangeInfo(r) => Span::point(r.key.clone()),
            // Reads the meta span, which lies in the domicile's first range.
            Request::LookupRange(r) => match crate::key::domicile_of(&r.key) {
                Ok(d) => crate::key::meta_lookup_span(d, &r.key),
                Err(_) => Span::point(r.key.clone()),
            },
        }
    }
    /// Whether evaluation may produce a command.
    pub fn is_write(&self) -> bool {
        match self {
            Request::Get(r) => r.lock != LockStrength::None as i32,
            Request::Scan(r) => r.lock != LockStrength::None as i32,
            Request::Put(_)
            | Request::Delete(_)
            | Request::ConditionalPut(_)
            | Request::Increment(_)
            | Request::EndTxn(_)
            | Request::HeartbeatTxn(_)
            | Request::PushTxn(_)
            | Request::ResolveIntent(_)
            | Request::RemoveTxnRecord(_)
            | Request::AdminSplit(_)
            | Request::AdminTransferLease(_) => true,
            Request::Refresh(_)
            | Request::RegisterWait(_)
            | Request::RangeInfo(_)
            | Request::LookupRange(_) => false,
        }
    }
}

impl BatchRequest {
    pub fn new(header: Header, requests: impl IntoIterator<Item = Request>) -> Self {
        BatchRequest { header, requests: requests.into_iter().map(RequestUnion::from).collect() }
    }
    /// The requests; one of an unknown kind (a newer sender) is skipped here and refused by `validate`.
    pub fn iter(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter_map(|r| r.request.as_ref())
    }
    pub fn is_write(&self) -> bool {
        self.iter().any(Request::is_write)
    }
}
