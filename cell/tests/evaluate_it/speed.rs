//! What a point read and a one-row write cost at the leaseholder, without store and consensus.

use crate::harness::*;
use kv::{
    Request,
    request::{Get, Put},
};
use std::time::Instant;

const READS: u32 = 20_000;

#[tokio::test]
#[ignore = "a measurement: run it alone, with --ignored --nocapture"]
#[allow(clippy::disallowed_methods)]
async fn cost_of_a_point_read_and_a_write() {
    let range = Range::new();
    let put = |n: u32| {
        let value = kv::Bytes::from_static(b"value");
        Request::Put(Put { key: row(&format!("{n:06}")), value, sequence: 0 })
    };
    for n in 0..1_000 {
        range.one(header(), put(n)).await.unwrap();
    }
    let begun = Instant::now();
    for n in 0..READS {
        let get = Request::Get(Get { key: row(&format!("{:06}", n % 1_000)), lock: 0 });
        range.one(header(), get).await.unwrap();
    }
    let read = begun.elapsed().as_nanos() / u128::from(READS);
    let begun = Instant::now();
    for n in 0..READS {
        range.one(header(), put(n % 1_000)).await.unwrap();
    }
    let write = begun.elapsed().as_nanos() / u128::from(READS);
    eprintln!("point read {read} ns, one-row write {write} ns");
}
