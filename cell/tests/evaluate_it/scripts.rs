//! Golden scripts: `cell/tests/scripts/evaluate/*`. Blocks of commands, `---`, what they print. `REWRITE=1` writes it anew.
//!
//! ```text
//! clock 10                                 begin A [at=10] [limit=11]        set A [read=] [write=] [epoch=] [ignore=1-2] [record]
//! put A k v   del A k   cput A k v old|-   inc A k 5                         ("-": no transaction)
//! get A k [lock] [nowait|skip] [at=]       scan A a z [reverse] [lock] [skip] [max=] [bytes=] [at=]
//! refresh A a z from=                      onephase A k=v ... [forward] [below=]
//! commit|abort|delegate|heartbeat|decide A [forward] [below=]
//! push A query|abort|timestamp [to=]       resolve A a [z] committed|aborted|pending [at=]     remove A [other]
//! bg NAME command ...                      settle NAME       join NAME
//! store                                    what the store holds
//! ```

use crate::harness::*;
use kv::{
    BatchReply, Bytes, DomicileId, Header, KvError, Reply, Request, Span, Timestamp, Txn, TxnStatus,
    command::Keyspace,
    key,
    mvcc::{self, LockRecord, LockStrength},
    request::*,
    transaction::SequenceRange,
};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};
use tokio::task::JoinHandle;

fn ts(t: Timestamp) -> String {
    let mut out = (t.wall_ns / 1_000_000_000).to_string();
    if t.wall_ns % 1_000_000_000 > 0 {
        write!(out, ".{:03}", t.wall_ns % 1_000_000_000 / 1_000_000).unwrap();
    }
    if t.logical > 0 {
        write!(out, ",{}", t.logical).unwrap();
    }
    out
}

#[derive(Clone)]
struct State {
    txn: Txn,
    next_sequence: u32,
    locks: Vec<Span>,
}

struct Script {
    range: Arc<Range>,
    txns: BTreeMap<String, State>,
    background: BTreeMap<String, JoinHandle<String>>,
}

struct Args<'a> {
    words: Vec<&'a str>,
    flags: BTreeMap<&'a str, &'a str>,
}

impl<'a> Args<'a> {
    fn new(line: &'a str) -> Args<'a> {
        let mut args = Args { words: Vec::new(), flags: BTreeMap::new() };
        const FLAGS: [&str; 8] =
            ["lock", "nowait", "skip", "reverse", "forward", "record", "other", "replica"];
        for word in line.split_whitespace() {
            match word.split_once('=') {
                Some((k, v)) if k.len() > 1 => _ = args.flags.insert(k, v),
                _ if FLAGS.contains(&word) => _ = args.flags.insert(word, ""),
                _ => args.words.push(word),
            }
        }
        args
    }
    fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }
    fn number(&self, flag: &str) -> Option<u64> {
        self.flags.get(flag).map(|v| v.parse().unwrap())
    }
    fn at(&self, flag: &str) -> Option<Timestamp> {
        self.number(flag).map(seconds)
    }
    fn lock(&self) -> i32 {
        if self.has("lock") { LockStrength::Exclusive as i32 } else { 0 }
    }
}

