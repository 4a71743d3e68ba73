//! The raft-engine log: its contract, one sync for many groups, its bounded memory, and a torn tail.

use super::*;
use crate::{
    conformance::{self, Reopen, entries, submit},
    store::tests::copy_as_on_disk,
};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fs,
    io::{Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

fn open(dir: &Path) -> RaftEngineLog {
    RaftEngineLog::open(dir, LogOptions::small()).unwrap()
}

#[tokio::test]
async fn keeps_the_contract_of_a_log_store() {
    for cache_bytes in [0, 4 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let mut current: PathBuf = dir.path().join("0");
        let mut lives = 0;
        conformance::log_store(&mut |reopen| {
            if reopen == Reopen::PowerLoss {
                lives += 1;
                let next = dir.path().join(lives.to_string());
                copy_as_on_disk(&current, &next);
                fs::remove_dir_all(&current).unwrap();
                current = next;
            }
            let options = LogOptions { cache_bytes, ..LogOptions::small() };
            Box::new(RaftEngineLog::open(&current, options).unwrap())
        })
        .await;
    }
}

#[tokio::test]
async fn synced_entries_leave_memory_when_there_are_too_many() {
    let dir = tempfile::tempdir().unwrap();
    let options = LogOptions { cache_bytes: 64 << 10, ..LogOptions::small() };
    let log = RaftEngineLog::open(dir.path(), options).unwrap();
    let data = Bytes::from(vec![7u8; 1000]);
    for index in 1..=500u64 {
        let entry = LogEntry { index, data: data.clone() };
        let waiter = submit(&log, RangeId(index % 5 + 1), vec![]);
        drop(waiter);
        submit(&log, RangeId(9), vec![LogChange::Append(vec![entry])]).await.unwrap().unwrap();
    }
    submit(&log, RangeId(9), vec![]).await.unwrap().unwrap(); // the writer has tidied up after the last append
    assert!(log.cached_bytes() <= 66 << 10, "{}", log.cached_bytes());
    let all = log.read(RangeId(9), 1, 501, usize::MAX).unwrap();
    assert!(all.iter().map(|e| e.index).eq(1..=500));
    assert!(all.iter().all(|e| e.data == data));
    // A read stops at its bound on either side of memory's edge.
    assert!((9..=10).contains(&log.read(RangeId(9), 1, 501, 10_000).unwrap().len())); // raft-engine counts its framing
    assert_eq!(log.read(RangeId(9), 495, 501, 3_000).unwrap().len(), 3);
}

#[tokio::test]
async fn a_refused_open_names_the_holder() {
    let dir = tempfile::tempdir().unwrap();
    let _held = open(dir.path());
    let refused = RaftEngineLog::open(dir.path(), LogOptions::small()).err().unwrap();
    assert!(refused.to_string().contains("is in use by process"), "{refused}");
}

#[tokio::test]
async fn a_write_error_poisons_and_reaches_every_waiter() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    submit(&log, RangeId(1), vec![LogChange::Append(entries(1..3, 1))]).await.unwrap().unwrap();
    *log.inner.poisoned.lock() = Some("fsync failed".into());
    for _ in 0..2 {
        let waiter = submit(&log, RangeId(1), vec![LogChange::Append(vec![])]);
        assert!(matches!(waiter.await.unwrap(), Err(StoreError::Poisoned(_))));
    }
}

#[tokio::test]
async fn many_groups_are_written_by_few_syncs() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let start = std::time::Instant::now();
    let waiters: Vec<_> = (1..=500u64)
        .map(|group| submit(&log, RangeId(group), vec![LogChange::Append(entries(1..3, 1))]))
        .collect();
    for waiter in waiters {
        waiter.await.unwrap().unwrap();
    }
    // 500 syncs one by one take many times as long on any disk; this only keeps the shape.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(log.groups().len(), 500);
    drop(log);
    let log = open(dir.path());
    assert!((1..=500).all(|group| log.last_index(RangeId(group)) == Some(2)));
}

