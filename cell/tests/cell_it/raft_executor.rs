//! Cells with the product's executors and router: reads, writes, splits and a kill, as clients see them.

use crate::raft_cluster::{Cluster, FIRST, key};
use kv::{
    BatchRequest, Bytes, KvError, Reply, Request,
    request::{AdminSplit, Get, Header, Put},
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use txn::Sender;

struct Client(Arc<txn::Distributor>);

impl Client {
    async fn send(&self, request: Request) -> Result<Reply, KvError> {
        let header = Header { version: kv::WIRE_VERSION, principal: "test".to_owned(), ..Default::default() };
        let reply = self.0.send(BatchRequest::new(header, [request])).await?;
        Ok(reply.replies.into_iter().next().unwrap().reply.unwrap())
    }
    async fn put(&self, n: u64, value: &str) -> Result<(), KvError> {
        let value = Bytes::copy_from_slice(value.as_bytes());
        self.send(Request::Put(Put { key: key(n), value, sequence: 0 })).await.map(drop)
    }
    async fn get(&self, n: u64) -> Option<String> {
        match self.send(Request::Get(Get { key: key(n), lock: 0 })).await.unwrap() {
            Reply::Get(g) => g.value.map(|v| String::from_utf8(v.to_vec()).unwrap()),
            other => panic!("{other:?}"),
        }
    }
}

async fn cluster() -> (Arc<Cluster>, Client) {
    let mut c = Cluster::new();
    c.plain = false;
    let c = Arc::new(c);
    c.begin().await;
    let client = Client(c.distributor(77));
    (c, client)
}

#[tokio::test(start_paused = true)]
async fn writes_and_reads_go_through_splits() {
    let (c, client) = cluster().await;
    for n in 0..40 {
        client.put(n, "a").await.unwrap();
    }
    for at in [20, 10, 30] {
        client.send(Request::AdminSplit(AdminSplit { key: key(at) })).await.unwrap();
        client.put(at + 1, "b").await.unwrap();
    }
    for n in 0..40 {
        let want = if [11, 21, 31].contains(&n) { "b" } else { "a" };
        assert_eq!(client.get(n).await.unwrap(), want, "{n}");
    }
    assert_eq!(c.cell(1).ranges().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_client_goes_on_within_five_seconds_of_a_kill() {
    let (c, client) = cluster().await;
    for n in 0..20 {
        client.put(n, "a").await.unwrap();
    }
    let holder = c.leaseholder(FIRST).unwrap();
    c.crash(holder).await;
    let start = Instant::now();
    client.put(20, "b").await.unwrap();
    println!("served again after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    for n in 0..20 {
        assert_eq!(client.get(n).await.unwrap(), "a");
    }
    c.start(holder).await;
    client.put(21, "c").await.unwrap();
}
