//! Versions and intents against a naive model: every read in every random history must agree.

use crate::harness::*;
use cell::{
    mvcc::{
        MvccError, ReadAt, TxnView, Workspace, read,
        resolve::{self, Outcome},
        scan::{self, Limits, ScanLocks},
        write::KeyState,
    },
    seam::StateReader,
};
use kv::{Bytes, Key, Span, Timestamp, TxnId, TxnStatus, transaction::SequenceRange};
use proptest::prelude::*;
use std::collections::BTreeMap;

const KEYS: u8 = 6;
const TXNS: usize = 3;

#[derive(Clone, Debug)]
enum Op {
    Write { txn: usize, key: u8, value: Option<u8> },
    RollBack { txn: usize, back: u32 },
    Get { txn: Option<usize>, key: u8, at: u64, newest: bool },
    Scan { txn: Option<usize>, start: u8, end: u8, reverse: bool, at: u64, max: u64 },
    End { txn: usize, commit: bool },
}

fn op() -> impl Strategy<Value = Op> {
    let txn = 0..TXNS;
    prop_oneof![
        4 => (txn.clone(), 0..KEYS, any::<Option<u8>>()).prop_map(|(txn, key, value)| Op::Write { txn, key, value }),
        1 => (txn.clone(), 1u32..4).prop_map(|(txn, back)| Op::RollBack { txn, back }),
        4 => (prop::option::of(txn.clone()), 0..KEYS, 1u64..120, any::<bool>())
            .prop_map(|(txn, key, at, newest)| Op::Get { txn, key, at, newest }),
        4 => (prop::option::of(txn.clone()), 0..KEYS, 0..=KEYS, any::<bool>(), 1u64..120, 0u64..4)
            .prop_map(|(txn, start, end, reverse, at, max)| Op::Scan { txn, start, end, reverse, at, max }),
        2 => (txn, prop::bool::weighted(0.7)).prop_map(|(txn, commit)| Op::End { txn, commit }),
    ]
}

struct ModelTxn {
    view: TxnView,
    read_ts: Timestamp,
    write_ts: Timestamp,
}
impl ModelTxn {
    fn new(n: u8, s: u64) -> ModelTxn {
        let view = TxnView { id: TxnId([n; 16]), start_ts: seconds(s), ..Default::default() };
        ModelTxn { view, read_ts: seconds(s), write_ts: seconds(s) }
    }
}

#[derive(Default)]
struct Model {
    versions: BTreeMap<u8, BTreeMap<Timestamp, Option<u8>>>,
    /// Owner, timestamp, values by sequence.
    intents: BTreeMap<u8, (usize, Timestamp, Vec<(u32, Option<u8>)>)>,
}

#[derive(Debug, PartialEq)]
enum Seen {
    Value(Option<u8>),
    Conflict,
    TooOld,
}

impl Model {
    fn get(&self, txns: &[ModelTxn], txn: Option<usize>, key: u8, at: Timestamp, newest: bool) -> Seen {
        if let Some((owner, ts, values)) = self.intents.get(&key) {
            if Some(*owner) == txn {
                let ignored = &txns[*owner].view.ignored;
                if let Some((_, v)) =
                    values.iter().rev().find(|(s, _)| !ignored.iter().any(|r| r.contains(*s)))
                {
                    return Seen::Value(*v);
                }
            } else if newest || *ts <= at {
                return Seen::Conflict;
            }
        }
        let Some(versions) = self.versions.get(&key) else { return Seen::Value(None) };
        if newest && versions.keys().next_back().is_some_and(|t| *t > at) {
            return Seen::TooOld;
        }
        Seen::Value(versions.range(..=at).next_back().and_then(|(_, v)| *v))
    }
}

fn key(n: u8) -> Key {
    row(&((b'a' + n) as char).to_string())
}
fn bytes(v: u8) -> Bytes {
    Bytes::copy_from_slice(&[v])
}
fn seen(found: Result<Option<Bytes>, MvccError>) -> Seen {
    match found {
        Ok(v) => Seen::Value(v.map(|v| v[0])),
        Err(MvccError::Conflict(_)) => Seen::Conflict,
        Err(MvccError::TooOld { .. }) => Seen::TooOld,
        Err(e) => panic!("{e}"),
    }
}

