//! Bytes of log entries, votes, memberships and Raft messages.
//!
//! ```text
//! entry   crc32 u32 LE over the rest | version u8 | kind u8 | term u64 | replica u64 | index u64 (all LE) | payload
//!         kind 0 blank (no payload), 1 command, 2 membership
//! others  prost messages, see below; a value in the log store has a crc32 in front
//! ```
//! The same bytes of an entry lie in the log and travel on the wire.

use super::{Data, Entry, LogId, Member, Membership, StoredMembership, Types, Vote, log_id};
use bytes::{BufMut, Bytes, BytesMut};
use openraft::{
    EntryPayload,
    raft::{
        AppendEntriesRequest, AppendEntriesResponse, TransferLeaderError, TransferLeaderRequest,
        TransferLeaderResponse, VoteRequest, VoteResponse,
    },
};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Version of an entry's form that this build writes.
const ENTRY_VERSION: u8 = 1;
const ENTRY_HEAD: usize = 4 + 1 + 1 + 8 + 8 + 8;
const BLANK: u8 = 0;
const COMMAND: u8 = 1;
const MEMBERSHIP: u8 = 2;

/// Bytes that do not read back as what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("{0} is cut short")]
    Short(&'static str),
    #[error("checksum of {what} is {got:08x}, want {want:08x}")]
    Checksum { what: &'static str, got: u32, want: u32 },
    #[error("{what} has form {form}, which this build does not know")]
    Form { what: &'static str, form: u8 },
    #[error("{what} does not decode: {why}")]
    Message { what: &'static str, why: String },
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct LogIdProto {
    #[prost(uint64, tag = "1")]
    term: u64,
    #[prost(uint64, tag = "2")]
    replica: u64,
    #[prost(uint64, tag = "3")]
    index: u64,
}
impl From<&LogId> for LogIdProto {
    fn from(l: &LogId) -> Self {
        let leader = l.committed_leader_id();
        LogIdProto { term: leader.term, replica: leader.node_id, index: l.index }
    }
}
impl From<&LogIdProto> for LogId {
    fn from(l: &LogIdProto) -> Self {
        log_id(l.term, l.replica, l.index)
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct VoteProto {
    #[prost(uint64, tag = "1")]
    term: u64,
    #[prost(uint64, tag = "2")]
    replica: u64,
    #[prost(bool, tag = "3")]
    committed: bool,
}
impl From<&Vote> for VoteProto {
    fn from(v: &Vote) -> Self {
        VoteProto { term: v.leader_id.term, replica: v.leader_id.node_id, committed: v.committed }
    }
}
impl From<&VoteProto> for Vote {
    fn from(v: &VoteProto) -> Self {
        if v.committed { Vote::new_committed(v.term, v.replica) } else { Vote::new(v.term, v.replica) }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
struct VotersProto {
    #[prost(uint64, repeated, tag = "1")]
    replicas: Vec<u64>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct MemberProto {
    #[prost(uint64, tag = "1")]
    replica: u64,
    #[prost(uint64, tag = "2")]
    store: u64,
}
/// A membership and the entry that set it.
#[derive(Clone, PartialEq, prost::Message)]
struct MembershipProto {
    #[prost(message, optional, tag = "1")]
    log_id: Option<LogIdProto>,
    /// One set; two in a joint configuration.
    #[prost(message, repeated, tag = "2")]
    voters: Vec<VotersProto>,
    #[prost(message, repeated, tag = "3")]
    members: Vec<MemberProto>,
}

fn membership_proto(at: Option<&LogId>, m: &Membership) -> MembershipProto {
    MembershipProto {
        log_id: at.map(LogIdProto::from),
        voters: m
            .get_joint_config()
            .iter()
            .map(|c| VotersProto { replicas: c.iter().copied().collect() })
            .collect(),
        members: m.nodes().map(|(r, n)| MemberProto { replica: *r, store: n.store_id }).collect(),
    }
}
fn membership_of(p: &MembershipProto) -> Result<Membership, CodecError> {
    let voters: Vec<BTreeSet<u64>> = p.voters.iter().map(|v| v.replicas.iter().copied().collect()).collect();
    let nodes: BTreeMap<u64, Member> =
        p.members.iter().map(|m| (m.replica, Member { store_id: m.store })).collect();
    Membership::new(voters, nodes).map_err(|e| CodecError::Message { what: "membership", why: e.to_string() })
}
/// A membership as the state store keeps it.
pub fn encode_membership(m: &StoredMembership) -> Bytes {
    membership_proto(m.log_id().as_ref(), m.membership()).encode_to_vec().into()
}
/// # Errors
/// `CodecError`: the store is corrupt.
pub fn decode_membership(bytes: &[u8]) -> Result<StoredMembership, CodecError> {
    let p = decode::<MembershipProto>("membership", bytes)?;
    Ok(StoredMembership::new(p.log_id.as_ref().map(LogId::from), membership_of(&p)?))
}

fn decode<M: Message + Default>(what: &'static str, bytes: &[u8]) -> Result<M, CodecError> {
    M::decode(bytes).map_err(|e| CodecError::Message { what, why: e.to_string() })
}
fn decode_shared<M: Message + Default>(what: &'static str, bytes: Bytes) -> Result<M, CodecError> {
    M::decode(bytes).map_err(|e| CodecError::Message { what, why: e.to_string() })
}

/// The bytes of an entry, in the log and on the wire.
pub fn encode_entry(entry: &Entry) -> Bytes {
    let (kind, payload) = match &entry.payload {
        EntryPayload::Blank => (BLANK, Bytes::new()),
        EntryPayload::Normal(d) => (COMMAND, d.0.clone()),
        EntryPayload::Membership(m) => (MEMBERSHIP, membership_proto(None, m).encode_to_vec().into()),
    };
    let leader = entry.log_id.committed_leader_id();
    let mut out = BytesMut::with_capacity(ENTRY_HEAD + payload.len());
    out.put_u32_le(0);
    out.put_u8(ENTRY_VERSION);
    out.put_u8(kind);
    out.put_u64_le(leader.term);
    out.put_u64_le(leader.node_id);
    out.put_u64_le(entry.log_id.index);
    out.put_slice(&payload);
    let crc = crc32fast::hash(&out[4..]);
    out[..4].copy_from_slice(&crc.to_le_bytes());
    out.freeze()
}
/// # Errors
/// `CodecError`: the log or the wire is corrupt.
pub fn decode_entry(bytes: &Bytes) -> Result<Entry, CodecError> {
    if bytes.len() < ENTRY_HEAD {
        return Err(CodecError::Short("log entry"));
    }
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("within the head"));
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("within the head"));
    let (want, got) = (u32_at(0), crc32fast::hash(&bytes[4..]));
    if want != got {
        return Err(CodecError::Checksum { what: "log entry", got, want });
    }
    if bytes[4] != ENTRY_VERSION {
        return Err(CodecError::Form { what: "log entry", form: bytes[4] });
    }
    let payload = match bytes[5] {
        BLANK => EntryPayload::Blank,
        COMMAND => EntryPayload::Normal(Data(bytes.slice(ENTRY_HEAD..))),
        MEMBERSHIP => {
            let p = decode::<MembershipProto>("membership", &bytes[ENTRY_HEAD..])?;
            EntryPayload::Membership(membership_of(&p)?)
        }
        form => return Err(CodecError::Form { what: "log entry's payload", form }),
    };
    Ok(Entry { log_id: log_id(u64_at(6), u64_at(14), u64_at(22)), payload })
}

fn seal(body: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(4 + body.len());
    out.put_u32_le(crc32fast::hash(body));
    out.put_slice(body);
    out.freeze()
}
fn unseal<'a>(what: &'static str, bytes: &'a [u8]) -> Result<&'a [u8], CodecError> {
    let (crc, body) = bytes.split_at_checked(4).ok_or(CodecError::Short(what))?;
    let want = u32::from_le_bytes(crc.try_into().expect("4 bytes by the split"));
    let got = crc32fast::hash(body);
    if want == got { Ok(body) } else { Err(CodecError::Checksum { what, got, want }) }
}
/// A vote as the log store keeps it.
pub fn encode_vote(v: &Vote) -> Bytes {
    seal(&VoteProto::from(v).encode_to_vec())
}
/// # Errors
/// `CodecError`: the log store is corrupt.
pub fn decode_vote(bytes: &[u8]) -> Result<Vote, CodecError> {
    Ok(Vote::from(&decode::<VoteProto>("vote", unseal("vote", bytes)?)?))
}
/// A log id as the stores keep it.
pub fn encode_log_id(l: &LogId) -> Bytes {
    seal(&LogIdProto::from(l).encode_to_vec())
}
/// # Errors
/// `CodecError`: the store is corrupt.
pub fn decode_log_id(bytes: &[u8]) -> Result<LogId, CodecError> {
    Ok(LogId::from(&decode::<LogIdProto>("log id", unseal("log id", bytes)?)?))
}

// ---- messages ----

/// What a Raft message is: `RaftRequest::kind`.
pub mod kind {
    pub const APPEND: u8 = 1;
    pub const VOTE: u8 = 2;
    pub const PRE_VOTE: u8 = 3;
    pub const TRANSFER: u8 = 4;
    /// The leader says up to which index all replicas have the log: u64 BE.
    pub const PURGE: u8 = 5;
}

#[derive(Clone, PartialEq, prost::Message)]
struct AppendProto {
    #[prost(message, required, tag = "1")]
    vote: VoteProto,
    #[prost(message, optional, tag = "2")]
    prev: Option<LogIdProto>,
    #[prost(message, optional, tag = "3")]
    commit: Option<LogIdProto>,
    #[prost(bytes = "bytes", repeated, tag = "4")]
    entries: Vec<Bytes>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct AppendReplyProto {
    #[prost(oneof = "AppendResult", tags = "1,2,3,4")]
    result: Option<AppendResult>,
}
#[derive(Clone, PartialEq, prost::Oneof)]
enum AppendResult {
    #[prost(bool, tag = "1")]
    Success(bool),
    #[prost(message, tag = "2")]
    Partial(PartialProto),
    #[prost(bool, tag = "3")]
    Conflict(bool),
    #[prost(message, tag = "4")]
    Higher(VoteProto),
}
#[derive(Clone, PartialEq, prost::Message)]
struct PartialProto {
    #[prost(message, optional, tag = "1")]
    log_id: Option<LogIdProto>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct AskVoteProto {
    #[prost(message, required, tag = "1")]
    vote: VoteProto,
    #[prost(message, optional, tag = "2")]
    last: Option<LogIdProto>,
    #[prost(bool, tag = "3")]
    transfer: bool,
}
#[derive(Clone, PartialEq, prost::Message)]
struct VoteReplyProto {
    #[prost(message, required, tag = "1")]
    vote: VoteProto,
    #[prost(message, optional, tag = "2")]
    last: Option<LogIdProto>,
    #[prost(bool, tag = "3")]
    granted: bool,
}
#[derive(Clone, PartialEq, prost::Message)]
struct TransferProto {
    #[prost(message, required, tag = "1")]
    vote: VoteProto,
    #[prost(uint64, tag = "2")]
    to: u64,
    #[prost(message, optional, tag = "3")]
    last: Option<LogIdProto>,
}
#[derive(Clone, PartialEq, prost::Message)]
struct TransferReplyProto {
    #[prost(oneof = "TransferResult", tags = "1,2,3")]
    result: Option<TransferResult>,
}
#[derive(Clone, PartialEq, prost::Oneof)]
enum TransferResult {
    #[prost(bool, tag = "1")]
    Done(bool),
    /// The vote that is there now.
    #[prost(message, tag = "2")]
    VoteChanged(VoteProto),
    /// What has been flushed.
    #[prost(message, tag = "3")]
    NotFlushed(PartialProto),
}
fn id(l: &Option<LogIdProto>) -> Option<LogId> {
    l.as_ref().map(LogId::from)
}
fn proto(l: &Option<LogId>) -> Option<LogIdProto> {
    l.as_ref().map(LogIdProto::from)
}

pub fn encode_append(r: &AppendEntriesRequest<Types>) -> Bytes {
    AppendProto {
        vote: (&r.vote).into(),
        prev: proto(&r.prev_log_id),
        commit: proto(&r.leader_commit),
        entries: r.entries.iter().map(encode_entry).collect(),
    }
    .encode_to_vec()
    .into()
}
/// # Errors
/// `CodecError`: refuse the message.
pub fn decode_append(bytes: Bytes) -> Result<AppendEntriesRequest<Types>, CodecError> {
    let p: AppendProto = decode_shared("append message", bytes)?;
    Ok(AppendEntriesRequest {
        vote: (&p.vote).into(),
        prev_log_id: id(&p.prev),
        leader_commit: id(&p.commit),
        entries: p.entries.iter().map(decode_entry).collect::<Result<_, _>>()?,
    })
}
pub fn encode_append_reply(r: &AppendEntriesResponse<Types>) -> Bytes {
    let result = match r {
        AppendEntriesResponse::Success => AppendResult::Success(true),
        AppendEntriesResponse::PartialSuccess(l) => AppendResult::Partial(PartialProto { log_id: proto(l) }),
        AppendEntriesResponse::Conflict => AppendResult::Conflict(true),
        AppendEntriesResponse::HigherVote(v) => AppendResult::Higher(v.into()),
    };
    AppendReplyProto { result: Some(result) }.encode_to_vec().into()
}
/// # Errors
/// `CodecError`: treat the peer as unreachable.
pub fn decode_append_reply(bytes: Bytes) -> Result<AppendEntriesResponse<Types>, CodecError> {
    let p: AppendReplyProto = decode_shared("append reply", bytes)?;
    Ok(match p.result.ok_or(CodecError::Short("append reply"))? {
        AppendResult::Success(_) => AppendEntriesResponse::Success,
        AppendResult::Partial(l) => AppendEntriesResponse::PartialSuccess(id(&l.log_id)),
        AppendResult::Conflict(_) => AppendEntriesResponse::Conflict,
        AppendResult::Higher(v) => AppendEntriesResponse::HigherVote((&v).into()),
    })
}
pub fn encode_vote_request(r: &VoteRequest<Types>) -> Bytes {
    AskVoteProto { vote: (&r.vote).into(), last: proto(&r.last_log_id), transfer: r.leadership_transfer }
        .encode_to_vec()
        .into()
}
/// # Errors
/// `CodecError`: refuse the message.
pub fn decode_vote_request(bytes: Bytes) -> Result<VoteRequest<Types>, CodecError> {
    let p: AskVoteProto = decode_shared("vote message", bytes)?;
    let mut r = VoteRequest::new((&p.vote).into(), id(&p.last));
    r.leadership_transfer = p.transfer;
    Ok(r)
}
pub fn encode_vote_reply(r: &VoteResponse<Types>) -> Bytes {
    VoteReplyProto { vote: (&r.vote).into(), last: proto(&r.last_log_id), granted: r.vote_granted }
        .encode_to_vec()
        .into()
}
/// # Errors
/// `CodecError`: treat the peer as unreachable.
pub fn decode_vote_reply(bytes: Bytes) -> Result<VoteResponse<Types>, CodecError> {
    let p: VoteReplyProto = decode_shared("vote reply", bytes)?;
    Ok(VoteResponse { vote: (&p.vote).into(), vote_granted: p.granted, last_log_id: id(&p.last) })
}
pub fn encode_transfer(r: &TransferLeaderRequest<Types>) -> Bytes {
    let last = r.last_log_id().map(LogIdProto::from);
    TransferProto { vote: r.from_leader().into(), to: *r.to_node_id(), last }.encode_to_vec().into()
}
/// # Errors
/// `CodecError`: refuse the message.
pub fn decode_transfer(bytes: Bytes) -> Result<TransferLeaderRequest<Types>, CodecError> {
    let p: TransferProto = decode_shared("transfer message", bytes)?;
    Ok(TransferLeaderRequest::new((&p.vote).into(), p.to, id(&p.last)))
}
pub fn encode_transfer_reply(r: &TransferLeaderResponse<Types>) -> Bytes {
    let result = match r {
        Ok(()) => TransferResult::Done(true),
        Err(TransferLeaderError::VoteChanged { actual, .. }) => TransferResult::VoteChanged(actual.into()),
        Err(TransferLeaderError::LogNotFlushed { actual, .. }) => {
            TransferResult::NotFlushed(PartialProto { log_id: proto(actual) })
        }
    };
    TransferReplyProto { result: Some(result) }.encode_to_vec().into()
}
/// # Errors
/// `CodecError`: treat the peer as unreachable.
pub fn decode_transfer_reply(
    bytes: Bytes,
    asked: &TransferLeaderRequest<Types>,
) -> Result<TransferLeaderResponse<Types>, CodecError> {
    let p: TransferReplyProto = decode_shared("transfer reply", bytes)?;
    Ok(match p.result.ok_or(CodecError::Short("transfer reply"))? {
        TransferResult::Done(_) => Ok(()),
        TransferResult::VoteChanged(v) => {
            Err(TransferLeaderError::VoteChanged { expected: *asked.from_leader(), actual: (&v).into() })
        }
        TransferResult::NotFlushed(l) => Err(TransferLeaderError::LogNotFlushed {
            expected: asked.last_log_id().copied(),
            actual: id(&l.log_id),
        }),
    })
}
#[cfg(test)]
mod tests {
    use super::*;

    fn entry(payload: EntryPayload<Data, u64, Member>) -> Entry {
        Entry { log_id: log_id(3, 11, 42), payload }
    }
    fn members() -> Membership {
        Membership::from(BTreeMap::from([(11, Member { store_id: 1 }), (12, Member { store_id: 2 })]))
    }

    #[test]
    fn entries_of_every_kind_come_back() {
        for payload in [
            EntryPayload::Blank,
            EntryPayload::Normal(Data(Bytes::from_static(b"command"))),
            EntryPayload::Membership(members()),
        ] {
            let e = entry(payload);
            assert_eq!(decode_entry(&encode_entry(&e)).unwrap(), e);
        }
    }

    #[test]
    fn an_entry_has_golden_bytes() {
        let bytes = encode_entry(&entry(EntryPayload::Normal(Data(Bytes::from_static(b"x")))));
        let tail =
            [&[1u8, 1][..], &3u64.to_le_bytes(), &11u64.to_le_bytes(), &42u64.to_le_bytes(), b"x"].concat();
        assert_eq!(bytes[4..], tail);
    }

    #[test]
    fn every_flipped_bit_of_an_entry_is_noticed() {
        let good = encode_entry(&entry(EntryPayload::Normal(Data(Bytes::from_static(b"value")))));
        for at in 0..good.len() * 8 {
            let mut bad = good.to_vec();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(decode_entry(&bad.into()).is_err(), "bit {at}");
        }
        assert!(decode_entry(&good.slice(..ENTRY_HEAD - 1)).is_err());
    }

    #[test]
    fn votes_and_memberships_come_back() {
        for v in [Vote::new(4, 12), Vote::new_committed(4, 12)] {
            assert_eq!(decode_vote(&encode_vote(&v)).unwrap(), v);
        }
        let m = StoredMembership::new(Some(log_id(1, 11, 10)), members());
        assert_eq!(decode_membership(&encode_membership(&m)).unwrap(), m);
        assert!(decode_vote(b"abcdefgh").is_err());
    }

    #[test]
    fn messages_come_back() {
        let r = AppendEntriesRequest::<Types> {
            vote: Vote::new_committed(3, 11),
            prev_log_id: Some(log_id(3, 11, 41)),
            entries: vec![entry(EntryPayload::Blank)],
            leader_commit: None,
        };
        let back = decode_append(encode_append(&r)).unwrap();
        assert_eq!((back.vote, back.prev_log_id, back.entries), (r.vote, r.prev_log_id, r.entries));
        for r in [
            AppendEntriesResponse::<Types>::Success,
            AppendEntriesResponse::PartialSuccess(Some(log_id(1, 2, 3))),
            AppendEntriesResponse::PartialSuccess(None),
            AppendEntriesResponse::Conflict,
            AppendEntriesResponse::HigherVote(Vote::new(9, 9)),
        ] {
            assert_eq!(decode_append_reply(encode_append_reply(&r)).unwrap(), r);
        }
        let mut v = VoteRequest::<Types>::new(Vote::new(2, 2), Some(log_id(1, 1, 1)));
        v.leadership_transfer = true;
        assert_eq!(decode_vote_request(encode_vote_request(&v)).unwrap(), v);
    }
}