impl Script {
    fn header(&self, name: &str, args: &Args<'_>) -> Header {
        let policy = match (args.has("nowait"), args.has("skip")) {
            (true, _) => WaitPolicy::Error,
            (_, true) => WaitPolicy::Skip,
            _ => WaitPolicy::Block,
        };
        Header {
            txn: self.txns.get(name).map(|s| s.txn.clone()),
            timestamp: args.at("at").unwrap_or_default(),
            uncertainty_limit: args.at("limit").unwrap_or_default(),
            wait_policy: policy as i32,
            keys_max: args.number("max").unwrap_or(0),
            bytes_max: args.number("bytes").unwrap_or(0),
            lock_timeout_ms: args.number("timeout").unwrap_or(0),
            can_forward_read_ts: args.has("forward"),
            follower_read: args.has("replica"),
            ..header()
        }
    }
    fn sequence(&mut self, name: &str, key: &str) -> u32 {
        let Some(state) = self.txns.get_mut(name) else { return 0 };
        state.next_sequence += 1;
        state.txn.sequence = state.next_sequence;
        state.locks.push(Span::point(row(key)));
        state.next_sequence
    }
    /// The batch of a command.
    fn batch(&mut self, args: &Args<'_>) -> (Header, Vec<Request>) {
        let w = &args.words;
        let name = w[1];
        let state = self.txns.get(name).cloned();
        let record = |d: DomicileId| key::txn_record(d, state.as_ref().unwrap().txn.txn_id().unwrap());
        let end = |status: TxnStatus, d: DomicileId| {
            let state = state.as_ref().unwrap();
            Request::EndTxn(EndTxn {
                record_key: record(d),
                status: status as i32,
                commit_below: args.at("below").unwrap_or_default(),
                lock_spans: if d == DOMICILE { state.locks.clone() } else { vec![] },
                domiciles: if d == DOMICILE { vec![] } else { vec![DOMICILE.0] },
                one_phase: false,
            })
        };
        let span = |a: usize, b: usize| match w.get(b) {
            Some(end) if !matches!(*end, "committed" | "aborted" | "pending") => {
                Span::new(row(w[a]), row(end))
            }
            _ => Span::point(row(w[a])),
        };
        let bytes = |s: &str| Bytes::copy_from_slice(s.as_bytes());
        let requests = match w[0] {
            "put" => {
                let sequence = self.sequence(name, w[2]);
                vec![Request::Put(Put { key: row(w[2]), value: bytes(w[3]), sequence })]
            }
            "del" => {
                let sequence = self.sequence(name, w[2]);
                vec![Request::Delete(Delete { key: row(w[2]), sequence })]
            }
            "cput" => {
                let sequence = self.sequence(name, w[2]);
                let expected = (w[4] != "-").then(|| bytes(w[4]));
                vec![Request::ConditionalPut(ConditionalPut {
                    key: row(w[2]),
                    value: bytes(w[3]),
                    expected,
                    sequence,
                })]
            }
            "inc" => {
                let sequence = self.sequence(name, w[2]);
                vec![Request::Increment(Increment { key: row(w[2]), by: w[3].parse().unwrap(), sequence })]
            }
            "get" => vec![Request::Get(Get { key: row(w[2]), lock: args.lock() })],
            "scan" => {
                vec![Request::Scan(Scan {
                    span: span(2, 3),
                    reverse: args.has("reverse"),
                    lock: args.lock(),
                })]
            }
            "refresh" => vec![Request::Refresh(Refresh { span: span(2, 3), from: args.at("from").unwrap() })],
            "onephase" => {
                let mut requests = Vec::new();
                for (n, pair) in w[2..].iter().enumerate() {
                    let (k, v) = pair.split_once('=').unwrap();
                    let sequence = n as u32 + 1;
                    requests.push(match v.parse() {
                        Ok(by) => Request::Increment(Increment { key: row(k), by, sequence }),
                        Err(_) => Request::Put(Put { key: row(k), value: bytes(v), sequence }),
                    });
                }
                let first = requests[0].span().start;
                requests.push(Request::EndTxn(EndTxn {
                    record_key: first,
                    status: TxnStatus::Committed as i32,
                    commit_below: args.at("below").unwrap_or_default(),
                    one_phase: true,
                    ..Default::default()
                }));
                requests
            }
            "commit" => vec![end(TxnStatus::Committed, DOMICILE)],
            "abort" => vec![end(TxnStatus::Aborted, DOMICILE)],
            "delegate" => vec![end(TxnStatus::Delegated, DOMICILE)],
            "decide" => vec![end(TxnStatus::Committed, DomicileId::SYSTEM)],
            "heartbeat" => vec![Request::HeartbeatTxn(HeartbeatTxn { record_key: record(DOMICILE) })],
            "push" => {
                let kind = match w[2] {
                    "query" => PushKind::Query,
                    "abort" => PushKind::Abort,
                    "timestamp" => PushKind::Timestamp,
                    other => panic!("{other}"),
                };
                let pushee = &state.as_ref().unwrap().txn;
                let push = PushTxn {
                    record_key: record(if args.has("other") { DomicileId::SYSTEM } else { DOMICILE }),
                    pushee_id: pushee.id.clone(),
                    kind: kind as i32,
                    push_to: args.at("to").unwrap_or_default(),
                    pushee_start: pushee.start_ts,
                    ..Default::default()
                };
                return (header(), vec![Request::PushTxn(push)]);
            }
            "resolve" => {
                let txn = &state.as_ref().unwrap().txn;
                let status = match *w.last().unwrap() {
                    "committed" => TxnStatus::Committed,
                    "aborted" => TxnStatus::Aborted,
                    "pending" => TxnStatus::Pending,
                    other => panic!("{other}"),
                };
                let resolve = ResolveIntent {
                    span: span(2, 3),
                    txn_id: txn.id.clone(),
                    status: status as i32,
                    commit_ts: args.at("at").unwrap_or(txn.write_ts),
                    epoch: txn.epoch,
                    ignored: txn.ignored.clone(),
                };
                return (header(), vec![Request::ResolveIntent(resolve)]);
            }
            "remove" => {
                let remove = Request::RemoveTxnRecord(RemoveTxnRecord { record_key: record(DOMICILE) });
                let by = if args.has("other") { header() } else { self.header(name, args) };
                return (by, vec![remove]);
            }
            other => panic!("no command {other}"),
        };
        (self.header(name, args), requests)
    }

