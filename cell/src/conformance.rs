//! What every state store and every log store must do: run against the real ones and those in memory.

use crate::seam::{LogChange, LogEntry, LogStore, StateReader, StateStore, StoreError};
use bytes::Bytes;
use kv::{
    RangeId,
    command::{Keyspace, WriteBatch},
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{collections::BTreeMap, ops::Range};
use tokio::sync::oneshot;

/// How a store is opened again; the earlier handle is dropped before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reopen {
    /// After a clean stop: everything is there.
    Clean,
    /// What was persisted or acknowledged is there.
    PowerLoss,
}

type Rows = Vec<(Bytes, Bytes)>;

fn rows(reader: &dyn StateReader, keyspace: Keyspace, start: &[u8], end: &[u8], reverse: bool) -> Rows {
    reader.range(keyspace, start, end, reverse).collect::<Result<_, _>>().unwrap()
}
fn keys(rows: &Rows) -> Vec<&[u8]> {
    rows.iter().map(|(k, _)| &k[..]).collect()
}
fn batch(writes: &[(Keyspace, &[u8], Option<&[u8]>)]) -> WriteBatch {
    let mut batch = WriteBatch::default();
    for (keyspace, key, value) in writes {
        match value {
            Some(value) => batch.put(*keyspace, key, value),
            None => batch.delete(*keyspace, key),
        }
    }
    batch
}

pub(crate) fn state_store(open: &mut dyn FnMut(Reopen) -> Box<dyn StateStore>) {
    use Keyspace::{Local, Locks, Versions};
    let store = open(Reopen::Clean);
    assert_eq!(store.get(Versions, b"a").unwrap(), None);
    assert!(rows(&*store, Versions, b"", b"", false).is_empty());

    // Order within and over batches, keyspaces apart.
    let first =
        batch(&[(Versions, b"b", Some(b"old")), (Locks, b"b", Some(b"lock")), (Versions, b"a", Some(b"1"))]);
    let second = batch(&[(Versions, b"b", Some(b"2")), (Locks, b"b", None), (Versions, b"c", Some(b""))]);
    store.write(&[&first, &second]).unwrap();
    store.write(&[]).unwrap();
    assert_eq!(store.get(Versions, b"b").unwrap().unwrap(), "2");
    assert_eq!(store.get(Versions, b"c").unwrap().unwrap(), "");
    assert_eq!(store.get(Locks, b"b").unwrap(), None);
    assert_eq!(store.get(Local, b"b").unwrap(), None);

    // Ranges: bounds, directions, the empty and the backward one.
    let many: Vec<Vec<u8>> = (0..200u8).map(|i| vec![b'k', i]).collect();
    let puts: Vec<_> = many.iter().map(|k| (Local, &k[..], Some(&k[..]))).collect();
    store.write(&[&batch(&puts)]).unwrap();
    let all: Vec<&[u8]> = many.iter().map(|k| &k[..]).collect();
    assert_eq!(keys(&rows(&*store, Local, b"", b"", false)), all);
    let backward: Vec<&[u8]> = all.iter().rev().copied().collect();
    assert_eq!(keys(&rows(&*store, Local, b"", b"", true)), backward);
    assert_eq!(keys(&rows(&*store, Local, b"k\x0a", b"k\x0d", false)), [b"k\x0a", b"k\x0b", b"k\x0c"]);
    assert_eq!(keys(&rows(&*store, Local, b"k\x0a", b"k\x0d", true)), [b"k\x0c", b"k\x0b", b"k\x0a"]);
    assert!(rows(&*store, Local, b"k\x0a", b"k\x0a", false).is_empty());
    assert!(rows(&*store, Local, b"z", b"a", true).is_empty());
    assert_eq!(store.first(Local, b"k\x0a\x00", b"l").unwrap().unwrap().0, b"k\x0b".as_slice());
    assert_eq!(store.first(Local, b"l", b"").unwrap(), None);
    assert_eq!(store.first(Local, b"l", b"a").unwrap(), None);

    // A snapshot sees one moment, over all keyspaces.
    let snapshot = store.snapshot();
    store
        .write(&[&batch(&[
            (Versions, b"a", Some(b"new")),
            (Versions, b"c", None),
            (Locks, b"x", Some(b"y")),
        ])])
        .unwrap();
    assert_eq!(snapshot.get(Versions, b"a").unwrap().unwrap(), "1");
    assert_eq!(keys(&rows(&*snapshot, Versions, b"", b"", false)), [b"a", b"b", b"c"]);
    assert_eq!(snapshot.get(Locks, b"x").unwrap(), None);
    assert_eq!(keys(&rows(&*store, Versions, b"", b"", true)), [b"b", b"a"]);
    drop(snapshot);

    let big = vec![7u8; 1 << 20];
    store.write(&[&batch(&[(Versions, b"big", Some(&big))])]).unwrap();
    assert_eq!(store.get(Versions, b"big").unwrap().unwrap(), big);

    store.persist().unwrap();
    drop(store);
    let store = open(Reopen::PowerLoss);
    assert_eq!(store.get(Versions, b"a").unwrap().unwrap(), "new");
    assert_eq!(store.get(Versions, b"big").unwrap().unwrap(), big);
    assert_eq!(store.get(Versions, b"c").unwrap(), None);
    assert_eq!(keys(&rows(&*store, Local, b"", b"", false)), all);
    drop(store);
    let store = against_a_model(open(Reopen::Clean));
    drop(store);
    assert_eq!(open(Reopen::Clean).get(Versions, b"b").unwrap().unwrap(), "2");
}

