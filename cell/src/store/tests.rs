//! The fjall store: its contract, and power loss inside the unsynced tail of the journal.

use super::*;
use crate::conformance::{self, Reopen};
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use std::{
    fs,
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
};

/// What a disk holds at a moment: a copy of the directory without lock and marker.
pub(crate) fn copy_as_on_disk(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_as_on_disk(&entry.path(), &target);
        } else if entry.file_name() != "CLEAN" {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn open(dir: &Path) -> FjallStore {
    FjallStore::open(dir, &StoreOptions::small()).unwrap()
}

#[test]
fn keeps_the_contract_of_a_state_store() {
    let dir = tempfile::tempdir().unwrap();
    let mut current: PathBuf = dir.path().join("0");
    let mut lives = 0;
    conformance::state_store(&mut |reopen| {
        if reopen == Reopen::PowerLoss {
            lives += 1;
            let next = dir.path().join(lives.to_string());
            copy_as_on_disk(&current, &next);
            current = next;
        }
        Box::new(open(&current))
    });
}

#[test]
fn a_clean_stop_persists_everything() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut batch = WriteBatch::default();
    batch.put(Keyspace::Versions, b"a", b"1");
    store.write(&[&batch]).unwrap();
    drop(store);
    assert!(dir.path().join("CLEAN").exists());
    let store = open(dir.path());
    assert_eq!(store.get(Keyspace::Versions, b"a").unwrap().unwrap(), "1");
    assert!(!dir.path().join("CLEAN").exists());
    assert!(store.used_bytes() > 0);
}

#[test]
fn a_second_process_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let _held = open(dir.path());
    let refused = FjallStore::open(dir.path(), &StoreOptions::small()).err().unwrap();
    assert!(refused.to_string().contains("is in use by process"), "{refused}");
}

/// Every second value is just below the size that fjall compresses, so that a lost sector can lie within it and leave a
/// batch that decodes.
fn value(i: u64) -> Vec<u8> {
    (0..if i % 2 == 0 { 3900 } else { 1500u64 })
        .map(|k| ((k * i).wrapping_mul(2_654_435_761) >> 7) as u8)
        .collect()
}

fn write(store: &FjallStore, i: u64) {
    let mut batch = WriteBatch::default();
    batch.put(Keyspace::Versions, &i.to_be_bytes(), &value(i));
    batch.put(Keyspace::Local, b"applied", &i.to_be_bytes());
    store.write(&[&batch]).unwrap();
}

/// After pages or sectors of the unsynced tail were lost: everything persisted is there, and the rest is a prefix of what was
/// written, whole batches only.
#[test]
fn pages_and_sectors_lost_in_the_unsynced_tail_lose_no_persisted_row() {
    const PERSISTED: u64 = 20;
    const WRITTEN: u64 = 60;
    let dir = tempfile::tempdir().unwrap();
    let origin = dir.path().join("origin");
    let store = open(&origin);
    (1..=PERSISTED).for_each(|i| write(&store, i));
    store.persist().unwrap();
    let path = journal::newest(&origin.join("data")).unwrap().unwrap();
    let synced = journal::last_whole_batch(&path).unwrap();
    (PERSISTED + 1..=WRITTEN).for_each(|i| write(&store, i));
    let (mut refused_without_cut, mut cut) = (0, 0);
    for seed in 0..25 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let torn = dir.path().join(seed.to_string());
        copy_as_on_disk(&origin, &torn);
        let path = journal::newest(&torn.join("data")).unwrap().unwrap();
        let end = journal::last_whole_batch(&path).unwrap();
        assert!(end > synced + 50_000);
        let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        for _ in 0..rng.random_range(1..4) {
            let unit = if rng.random_bool(0.5) { 4096 } else { 512 };
            let page = rng.random_range(synced..end) / unit * unit;
            let from = page.max(synced);
            file.seek(SeekFrom::Start(from)).unwrap();
            file.write_all(&vec![0; usize::try_from(page + unit - from).unwrap()]).unwrap();
        }
        drop(file);
        let as_it_is = dir.path().join(format!("{seed}-uncut"));
        copy_as_on_disk(&torn, &as_it_is);
        refused_without_cut +=
            u32::from(FjallStore::open_database(&as_it_is.join("data"), &StoreOptions::small()).is_err());
        let store = open(&torn);
        cut += u32::from(store.torn_bytes() > 0);
        let applied = store.get(Keyspace::Local, b"applied").unwrap().unwrap();
        let applied = u64::from_be_bytes(applied[..].try_into().unwrap());
        assert!((PERSISTED..=WRITTEN).contains(&applied), "seed {seed}: applied {applied}");
        for i in 1..=WRITTEN {
            let got = store.get(Keyspace::Versions, &i.to_be_bytes()).unwrap();
            assert_eq!(got.is_some(), i <= applied, "seed {seed}: row {i}, applied {applied}");
            assert!(got.is_none_or(|v| v == value(i)), "seed {seed}: row {i}");
        }
        // And it goes on from there.
        write(&store, applied + 1);
        drop(store);
        let store = open(&torn);
        assert!(store.get(Keyspace::Versions, &(applied + 1).to_be_bytes()).unwrap().is_some());
    }
    assert!(cut > 20, "most tries tear something: {cut}");
    assert!(refused_without_cut > 0, "without the cut some are refused, or this test shows nothing");
}

#[test]
fn a_journal_of_garbage_is_cut_to_nothing_and_not_read_past_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1.jnl");
    for seed in 0..50 {
        let mut rng = SmallRng::seed_from_u64(seed);
        let mut bytes: Vec<u8> = (0..rng.random_range(1..200)).map(|_| rng.random_range(0..6)).collect();
        bytes.push(1);
        fs::write(&path, &bytes).unwrap();
        assert!(journal::cut_torn_tail(dir.path()).unwrap() > 0);
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
    }
}

/// Prints what nine small cells take: `cargo test -p cell --lib -- --ignored --nocapture nine_small`.
#[test]
#[ignore = "a measurement"]
fn nine_small_cells_together_take_little_memory() {
    let resident = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        status.lines().find(|l| l.starts_with("VmRSS")).unwrap().to_owned()
    };
    let dir = tempfile::tempdir().unwrap();
    println!("before {}", resident());
    let cells: Vec<_> = (0..9)
        .map(|i| {
            let path = dir.path().join(i.to_string());
            let log = crate::log::RaftEngineLog::open(&path.join("log"), crate::log::LogOptions::small());
            (open(&path.join("state")), log.unwrap())
        })
        .collect();
    println!("nine empty {}", resident());
    let started = std::time::Instant::now();
    for (store, _) in &cells {
        for i in 0..20_000u64 {
            let mut batch = WriteBatch::default();
            batch.put(Keyspace::Versions, &i.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes(), &[7; 300]);
            batch.put(Keyspace::Local, b"applied", &i.to_be_bytes());
            store.write(&[&batch]).unwrap();
        }
    }
    println!("nine with 20,000 rows of 300 bytes each {} after {:?}", resident(), started.elapsed());
    let started = std::time::Instant::now();
    cells.iter().for_each(|(store, _)| store.persist().unwrap());
    println!("nine persisted in {:?}", started.elapsed());
    let started = std::time::Instant::now();
    drop(cells);
    println!("closed in {:?}", started.elapsed());
}