    async fn command(&mut self, line: &str) -> String {
        let args = Args::new(line);
        let w = &args.words;
        match w[0] {
            "clock" => self.range.set_clock(w[1].parse().unwrap()),
            "lease" => {
                self.range.grant_lease(w[1].parse().unwrap(), w[2].parse().unwrap(), w[3].parse().unwrap())
            }
            "lose-lease" => {
                *self.range.replica.lease.write() = None;
                self.range.concurrency.on_lease_end();
            }
            "close" => *self.range.replica.closed.lock() = seconds(w[1].parse().unwrap()),
            "begin" => {
                let at = args.number("at").unwrap_or_else(|| self.range.clock.now().wall_ns / 1_000_000_000);
                let mut txn = txn(w[1].as_bytes()[0], at);
                txn.sequence = 0;
                txn.uncertainty_limit = args.at("limit").unwrap_or(txn.read_ts);
                self.txns.insert(w[1].to_owned(), State { txn, next_sequence: 0, locks: Vec::new() });
            }
            "set" => {
                let state = self.txns.get_mut(w[1]).unwrap();
                let txn = &mut state.txn;
                txn.read_ts = args.at("read").unwrap_or(txn.read_ts);
                txn.write_ts = args.at("write").unwrap_or(txn.write_ts).max(txn.read_ts);
                txn.epoch = args.number("epoch").map_or(txn.epoch, |e| e as u32);
                txn.sequence = args.number("sequence").map_or(txn.sequence, |e| e as u32);
                txn.has_record |= args.has("record");
                if let Some((first, last)) = args.flags.get("ignore").and_then(|v| v.split_once('-')) {
                    let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
                    txn.ignored.push(SequenceRange { first, last });
                }
            }
            "store" => return self.store(),
            "bg" => {
                let rest = line.trim().splitn(3, ' ').nth(2).unwrap().to_owned();
                let args = Args::new(&rest);
                let (header, requests) = self.batch(&args);
                let range = self.range.clone();
                let task = tokio::spawn(async move { print(&range.send(header, requests).await) });
                self.background.insert(w[1].to_owned(), task);
                return self.settle(w[1]).await;
            }
            "settle" => return self.settle(w[1]).await,
            "join" => return self.background.remove(w[1]).unwrap().await.unwrap(),
            _ => {
                let (header, requests) = self.batch(&args);
                let reply = self.range.send(header, requests).await;
                if let (Ok(BatchReply { txn: Some(txn), .. }), Some(state)) =
                    (&reply, self.txns.get_mut(w[1]))
                {
                    state.txn.read_ts = txn.read_ts;
                    state.txn.write_ts = txn.write_ts;
                }
                return print(&reply);
            }
        }
        String::new()
    }
    async fn settle(&mut self, name: &str) -> String {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        if !self.background[name].is_finished() {
            return "waits\n".to_owned();
        }
        self.background.remove(name).unwrap().await.unwrap()
    }
    fn store(&self) -> String {
        let mut out = String::new();
        let shown =
            |v: Option<Bytes>| v.map_or("tombstone".to_owned(), |v| String::from_utf8_lossy(&v).into_owned());
        for (k, v) in self.range.replica.store.rows(Keyspace::Versions) {
            let (k, at) = mvcc::split_version_key(&k).unwrap();
            if at.is_zero() {
                continue;
            }
            writeln!(out, "{} @{} {}", name_of(k), ts(at), shown(mvcc::decode_version(&v).unwrap())).unwrap();
        }
        for (k, v) in self.range.replica.store.rows(Keyspace::Locks) {
            let lock = LockRecord::decode_from(&v).unwrap();
            let owner = lock.txn_id[0] as char;
            write!(out, "{} intent of {owner} epoch {} @{}", name_of(&k), lock.epoch, ts(lock.timestamp))
                .unwrap();
            for v in lock.history {
                write!(out, " {}:{}", v.sequence, shown(v.value)).unwrap();
            }
            out.push('\n');
        }
        for (k, v) in self.range.replica.store.rows(Keyspace::Markers) {
            let at = Timestamp::decode(&v).unwrap();
            writeln!(out, "marker {} {} @{}", name_of(&k[..k.len() - 16]), k[k.len() - 1] as char, ts(at))
                .unwrap();
        }
        out
    }
}

