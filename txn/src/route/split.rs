//! Cutting a batch's requests at range borders, and putting the replies of the pieces together again. Pure.

use kv::{
    BatchReply, Key, KvError, Reply, Request, Span,
    error::Message,
    reply::{DoneReply, ReplyUnion, ScanReply, TxnReply},
    transaction::TxnStatus,
};

/// One request, or the part of it that lies in one range.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Which request of the batch.
    pub index: usize,
    pub request: Request,
}

/// Whether a request addresses a span that may lie in several ranges.
pub fn is_divisible(request: &Request) -> bool {
    match request {
        Request::Scan(_) | Request::Refresh(_) | Request::ResolveIntent(_) => !request.span().is_point(),
        _ => false,
    }
}
/// The key by which a request, or the front of what it spans, is routed.
pub fn routing_key(request: &Request) -> Key {
    match request {
        // Addresses the meta span, which may be cut: its first range is the one that can answer.
        Request::LookupRange(r) => {
            kv::key::domicile_of(&r.key).map_or_else(|_| r.key.clone(), |d| kv::key::domicile_span(d).start)
        }
        _ => request.span().start,
    }
}
/// The request with another span; of one that is not divisible, the request itself.
pub fn with_span(request: &Request, span: Span) -> Request {
    let mut request = request.clone();
    match &mut request {
        Request::Scan(r) => r.span = span,
        Request::Refresh(r) => r.span = span,
        Request::ResolveIntent(r) => r.span = span,
        _ => {}
    }
    request
}
/// Cuts what lies in `range` off the front of `piece`: (inside, what is left).
pub fn cut(piece: Piece, range: &Span) -> (Piece, Option<Piece>) {
    let span = piece.request.span();
    if !is_divisible(&piece.request) || span.end <= range.end {
        return (piece, None);
    }
    let inside = with_span(&piece.request, Span::new(span.start, range.end.clone()));
    let rest = with_span(&piece.request, Span::new(range.end.clone(), span.end));
    (Piece { index: piece.index, request: inside }, Some(Piece { index: piece.index, request: rest }))
}

/// Whether sending the batch twice does no more than sending it once.
///
/// Intents and locks are laid by (transaction id, sequence), records end once, one-phase commits leave a marker, and
/// resolutions, refreshes and reads can be repeated. Writes without a transaction cannot: another one may have come between.
pub fn resend_is_safe(in_txn: bool, requests: &[Piece]) -> bool {
    in_txn
        || !requests.iter().any(|p| {
            matches!(
                p.request,
                Request::Put(_) | Request::Delete(_) | Request::ConditionalPut(_) | Request::Increment(_)
            )
        })
}
/// Whether the sender must know if it happened: losing the answer is not the same as a failure.
pub fn fate_matters(in_txn: bool, requests: &[Piece]) -> bool {
    !resend_is_safe(in_txn, requests) || requests.iter().any(|p| is_commit(&p.request))
}
pub fn is_commit(request: &Request) -> bool {
    matches!(request, Request::EndTxn(r) if r.status == TxnStatus::Committed as i32)
}
pub fn is_one_phase(request: &Request) -> bool {
    matches!(request, Request::EndTxn(r) if r.one_phase)
}
/// Whether evaluation never waits for a lock or a client: no answer within seconds means that there will be none.
pub fn is_prompt(requests: &[Piece]) -> bool {
    requests.iter().all(|p| match &p.request {
        Request::EndTxn(r) => !r.one_phase,
        Request::HeartbeatTxn(_)
        | Request::ResolveIntent(_)
        | Request::RemoveTxnRecord(_)
        | Request::PushTxn(_)
        | Request::RegisterWait(_)
        | Request::LookupRange(_)
        | Request::RangeInfo(_) => true,
        _ => false,
    })
}

/// The reply that stands for "not committed in one phase; nothing said about the rest".
pub fn one_phase_refused() -> Reply {
    Reply::Txn(TxnReply { status: TxnStatus::Pending as i32, one_phase: false, ..Default::default() })
}

/// Gathers the replies of pieces.
#[derive(Default)]
pub struct Gathered {
    /// (request, start of the piece) -> reply.
    parts: Vec<(usize, Key, Option<Reply>)>,
    /// Header of the whole reply: transaction, clocks.
    pub head: BatchReply,
}