fn check(ops: Vec<Op>) -> Result<(), TestCaseError> {
    let store = MapStore::default();
    let mut model = Model::default();
    let mut clock = 10;
    let mut next_id = TXNS as u8;
    let mut txns: Vec<ModelTxn> = (0..TXNS).map(|n| ModelTxn::new(n as u8 + 100, 10 + n as u64)).collect();
    for op in ops {
        clock += 1;
        match op {
            Op::Write { txn, key: k, value } => {
                let t = &mut txns[txn];
                t.view.sequence += 1;
                let mut workspace = Workspace::new(&store, true);
                let laid = KeyState::load(&workspace, &key(k)).and_then(|s| {
                    s.put_intent(&mut workspace, value.map(bytes), t.view.sequence, &t.view, t.write_ts)
                });
                let other = model.intents.get(&k).is_some_and(|(o, ..)| *o != txn);
                if other {
                    prop_assert!(matches!(laid, Err(MvccError::Conflict(_))));
                    continue;
                }
                let at = laid.unwrap();
                let (_, ts, values) = model.intents.entry(k).or_insert((txn, t.write_ts, vec![]));
                ts.forward(t.write_ts);
                if let Some((newest, _)) = model.versions.get(&k).and_then(|v| v.last_key_value()) {
                    ts.forward(newest.next());
                }
                values.push((t.view.sequence, value));
                prop_assert_eq!(at, *ts);
                t.write_ts.forward(at);
                // Own writes are seen before they are applied.
                let reads = ReadAt {
                    read_ts: t.read_ts,
                    uncertainty_limit: t.read_ts,
                    txn: Some(&t.view),
                    newest: false,
                };
                prop_assert_eq!(seen(read::get(&workspace, &key(k), &reads)), Seen::Value(value));
                store.apply(&workspace.into_writes().0);
            }
            Op::RollBack { txn, back } => {
                let view = &mut txns[txn].view;
                let first = view.sequence.saturating_sub(back - 1).max(1);
                view.ignored.push(SequenceRange { first, last: view.sequence });
                view.sequence += 1;
            }
            Op::Get { txn, key: k, at, newest } => {
                let at = txn.map_or(seconds(at), |t| txns[t].read_ts);
                let view = txn.map(|t| &txns[t].view);
                let reads = ReadAt { read_ts: at, uncertainty_limit: at, txn: view, newest };
                let got = seen(read::get(&store, &key(k), &reads));
                prop_assert_eq!(got, model.get(&txns, txn, k, at, newest));
            }
            Op::Scan { txn, start, end, reverse, at, max } => {
                let at = txn.map_or(seconds(at), |t| txns[t].read_ts);
                let view = txn.map(|t| &txns[t].view);
                let reads = ReadAt { read_ts: at, uncertainty_limit: at, txn: view, newest: false };
                let span = Span::new(key(start), key(end));
                let mut limits = Limits::new(max, 0);
                let locks = ScanLocks { skip: false, held: &|_| None };
                let got = scan::scan(&store, &span, reverse, &reads, &mut limits, &locks);
                let mut keys: Vec<u8> = (start..end.max(start)).collect();
                if reverse {
                    keys.reverse();
                }
                let mut rows = Vec::new();
                let mut conflict = false;
                for k in keys {
                    match model.get(&txns, txn, k, at, false) {
                        Seen::Value(Some(v)) => rows.push((key(k), bytes(v))),
                        Seen::Value(None) => {}
                        _ => {
                            conflict = true;
                            break;
                        }
                    }
                    if max > 0 && rows.len() as u64 == max {
                        break;
                    }
                }
                match got {
                    Err(MvccError::Conflict(_)) => prop_assert!(conflict),
                    Err(e) => panic!("{e}"),
                    Ok(found) => {
                        prop_assert!(!conflict);
                        let got: Vec<_> = found.rows.into_iter().map(|r| (r.key, r.value)).collect();
                        prop_assert_eq!(got, rows);
                    }
                }
            }
            Op::End { txn, commit } => {
                let t = &txns[txn];
                let outcome = Outcome {
                    txn_id: t.view.id,
                    status: if commit { TxnStatus::Committed } else { TxnStatus::Aborted },
                    commit_ts: t.write_ts,
                    epoch: 0,
                    ignored: t.view.ignored.clone(),
                };
                let mut workspace = Workspace::new(&store, false);
                resolve::resolve(&mut workspace, &Span::new(key(0), key(KEYS)), &outcome).unwrap();
                store.apply(&workspace.into_writes().0);
                let ignored = t.view.ignored.clone();
                let write_ts = t.write_ts;
                model.intents.retain(|k, (owner, _, values)| {
                    if *owner != txn {
                        return true;
                    }
                    let kept = values.iter().rev().find(|(s, _)| !ignored.iter().any(|r| r.contains(*s)));
                    if let Some((_, v)) = kept.filter(|_| commit) {
                        model.versions.entry(*k).or_default().insert(write_ts, *v);
                    }
                    false
                });
                next_id += 1;
                clock = clock.max(write_ts.wall_ns / 1_000_000_000) + 1;
                txns[txn] = ModelTxn::new(next_id, clock);
            }
        }
    }
    let locks = store.range(kv::command::Keyspace::Locks, &[], &[], false).count();
    prop_assert_eq!(locks, model.intents.len());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..Default::default() })]
    #[test]
    fn reads_agree_with_a_naive_model(ops in prop::collection::vec(op(), 1..80)) {
        check(ops)?;
    }
}