/// Random writes and reads in one keyspace, compared with a map.
fn against_a_model(store: Box<dyn StateStore>) -> Box<dyn StateStore> {
    let mut rng = SmallRng::seed_from_u64(7);
    let mut model: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    let mut frozen: Option<(Box<dyn StateReader>, BTreeMap<Vec<u8>, Vec<u8>>)> = None;
    let key = |rng: &mut SmallRng| vec![b'm', rng.random_range(0..40u8)];
    for round in 0..300u32 {
        let mut batch = WriteBatch::default();
        for _ in 0..rng.random_range(1..6) {
            let k = key(&mut rng);
            if rng.random_bool(0.3) {
                batch.delete(Keyspace::Markers, &k);
                model.remove(&k);
            } else {
                batch.put(Keyspace::Markers, &k, &round.to_be_bytes());
                model.insert(k, round.to_be_bytes().to_vec());
            }
        }
        store.write(&[&batch]).unwrap();
        if round % 50 == 0 {
            frozen = Some((store.snapshot(), model.clone()));
        }
        let (a, b) = (key(&mut rng), key(&mut rng));
        let reverse = rng.random_bool(0.5);
        let check = |reader: &dyn StateReader, model: &BTreeMap<Vec<u8>, Vec<u8>>| {
            let mut want: Vec<_> = model.iter().filter(|(k, _)| **k >= a && **k < b).collect();
            if reverse {
                want.reverse();
            }
            let got = rows(reader, Keyspace::Markers, &a, &b, reverse);
            assert!(got.iter().map(|(k, v)| (&k[..], &v[..])).eq(want.iter().map(|(k, v)| (&k[..], &v[..]))));
            assert_eq!(reader.get(Keyspace::Markers, &a).unwrap().as_deref(), model.get(&a).map(|v| &v[..]));
        };
        check(&*store, &model);
        if let Some((snapshot, then)) = &frozen {
            check(&**snapshot, then);
        }
    }
    store
}

/// Submits and hands out what `done` will say.
pub(crate) fn submit(
    log: &dyn LogStore,
    group: RangeId,
    changes: Vec<LogChange>,
) -> oneshot::Receiver<Result<(), StoreError>> {
    let (send, receive) = oneshot::channel();
    log.submit(group, changes, Box::new(move |result| drop(send.send(result))));
    receive
}

/// Entries whose bytes tell index and term.
pub(crate) fn entries(range: Range<u64>, term: u64) -> Vec<LogEntry> {
    range.map(|index| LogEntry { index, data: format!("{index}@{term}").into() }).collect()
}