impl Gathered {
    /// # Errors
    /// The reply has more or fewer parts than were asked for: a bug of the server.
    pub fn add(&mut self, sent: &[Piece], reply: BatchReply) -> Result<(), KvError> {
        if sent.len() != reply.replies.len() {
            return Err(KvError::bug(format!("{} replies to {} requests", reply.replies.len(), sent.len())));
        }
        for (piece, union) in sent.iter().zip(reply.replies) {
            self.parts.push((piece.index, piece.request.span().start, union.reply));
        }
        match (&mut self.head.txn, reply.txn) {
            (Some(old), Some(new)) => {
                old.write_ts.forward(new.write_ts);
                old.read_ts.forward(new.read_ts);
            }
            (old @ None, new) => *old = new,
            (Some(_), None) => {}
        }
        self.head.now = self.head.now.max(reply.now);
        self.head.timestamp.forward(reply.timestamp);
        Ok(())
    }
    pub fn add_reply(&mut self, index: usize, reply: Reply) {
        self.parts.push((index, Key::new(), Some(reply)));
    }
    /// Puts the parts together in the order of `requests`.
    ///
    /// # Errors
    /// Parts that do not fit together: a bug of the server.
    pub fn finish(self, requests: &[Request]) -> Result<BatchReply, KvError> {
        let Gathered { mut parts, head } = self;
        parts.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut replies = Vec::with_capacity(requests.len());
        let mut parts = parts.into_iter().peekable();
        for (index, request) in requests.iter().enumerate() {
            let mut mine = Vec::with_capacity(1);
            while let Some((_, _, reply)) = parts.next_if(|p| p.0 == index) {
                mine.push(reply);
            }
            replies.push(ReplyUnion { reply: join(request, mine)? });
        }
        Ok(BatchReply { replies, ..head })
    }
}

fn join(request: &Request, mut parts: Vec<Option<Reply>>) -> Result<Option<Reply>, KvError> {
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    if matches!(request, Request::Scan(s) if s.reverse) {
        parts.reverse();
    }
    let mut parts = parts.into_iter();
    let Some(mut whole) = parts.next().flatten() else {
        return Err(KvError::bug("no reply to a request"));
    };
    for part in parts {
        match (&mut whole, part) {
            (Reply::Scan(a), Some(Reply::Scan(b))) => join_scan(request, a, b),
            (Reply::Done(a), Some(Reply::Done(b))) => join_done(a, b),
            _ => return Err(KvError::Bug(Message::new("replies of one request do not fit together"))),
        }
    }
    Ok(Some(whole))
}
/// A server may cut a piece by a limit of its own. What comes after such a gap is left out and read again.
fn join_scan(request: &Request, a: &mut ScanReply, b: ScanReply) {
    match (&a.resume, request) {
        (Some(gap), Request::Scan(scan)) => a.resume = resume_of(&scan.span, scan.reverse, Some(gap), gap),
        _ => {
            a.rows.extend(b.rows);
            a.resume = b.resume;
        }
    }
}
fn join_done(a: &mut DoneReply, b: DoneReply) {
    a.count += b.count;
    // Resolving or refreshing again what is done is harmless, so one span over all that is left will do.
    a.resume = match (a.resume.take(), b.resume) {
        (Some(x), Some(y)) => Some(Span::new(x.start, y.end_key())),
        (x, y) => x.or(y),
    };
}

