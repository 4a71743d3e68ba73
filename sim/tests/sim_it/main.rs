//! Seeds of the simulator. `SEEDS=N` says how many, `SEED=N` runs one alone, `SIM_TRACE=1` prints its events.

use sim::scenario::{Failure, Options, Planted, run};
use std::time::{Duration, Instant};

/// Seeds of an ordinary run.
const SEEDS: u64 = 50;
/// Seeds within which a planted fault must be found.
const FOUND_WITHIN: u64 = 30;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

#[test]
fn seeds() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 1..number("SEEDS").unwrap_or(SEEDS) + 1,
    };
    let mut failed = Vec::new();
    for seed in seeds {
        let began = Instant::now();
        match run(seed, &Options::default()) {
            Ok(r) => println!(
                "seed {seed}: {} events, {} ms virtual, {:.1?}; {} crashes, {} partitions, {} splits ({} ranges); {} transfers, {} audits, {} retries, {} unknown; {} register operations; ledger {:?}",
                r.trace.len(),
                r.virtual_ms,
                began.elapsed(),
                r.crashes,
                r.partitions,
                r.splits,
                r.ranges,
                r.transfers,
                r.audits,
                r.retries,
                r.unknown,
                r.registers,
                r.ledger
            ),
            Err(e) => {
                println!(
                    "seed {seed} FAILED after {:.1?} (again: SEED={seed} cargo test -p sim seeds): {e}",
                    began.elapsed()
                );
                failed.push(seed);
            }
        }
    }
    assert!(failed.is_empty(), "failed seeds: {failed:?}");
}

#[test]
fn same_seed_same_trace() {
    for seed in [1, 2, 3] {
        let mut runs = (0..2).map(|_| run(seed, &Options::default()).map_err(|e| e.to_string()));
        let (a, b) = (runs.next().unwrap(), runs.next().unwrap());
        if let (Ok(a), Ok(b)) = (&a, &b) {
            let parted = a.trace.iter().zip(&b.trace).position(|(x, y)| x != y);
            assert_eq!(parted, None, "seed {seed}: two runs part at this event of {}", a.trace.len());
        }
        assert_eq!(a, b, "seed {seed}");
    }
    let (a, b) = (run(1, &Options::default()), run(2, &Options::default()));
    assert_ne!(a.unwrap().trace, b.unwrap().trace, "another seed gives another trace");
}

#[test]
fn planted_faults_are_found() {
    for planted in [Planted::SkippedSync, Planted::ReadWithoutLease, Planted::WriteBelowTimestampCache] {
        let options = Options { planted, faults_for: Duration::from_secs(15) };
        let found = (1..=FOUND_WITHIN).find_map(|seed| match run(seed, &options) {
            Err(Failure::Wrong(e)) => Some((seed, e)),
            _ => None,
        });
        let Some((seed, error)) = found else {
            panic!("{planted:?} was not found within {FOUND_WITHIN} seeds")
        };
        println!("{planted:?}: found by seed {seed}: {error:#}");
        let same = Options { planted: Planted::Nothing, ..options };
        assert!(
            !matches!(run(seed, &same), Err(Failure::Wrong(_))),
            "seed {seed} is wrong without the fault too"
        );
    }
}