fn read(log: &dyn LogStore, group: RangeId, range: Range<u64>) -> Vec<String> {
    let got = log.read(group, range.start, range.end, usize::MAX).unwrap();
    got.into_iter().map(|e| String::from_utf8(e.data.to_vec()).unwrap()).collect()
}

async fn done(log: &dyn LogStore, group: RangeId, changes: Vec<LogChange>) -> Result<(), StoreError> {
    submit(log, group, changes).await.expect("done is called")
}

pub(crate) async fn log_store(open: &mut dyn FnMut(Reopen) -> Box<dyn LogStore>) {
    use LogChange::{Append, PurgeThrough, Put, Remove, TruncateAfter};
    let (a, b) = (RangeId(1), RangeId(2));
    let log = open(Reopen::Clean);
    assert_eq!((log.first_index(a), log.last_index(a), log.groups()), (None, None, vec![]));
    assert!(log.read(a, 0, 10, 100).unwrap().is_empty());

    // Readable when `submit` returns, overwriting included; the callbacks come in order.
    let one = submit(&*log, a, vec![Append(entries(1..6, 1)), Put { name: "vote", value: "v1".into() }]);
    assert_eq!(read(&*log, a, 1..10), ["1@1", "2@1", "3@1", "4@1", "5@1"]);
    let two = submit(&*log, a, vec![Append(entries(4..6, 2))]);
    assert_eq!(read(&*log, a, 3..10), ["3@1", "4@2", "5@2"]);
    two.await.unwrap().unwrap();
    assert!(matches!(one.await, Ok(Ok(()))));
    assert_eq!(log.get(a, "vote").unwrap().unwrap(), "v1");
    assert_eq!(log.get(b, "vote").unwrap(), None);

    // At most about the bytes asked for, at least one entry.
    assert_eq!(log.read(a, 1, 6, 1).unwrap().len(), 1);
    assert!((1..=2).contains(&log.read(a, 1, 6, 6).unwrap().len()));
    assert!(log.read(a, 5, 2, 100).unwrap().is_empty());

    // Bad changes are refused, whole.
    for bad in [
        vec![Append(entries(8..9, 1))],
        vec![Append(entries(6..7, 1)), Append(entries(8..9, 1))],
        vec![Append(vec![entries(6..7, 1).remove(0), entries(8..9, 1).remove(0)])],
    ] {
        assert!(matches!(done(&*log, a, bad).await, Err(StoreError::Refused(_))));
    }
    assert_eq!(log.last_index(a), Some(5));

    // Truncation holds over a restart, and is overwritten.
    done(&*log, a, vec![TruncateAfter { last: 3 }]).await.unwrap();
    assert_eq!(
        (log.last_index(a), read(&*log, a, 1..10)),
        (Some(3), vec!["1@1".into(), "2@1".into(), "3@1".into()])
    );
    drop(log);
    let log = open(Reopen::PowerLoss);
    assert_eq!((log.last_index(a), read(&*log, a, 3..10)), (Some(3), vec!["3@1".into()]));
    done(&*log, a, vec![Append(entries(4..8, 3)), PurgeThrough { through: 2 }]).await.unwrap();
    drop(log);
    let log = open(Reopen::PowerLoss);
    assert_eq!((log.first_index(a), log.last_index(a)), (Some(3), Some(7)));
    assert_eq!(read(&*log, a, 0..10), ["3@1", "4@3", "5@3", "6@3", "7@3"]);
    assert_eq!(log.get(a, "vote").unwrap().unwrap(), "v1");

    // Truncated to nothing, and purged beyond the end: empty, values stay, nothing comes back.
    done(&*log, b, vec![Append(entries(1..4, 1)), Put { name: "vote", value: "w".into() }]).await.unwrap();
    done(&*log, b, vec![TruncateAfter { last: 0 }]).await.unwrap();
    done(&*log, a, vec![TruncateAfter { last: 5 }, PurgeThrough { through: 9 }]).await.unwrap();
    drop(log);
    let log = open(Reopen::PowerLoss);
    assert_eq!((log.first_index(a), log.last_index(a), log.last_index(b)), (None, None, None));
    assert_eq!(log.get(b, "vote").unwrap().unwrap(), "w");
    assert_eq!(log.groups(), [a, b]);
    assert!(matches!(done(&*log, a, vec![Append(entries(9..10, 1))]).await, Err(StoreError::Refused(_))));
    done(&*log, a, vec![Append(entries(10..12, 4))]).await.unwrap();
    done(&*log, b, vec![Append(entries(1..3, 4))]).await.unwrap();
    drop(log);
    let log = open(Reopen::PowerLoss);
    assert_eq!(read(&*log, a, 0..20), ["10@4", "11@4"]);
    assert_eq!(read(&*log, b, 0..20), ["1@4", "2@4"]);

    // Removed, and born again.
    done(&*log, a, vec![Remove]).await.unwrap();
    assert_eq!(log.groups(), [b]);
    done(&*log, a, vec![Append(entries(1..3, 5))]).await.unwrap();
    drop(log);
    let log = open(Reopen::PowerLoss);
    assert_eq!(read(&*log, a, 0..20), ["1@5", "2@5"]);
    assert_eq!(log.get(a, "vote").unwrap(), None);
    log_against_a_model(log, open).await;
}

