//! Replies of a range: one for each request, in order, and what the sender should know of the range.

use crate::{
    Bytes, CellDescriptor, ClockTimestamp, Key, Lease, RangeDescriptor, Span, Timestamp, Txn,
    transaction::{SequenceRange, TxnStatus},
};

/// The answer to a batch that succeeded.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BatchReply {
    #[prost(message, repeated, tag = "1")]
    pub replies: Vec<ReplyUnion>,
    /// The transaction with `write_ts` moved as the writes demanded.
    #[prost(message, optional, tag = "2")]
    pub txn: Option<Txn>,
    /// The server's clock, which moves the sender's.
    #[prost(message, required, tag = "3")]
    pub now: ClockTimestamp,
    /// The range's descriptor, when the sender's generation was older.
    #[prost(message, optional, tag = "4")]
    pub range: Option<RangeDescriptor>,
    /// The range's lease, with `range`.
    #[prost(message, optional, tag = "5")]
    pub lease: Option<Lease>,
    /// The timestamp at which a request without transaction read or wrote.
    #[prost(message, required, tag = "6")]
    pub timestamp: Timestamp,
}

/// One reply, as prost wants a oneof to be wrapped.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ReplyUnion {
    #[prost(oneof = "Reply", tags = "1,2,3,4,5,6,7,8")]
    pub reply: Option<Reply>,
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Oneof)]
pub enum Reply {
    #[prost(message, tag = "1")]
    Get(GetReply),
    #[prost(message, tag = "2")]
    Scan(ScanReply),
    /// Put, Delete, ConditionalPut, Refresh, ResolveIntent, RemoveTxnRecord and the admin requests.
    #[prost(message, tag = "3")]
    Done(DoneReply),
    #[prost(message, tag = "4")]
    Increment(IncrementReply),
    /// EndTxn, HeartbeatTxn and PushTxn: the record after the request.
    #[prost(message, tag = "5")]
    Txn(TxnReply),
    #[prost(message, tag = "6")]
    RegisterWait(RegisterWaitReply),
    #[prost(message, tag = "7")]
    RangeInfo(RangeInfoReply),
    #[prost(message, tag = "8")]
    LookupRange(LookupRangeReply),
}

#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct GetReply {
    #[prost(bytes = "bytes", optional, tag = "1")]
    pub value: Option<Bytes>,
    /// Left out because of SKIP LOCKED.
    #[prost(bool, tag = "2")]
    pub skipped: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Row {
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Key,
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ScanReply {
    /// In the scan's order.
    #[prost(message, repeated, tag = "1")]
    pub rows: Vec<Row>,
    /// What was not scanned because a limit was met.
    #[prost(message, optional, tag = "2")]
    pub resume: Option<Span>,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct DoneReply {
    /// ResolveIntent: how many locks it ended. What is left of a long span, if any, is in `resume`.
    #[prost(uint64, tag = "1")]
    pub count: u64,
    #[prost(message, optional, tag = "2")]
    pub resume: Option<Span>,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct IncrementReply {
    #[prost(int64, tag = "1")]
    pub value: i64,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct TxnReply {
    #[prost(enumeration = "TxnStatus", tag = "1")]
    pub status: i32,
    /// Where it committed, or must commit at least.
    #[prost(message, required, tag = "2")]
    pub write_ts: Timestamp,
    #[prost(uint32, tag = "3")]
    pub epoch: u32,
    #[prost(message, repeated, tag = "4")]
    pub lock_spans: Vec<Span>,
    #[prost(uint32, repeated, tag = "5")]
    pub domiciles: Vec<u32>,
    #[prost(message, repeated, tag = "6")]
    pub ignored: Vec<SequenceRange>,
    /// EndTxn with `one_phase`: whether the batch did commit in one phase. If not, nothing of it was done, the other
    /// replies of the batch are empty, and `write_ts` says where the commit must lie at least.
    #[prost(bool, tag = "7")]
    pub one_phase: bool,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RegisterWaitReply {
    /// For whom `waiter_id` waits by the registrations that are alive.
    #[prost(bytes = "bytes", repeated, tag = "1")]
    pub holder_ids: Vec<Bytes>,
    #[prost(message, required, tag = "2")]
    pub waiter_start: Timestamp,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RangeInfoReply {
    #[prost(message, required, tag = "1")]
    pub range: RangeDescriptor,
    #[prost(message, optional, tag = "2")]
    pub lease: Option<Lease>,
    #[prost(uint64, tag = "3")]
    pub bytes: u64,
    #[prost(uint64, tag = "4")]
    pub raft_leader_store: u64,
    #[prost(uint64, tag = "5")]
    pub applied_index: u64,
    #[prost(message, required, tag = "6")]
    pub closed: Timestamp,
}
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct LookupRangeReply {
    /// In key order; the first holds the key.
    #[prost(message, repeated, tag = "1")]
    pub ranges: Vec<RangeDescriptor>,
    /// Cells of these ranges, so that a newcomer can reach them.
    #[prost(message, repeated, tag = "2")]
    pub cells: Vec<CellDescriptor>,
}

impl From<Reply> for ReplyUnion {
    fn from(r: Reply) -> Self {
        ReplyUnion { reply: Some(r) }
    }
}

impl TxnReply {
    pub fn txn_status(&self) -> TxnStatus {
        TxnStatus::try_from(self.status).unwrap_or(TxnStatus::Pending)
    }
}