/// Bytes of the newest file that holds anything but zeros.
fn newest_file(dir: &Path) -> (PathBuf, u64) {
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "raftlog"));
    files.sort();
    let path = files.pop().unwrap();
    let mut bytes = Vec::new();
    fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
    let used = bytes.iter().rposition(|b| *b != 0).unwrap() + 1;
    (path, used as u64)
}

/// The last round was written and never synced, as when power fails in between: it is cut where pages are missing, and
/// nothing before it is lost.
#[tokio::test]
async fn pages_lost_in_the_last_round_lose_nothing_that_was_synced() {
    let dir = tempfile::tempdir().unwrap();
    let origin = dir.path().join("origin");
    let data = |i: u64| Bytes::from(vec![i as u8 | 1; 700]);
    let append = |log: &RaftEngineLog, range: std::ops::Range<u64>| {
        let entries = range.map(|index| LogEntry { index, data: data(index) }).collect();
        submit(log, RangeId(1), vec![LogChange::Append(entries)])
    };
    let log = open(&origin);
    append(&log, 1..21).await.unwrap().unwrap();
    append(&log, 21..41).await.unwrap().unwrap();
    let (_, synced) = newest_file(&origin.join("data"));
    append(&log, 41..101).await.unwrap().unwrap();
    let (newest, end) = newest_file(&origin.join("data"));
    assert!(end > synced + 40_000);
    let mut lost = 0;
    for seed in 0..25 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let torn = dir.path().join(seed.to_string());
        copy_as_on_disk(&origin, &torn);
        let path = torn.join("data").join(newest.file_name().unwrap());
        let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
        let page = (rng.random_range(synced..end) / 4096 * 4096).max(synced);
        file.seek(SeekFrom::Start(page)).unwrap();
        file.write_all(&[0; 4096]).unwrap();
        drop(file);
        let log = open(&torn);
        let last = log.last_index(RangeId(1)).unwrap();
        assert!(last >= 40, "seed {seed}: {last}");
        lost += u32::from(last < 100);
        let all = log.read(RangeId(1), 1, 101, usize::MAX).unwrap();
        assert!(all.iter().all(|e| e.data == data(e.index)) && all.len() as u64 == last, "seed {seed}");
        append(&log, last + 1..last + 2).await.unwrap().unwrap();
        drop(log);
        let log = open(&torn);
        assert_eq!(log.last_index(RangeId(1)), Some(last + 1));
        assert_eq!(log.read(RangeId(1), 1, 200, usize::MAX).unwrap().len() as u64, last + 1);
    }
    assert!(lost > 20, "most tries lose something: {lost}");
}

/// A page that was synced and does not read back is corruption, never a shorter log.
#[tokio::test]
async fn a_page_lost_below_the_last_round_is_corruption() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    let data = Bytes::from(vec![5u8; 700]);
    for from in [1u64, 41] {
        let entries = (from..from + 40).map(|index| LogEntry { index, data: data.clone() }).collect();
        submit(&log, RangeId(1), vec![LogChange::Append(entries)]).await.unwrap().unwrap();
    }
    let torn = dir.path().join("torn");
    copy_as_on_disk(&dir.path().join("data"), &torn.join("data"));
    fs::copy(dir.path().join("FORMAT"), torn.join("FORMAT")).unwrap();
    let (path, _) = newest_file(&torn.join("data"));
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(8192)).unwrap();
    file.write_all(&[0; 4096]).unwrap();
    drop(file);
    match RaftEngineLog::open(&torn, LogOptions::small()) {
        Err(e) => assert!(matches!(e, StoreError::Corrupt(_)), "{e}"),
        Ok(log) => {
            assert_eq!(log.last_index(RangeId(1)), Some(80));
            let e = log.read(RangeId(1), 1, 81, usize::MAX).unwrap_err();
            assert!(matches!(&e, StoreError::Corrupt(text) if text.contains("r1, entries 1 to")), "{e}");
        }
    }
}