/// Random changes of three groups with restarts, compared with maps.
async fn log_against_a_model(mut log: Box<dyn LogStore>, open: &mut dyn FnMut(Reopen) -> Box<dyn LogStore>) {
    use LogChange::{Append, PurgeThrough, Put, Remove, TruncateAfter};
    let mut rng = SmallRng::seed_from_u64(11);
    let groups = [RangeId(11), RangeId(12), RangeId(13)];
    let mut models: Vec<(BTreeMap<u64, String>, Option<String>, u64)> = vec![Default::default(); 3];
    for round in 0..400u64 {
        let which = rng.random_range(0..3);
        let (group, (model, value, purged)) = (groups[which], &mut models[which]);
        let (first, last) = (model.keys().next().copied(), model.keys().last().copied());
        let change = match rng.random_range(0..20) {
            0..12 => {
                let low = first.unwrap_or(*purged + 1);
                let from = last
                    .map_or(low, |last| rng.random_range(low.max((last + 1).saturating_sub(3))..last + 2));
                let new = entries(from..from + rng.random_range(1..5), round);
                model.retain(|index, _| *index < from);
                model.extend(new.iter().map(|e| (e.index, String::from_utf8(e.data.to_vec()).unwrap())));
                Append(new)
            }
            12..15 => {
                let keep = last.map_or(0, |last| rng.random_range(last.saturating_sub(6)..last + 1));
                model.retain(|index, _| *index <= keep);
                TruncateAfter { last: keep }
            }
            15..17 => {
                let through = last.unwrap_or(*purged).saturating_sub(rng.random_range(0..4)).max(*purged);
                *purged = through;
                model.retain(|index, _| *index > through);
                PurgeThrough { through }
            }
            17..19 => {
                *value = Some(round.to_string());
                Put { name: "vote", value: round.to_string().into() }
            }
            _ => {
                (*model, *value, *purged) = Default::default();
                Remove
            }
        };
        let acknowledged = submit(&*log, group, vec![change]);
        if round % 25 == 0 {
            acknowledged.await.unwrap().unwrap();
            for group in groups {
                done(&*log, group, vec![]).await.unwrap(); // all earlier ones are synced
            }
            drop(log);
            log = open(Reopen::PowerLoss);
        }
        for (group, (model, value, _)) in groups.iter().zip(&models) {
            assert_eq!(log.first_index(*group), model.keys().next().copied(), "round {round}");
            assert_eq!(log.last_index(*group), model.keys().last().copied(), "round {round}");
            assert_eq!(
                read(&*log, *group, 0..u64::MAX),
                model.values().cloned().collect::<Vec<_>>(),
                "round {round}"
            );
            assert_eq!(
                log.get(*group, "vote").unwrap().map(|v| v.to_vec()),
                value.clone().map(String::into_bytes)
            );
        }
    }
}