fn print_span(span: &Span) -> String {
    if span.is_point() {
        name_of(&span.start)
    } else {
        format!("[{}, {})", name_of(&span.start), name_of(&span.end))
    }
}
fn value(v: &Bytes) -> String {
    match <[u8; 8]>::try_from(&v[..]) {
        Ok(n) => i64::from_be_bytes(n).to_string(),
        Err(_) => String::from_utf8_lossy(v).into_owned(),
    }
}

fn print(reply: &Result<BatchReply, KvError>) -> String {
    let mut out = String::new();
    let reply = match reply {
        Ok(reply) => reply,
        Err(e) => {
            let more = match e {
                KvError::WriteTooOld(e) => format!("WriteTooOld {} @{}", name_of(&e.key), ts(e.actual)),
                KvError::UncertainRead(e) => format!("UncertainRead @{}", ts(e.value_ts)),
                KvError::TxnRetry(e) => {
                    format!("TxnRetry @{} {}", ts(e.retry_at), e.reason.split(" at ").next().unwrap())
                }
                KvError::TxnAborted(e) => format!("TxnAborted {} {}", e.txn_id[0] as char, e.reason),
                KvError::LockConflict(e) => {
                    format!(
                        "LockConflict {} held by {} waited {}",
                        name_of(&e.key),
                        e.holder_id[0] as char,
                        e.waited_ms
                    )
                }
                KvError::ConditionFailed(e) => {
                    format!(
                        "ConditionFailed {} {}",
                        name_of(&e.key),
                        e.actual.as_ref().map_or("none".into(), value)
                    )
                }
                KvError::Deadlock(e) => {
                    format!("Deadlock {}", e.txn_ids.iter().map(|i| i[0] as char).collect::<String>())
                }
                KvError::CommitTooLate(_) => "CommitTooLate".to_owned(),
                other => other.to_string(),
            };
            return format!("error {more}\n");
        }
    };
    for r in &reply.replies {
        match &r.reply {
            None => writeln!(out, "nothing"),
            Some(Reply::Get(r)) if r.skipped => writeln!(out, "skipped"),
            Some(Reply::Get(r)) => writeln!(out, "{}", r.value.as_ref().map_or("none".into(), value)),
            Some(Reply::Scan(r)) => {
                for row in &r.rows {
                    write!(out, "{}={} ", name_of(&row.key), value(&row.value)).unwrap();
                }
                match &r.resume {
                    None => writeln!(out, "end"),
                    Some(rest) => writeln!(out, "resume {}", print_span(rest)),
                }
            }
            Some(Reply::Done(r)) => match (r.count, &r.resume) {
                (0, None) => writeln!(out, "done"),
                (n, None) => writeln!(out, "done {n}"),
                (n, Some(rest)) => writeln!(out, "done {n} resume {}", print_span(rest)),
            },
            Some(Reply::Increment(r)) => writeln!(out, "{}", r.value),
            Some(Reply::Txn(r)) => {
                let kind = if r.one_phase { " one phase" } else { "" };
                writeln!(out, "{:?} @{}{kind}", r.txn_status(), ts(r.write_ts))
            }
            Some(other) => writeln!(out, "{other:?}"),
        }
        .unwrap();
    }
    if let Some(txn) = &reply.txn
        && txn.write_ts > txn.read_ts
    {
        writeln!(out, "  writes at {}", ts(txn.write_ts)).unwrap();
    }
    out
}

async fn run(text: &str) -> String {
    let mut script =
        Script { range: Arc::new(Range::new()), txns: BTreeMap::new(), background: BTreeMap::new() };
    let mut out = String::new();
    for block in text.split("\n\n").map(str::trim).filter(|b| !b.is_empty()) {
        let mut printed = String::new();
        for line in block.lines().take_while(|l| *l != "---") {
            writeln!(out, "{line}").unwrap();
            if !line.starts_with('#') {
                printed += &script.command(line).await;
            }
        }
        if !printed.is_empty() {
            write!(out, "---\n{printed}").unwrap();
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[tokio::test(start_paused = true)]
async fn scripts_print_what_they_printed() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scripts/evaluate");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let printed = run(&text).await;
        if std::env::var_os("REWRITE").is_some() {
            std::fs::write(&path, printed).unwrap();
        } else {
            assert_eq!(printed, text, "{}", path.display());
        }
    }
}