/// What is left of a scan of `span` when its part `done` has come back with `resume`.
pub fn resume_of(span: &Span, reverse: bool, part_resume: Option<&Span>, part: &Span) -> Option<Span> {
    if reverse {
        let end = part_resume.map_or_else(|| part.start.clone(), Span::end_key);
        (span.start < end).then(|| Span::new(span.start.clone(), end))
    } else {
        let start = part_resume.map_or_else(|| part.end_key(), |r| r.start.clone());
        let end = span.end_key();
        (start < end).then(|| Span::new(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kv::{
        Bytes,
        reply::{GetReply, Row},
        request::{Get, Refresh, Scan},
    };

    fn scan(start: &'static str, end: &'static str, reverse: bool) -> Request {
        Request::Scan(Scan { span: Span::new(start, end), reverse, lock: 0 })
    }
    fn rows(keys: &[&'static str]) -> Reply {
        let row = |k: &&'static str| Row { key: Key::from_static(k.as_bytes()), value: Bytes::new() };
        Reply::Scan(ScanReply { rows: keys.iter().map(row).collect(), resume: None })
    }
    fn reply(parts: Vec<Reply>) -> BatchReply {
        BatchReply { replies: parts.into_iter().map(Into::into).collect(), ..Default::default() }
    }

    #[test]
    fn a_scan_is_cut_at_the_border_and_a_get_is_not() {
        let (inside, rest) = cut(Piece { index: 3, request: scan("b", "x", false) }, &Span::new("a", "m"));
        assert_eq!(inside.request.span(), Span::new("b", "m"));
        let rest = rest.unwrap();
        assert_eq!((rest.index, rest.request.span()), (3, Span::new("m", "x")));
        assert!(cut(rest, &Span::new("m", "z")).1.is_none());
        let get = Piece { index: 0, request: Request::Get(Get { key: Key::from_static(b"b"), lock: 0 }) };
        assert!(cut(get, &Span::new("a", "b")).1.is_none());
    }

    #[test]
    fn replies_come_back_in_the_order_of_the_requests_and_of_the_scan() {
        for reverse in [false, true] {
            let requests =
                [scan("a", "z", reverse), Request::Get(Get { key: Key::from_static(b"q"), lock: 0 })];
            let mut got = Gathered::default();
            let right = [
                Piece { index: 0, request: scan("m", "z", reverse) },
                Piece { index: 1, request: requests[1].clone() },
            ];
            let left = [Piece { index: 0, request: scan("a", "m", reverse) }];
            let mut order: Vec<&'static str> = vec!["b", "c", "n", "o"];
            let (mut l, mut r) = (vec!["b", "c"], vec!["n", "o"]);
            if reverse {
                [&mut order, &mut l, &mut r].into_iter().for_each(|v| v.reverse());
            }
            got.add(
                &right,
                reply(vec![
                    rows(&r),
                    Reply::Get(GetReply { value: Some(Bytes::from_static(b"v")), skipped: false }),
                ]),
            )
            .unwrap();
            got.add(&left, reply(vec![rows(&l)])).unwrap();
            let whole = got.finish(&requests).unwrap();
            assert_eq!(whole.replies[0].reply, Some(rows(&order)));
            assert!(matches!(&whole.replies[1].reply, Some(Reply::Get(g)) if g.value.is_some()));
        }
    }

    #[test]
    fn too_few_replies_are_a_bug_and_no_panic() {
        let sent = [Piece { index: 0, request: scan("a", "b", false) }];
        assert!(matches!(Gathered::default().add(&sent, reply(vec![])), Err(KvError::Bug(_))));
        assert!(Gathered::default().finish(&[scan("a", "b", false)]).is_err());
    }

    #[test]
    fn only_writes_without_transaction_must_not_be_sent_twice() {
        let refresh = Piece { index: 0, request: Request::Refresh(Refresh::default()) };
        let put = Piece { index: 0, request: Request::Put(Default::default()) };
        assert!(resend_is_safe(false, &[refresh]));
        assert!(!resend_is_safe(false, std::slice::from_ref(&put)));
        assert!(resend_is_safe(true, &[put]));
    }

    #[test]
    fn what_is_left_of_a_scan_starts_where_it_stopped() {
        let whole = Span::new("a", "z");
        let part = Span::new("c", "m");
        assert_eq!(resume_of(&whole, false, None, &part), Some(Span::new("m", "z")));
        assert_eq!(resume_of(&whole, true, None, &part), Some(Span::new("a", "c")));
        assert_eq!(resume_of(&whole, false, Some(&Span::new("e", "m")), &part), Some(Span::new("e", "z")));
        assert_eq!(resume_of(&whole, true, Some(&Span::new("c", "e")), &part), Some(Span::new("a", "e")));
        assert_eq!(resume_of(&Span::new("c", "m"), false, None, &part), None);
    }
}
