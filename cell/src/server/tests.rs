//! Streams over real loopback sockets with mutual TLS.

use super::*;
use crate::transport::{KvHandler, LocalPeers, PeerTransport, RaftHandler, RaftRequest, TransportError};
use async_trait::async_trait;
use bytes::Bytes;
use futures::future::{BoxFuture, join_all};
use kv::{
    BatchReply, BatchRequest, CellDescriptor, Header, KvError, RangeDescriptor, RangeId, ReplicaId, StoreId,
    error::Message as Text,
};
use parking_lot::Mutex;
use prost::Message;
use proto::{
    AdminClient, CallError, Class, Dial, Dialer, Identity, Peers, Socket, TcpDial, TlsFiles,
    admin::AdminError, certs, wire,
};
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio::sync::{Notify, Semaphore};
use txn::CellTransport;

const CLUSTER: &[u8] = b"sixteen bytes id";
const LIMIT: Duration = Duration::from_secs(20);

async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, future).await {
        Ok(value) => value,
        Err(_) => panic!("{what} did not happen within {LIMIT:?}"),
    }
}

fn clock() -> Arc<txn::Clock> {
    txn::Clock::new(Arc::new(txn::SystemClock), 250_000_000)
}

/// Answers by what it is asked; notes the order of the calls.
struct Handler {
    kinds: Mutex<Vec<u8>>,
    /// Calls of kind 200 wait for it.
    gate: Arc<Semaphore>,
    called: Notify,
}

impl Default for Handler {
    fn default() -> Self {
        Handler { kinds: Mutex::default(), gate: Arc::new(Semaphore::new(0)), called: Notify::new() }
    }
}

impl RaftHandler for Handler {
    fn handle(&self, r: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        self.kinds.lock().push(r.kind);
        self.called.notify_waiters();
        let gate = self.gate.clone();
        Box::pin(async move {
            match r.kind {
                200 => {
                    let _open = gate.acquire().await.expect("it is never closed");
                    Ok(r.payload)
                }
                201 => Err(TransportError::Refused("no such replica".into())),
                202 => panic!("planted"),
                _ => Ok(r.payload),
            }
        })
    }
}

impl KvHandler for Handler {
    fn handle(&self, batch: BatchRequest) -> BoxFuture<'static, Result<BatchReply, KvError>> {
        let principal = batch.header.principal;
        Box::pin(async move {
            if principal == "full" {
                return Err(KvError::StoreFull(Text { text: principal }));
            }
            Ok(BatchReply { timestamp: batch.header.timestamp, ..Default::default() })
        })
    }
}

#[async_trait]
impl AdminHandler for Handler {
    async fn status(&self) -> Result<wire::StatusReply, AdminError> {
        Ok(wire::StatusReply { initialized: true, cluster_id: CLUSTER.into(), ..Default::default() })
    }
    async fn init(&self, _: wire::InitRequest) -> Result<wire::InitReply, AdminError> {
        Err(AdminError::Refused("initialised already as cluster 42".into()))
    }
    async fn join(&self, _: wire::JoinRequest) -> Result<wire::JoinReply, AdminError> {
        Ok(wire::JoinReply { store_id: 7, ..Default::default() })
    }
    async fn peers(&self) -> Result<wire::PeersReply, AdminError> {
        let now = kv::Timestamp::new(5, 0);
        let cell = |store_id, address: &str| {
            CellDescriptor { store_id, address: address.into(), heartbeat: now, ..Default::default() }
                .encode_to_vec()
        };
        Ok(wire::PeersReply {
            cluster_id: CLUSTER.into(),
            cells: vec![cell(2, "b:2").into(), cell(3, "c:3").into()],
            root_range: RangeDescriptor { range_id: 1, ..Default::default() }.encode_to_vec().into(),
        })
    }
    async fn create_range(&self, _: wire::CreateRangeRequest) -> Result<(), AdminError> {
        Ok(())
    }
}

/// A CA, and a directory of certificates for each kind of process.
fn certificates(dir: &Path) {
    certs::make_ca(&dir.join("ca")).unwrap();
    for identity in Identity::ALL {
        certs::make_node(&dir.join("ca"), &dir.join(identity.name()), identity, &["localhost".into()])
            .unwrap();
    }
}
fn tls(dir: &Path, identity: Identity) -> Arc<TlsFiles> {
    TlsFiles::open(&dir.join(identity.name())).unwrap()
}

struct Listening {
    handler: Arc<Handler>,
    address: String,
    closing: CancellationToken,
    server: tokio::task::JoinHandle<Result<(), String>>,
}

async fn listen_at(address: &str, tls: Option<Arc<TlsFiles>>, cluster: &'static [u8]) -> Listening {
    let listener = tokio::net::TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let handler = Arc::new(Handler::default());
    let closing = CancellationToken::new();
    let server = CellServer {
        kv: handler.clone(),
        raft: handler.clone(),
        admin: handler.clone(),
        peers: Peers::new(Dialer::new(Arc::new(TcpDial), None), StoreId(2), Bytes::from_static(cluster)),
        clock: clock(),
    };
    let server = tokio::spawn(server.serve(accept(listener, tls), closing.clone()));
    Listening { handler, address, closing, server }
}

fn peers(
    dial: Arc<dyn Dial>,
    tls: Option<Arc<TlsFiles>>,
    cluster: &'static [u8],
    address: &str,
) -> Arc<Peers> {
    let peers = Peers::new(Dialer::new(dial, tls), StoreId(1), Bytes::from_static(cluster));
    peers.learn(CellDescriptor { store_id: 2, address: address.to_owned(), ..Default::default() });
    peers
}
fn raft(peers: &Arc<Peers>) -> StreamPeers {
    StreamPeers::new(peers.clone(), LocalPeers::default())
}
fn message(kind: u8, payload: impl Into<Bytes>) -> RaftRequest {
    RaftRequest {
        range_id: RangeId(1),
        from_store: StoreId(1),
        from_replica: ReplicaId(1),
        to_replica: ReplicaId(2),
        kind,
        payload: payload.into(),
    }
}

/// Asks again while the peer is certainly not reached.
async fn until_answered(transport: &StreamPeers) -> Bytes {
    soon("an answer", async {
        loop {
            match transport.call(StoreId(2), message(1, "again")).await {
                Ok(payload) => return payload,
                Err(TransportError::Unreachable { .. } | TransportError::Lost { .. }) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(e) => panic!("{e}"),
            }
        }
    })
    .await
}

#[tokio::test]
async fn calls_over_mutual_tls_arrive_in_order_and_are_answered_in_any() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let server = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Cell)), CLUSTER).await;
    let peers = peers(Arc::new(TcpDial), Some(tls(dir.path(), Identity::Cell)), CLUSTER, &server.address);
    let transport = raft(&peers);
    let slow = transport.call(StoreId(2), message(200, "slow"));
    let calls: Vec<_> = (0..150u8).map(|k| transport.call(StoreId(2), message(k, vec![k; 100]))).collect();
    for (k, answer) in soon("150 answers", join_all(calls)).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap(), vec![k as u8; 100]);
    }
    let mut order = vec![200];
    order.extend(0..150u8);
    assert_eq!(*server.handler.kinds.lock(), order);
    server.handler.gate.add_permits(1);
    assert_eq!(soon("the slow one", slow).await.unwrap(), "slow");
    // Refusals and panics are answers too, and a value of some megabytes fits.
    let refused = soon("a refusal", transport.call(StoreId(2), message(201, ""))).await;
    assert_eq!(refused, Err(TransportError::Refused("no such replica".into())));
    let panicked = soon("a panic's answer", transport.call(StoreId(2), message(202, ""))).await;
    assert_eq!(panicked, Err(TransportError::Refused("the handler panicked".into())));
    let big = Bytes::from(vec![9; 10 << 20]);
    assert_eq!(soon("a big one", transport.call(StoreId(2), message(1, big.clone()))).await.unwrap(), big);
    let unknown = transport.call(StoreId(9), message(1, "")).await;
    assert!(matches!(unknown, Err(TransportError::Unreachable { to: StoreId(9), .. })));

    // Batches go beside, with typed errors.
    let router = super::tests::peers(
        Arc::new(TcpDial),
        Some(tls(dir.path(), Identity::Router)),
        CLUSTER,
        &server.address,
    );
    let cells = txn::RemoteCells::new(router.clone(), None, clock());
    let batch = |principal: &str| BatchRequest {
        header: Header { principal: principal.into(), ..Default::default() },
        requests: Vec::new(),
    };
    assert!(soon("a batch", cells.send(StoreId(2), batch("root"))).await.is_ok());
    let full = soon("an error", cells.send(StoreId(2), batch("full"))).await;
    assert_eq!(full, Err(KvError::StoreFull(Text { text: "full".into() })));
    // A router is no cell.
    let refused = soon("a refusal", raft(&router).call(StoreId(2), message(1, ""))).await;
    assert!(
        matches!(&refused, Err(TransportError::Refused(t)) if t.contains("meridian-router")),
        "{refused:?}"
    );

    // The server stops although streams are open.
    server.closing.cancel();
    soon("the server's end", server.server).await.unwrap().unwrap();
}

#[tokio::test]
async fn strangers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let other = tempfile::tempdir().unwrap();
    certificates(other.path());
    let server = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Cell)), CLUSTER).await;
    // Another CA, a server name that is no cell's, and no TLS at all.
    let strangers = [Some(tls(other.path(), Identity::Cell)), None];
    for stranger in strangers {
        let transport = raft(&peers(Arc::new(TcpDial), stranger, CLUSTER, &server.address));
        let refused = soon("a refusal", transport.call(StoreId(2), message(1, ""))).await;
        assert!(matches!(refused, Err(TransportError::Unreachable { .. })), "{refused:?}");
    }
    let impostor = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Router)), CLUSTER).await;
    let cell = Some(tls(dir.path(), Identity::Cell));
    let transport = raft(&peers(Arc::new(TcpDial), cell.clone(), CLUSTER, &impostor.address));
    let refused = soon("a refusal", transport.call(StoreId(2), message(1, ""))).await;
    assert!(matches!(&refused, Err(TransportError::Unreachable { .. })), "{refused:?}");
    assert!(server.handler.kinds.lock().is_empty() && impostor.handler.kinds.lock().is_empty());

    // The right certificate and the wrong cluster, or none.
    let transport = raft(&peers(Arc::new(TcpDial), cell.clone(), b"another cluster!", &server.address));
    let refused = soon("a refusal", transport.call(StoreId(2), message(1, ""))).await;
    assert!(
        matches!(&refused, Err(TransportError::Refused(t)) if t.contains("this cell is of cluster")),
        "{refused:?}"
    );
    let newborn = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Cell)), b"").await;
    let transport = raft(&peers(Arc::new(TcpDial), cell, CLUSTER, &newborn.address));
    let refused = soon("a refusal", transport.call(StoreId(2), message(1, ""))).await;
    assert!(
        matches!(&refused, Err(TransportError::Refused(t)) if t.contains("not part of a cluster")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn admin_calls_check_the_certificate_and_carry_refusals() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let server = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Cell)), CLUSTER).await;
    let client = |identity| {
        let dialer = Dialer::new(Arc::new(TcpDial), Some(tls(dir.path(), identity)));
        let address = server.address.clone();
        async move { AdminClient::connect(&dialer, &address, LIMIT).await.unwrap() }
    };
    let mut admin = client(Identity::Admin).await;
    assert_eq!(admin.status().await.unwrap().cluster_id, CLUSTER);
    let again = admin.init(wire::InitRequest::default()).await;
    assert_eq!(again, Err(AdminError::Refused("initialised already as cluster 42".into())));
    assert!(matches!(admin.join(wire::JoinRequest::default()).await, Err(AdminError::Refused(_))));
    assert_eq!(client(Identity::Cell).await.join(wire::JoinRequest::default()).await.unwrap().store_id, 7);
}

/// Dials through sockets that can be cut, or fall silent as a peer whose host is gone.
#[derive(Default)]
struct CuttableDial(Arc<Mutex<Vec<tokio::task::JoinHandle<()>>>>, Arc<Notify>);

impl CuttableDial {
    fn cut(&self) {
        self.0.lock().drain(..).for_each(|t| t.abort());
    }
}

impl Dial for CuttableDial {
    fn dial(&self, address: &str) -> BoxFuture<'static, io::Result<Socket>> {
        let (address, pipes, silence) = (address.to_owned(), self.0.clone(), self.1.clone());
        Box::pin(async move {
            let mut far = tokio::net::TcpStream::connect(address).await?;
            let (near, mut middle) = tokio::io::duplex(64 << 10);
            let pipe = async move {
                tokio::select! {
                    biased;
                    () = silence.notified() => std::future::pending::<()>().await,
                    _ = tokio::io::copy_bidirectional(&mut middle, &mut far) => {}
                }
            };
            pipes.lock().push(tokio::spawn(pipe));
            Ok(Box::new(near) as Socket)
        })
    }
}

#[tokio::test]
async fn a_killed_connection_fails_pending_calls_as_lost_and_is_made_again() {
    let server = listen_at("127.0.0.1:0", None, CLUSTER).await;
    let dial = Arc::new(CuttableDial::default());
    let transport = raft(&peers(dial.clone(), None, CLUSTER, &server.address));
    let pending = transport.call(StoreId(2), message(200, "never answered"));
    soon("arrival", async {
        while server.handler.kinds.lock().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    dial.cut();
    let lost = soon("the loss", pending).await;
    assert!(matches!(lost, Err(TransportError::Lost { to: StoreId(2), .. })), "{lost:?}");
    assert_eq!(until_answered(&transport).await, "again");
    // The server lets go of the call whose caller is gone: its future holds the gate no more.
    soon("the call's end", async {
        while Arc::strong_count(&server.handler.gate) > 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_silent_peer_is_noticed_by_its_missing_pings() {
    let server = listen_at("127.0.0.1:0", None, CLUSTER).await;
    let dial = Arc::new(CuttableDial::default());
    let transport = raft(&peers(dial.clone(), None, CLUSTER, &server.address));
    assert_eq!(until_answered(&transport).await, "again");
    dial.1.notify_waiters();
    let start = tokio::time::Instant::now();
    let lost = soon("the loss", transport.call(StoreId(2), message(1, "into the void"))).await;
    assert!(matches!(lost, Err(TransportError::Lost { .. })), "{lost:?}");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(until_answered(&transport).await, "again");
}

#[tokio::test]
async fn the_address_book_is_filled_from_whoever_answers() {
    let server = listen_at("127.0.0.1:0", None, CLUSTER).await;
    let book = Peers::new(Dialer::new(Arc::new(TcpDial), None), StoreId(0), Bytes::new());
    let nobody =
        tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().to_string();
    book.refresh(&[nobody, server.address.clone()]).await.unwrap();
    assert_eq!(book.cluster_id(), CLUSTER);
    assert_eq!(book.cells().iter().map(|c| c.store_id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(book.root_range().unwrap().range_id, 1);
    // What is known is never replaced by something older, nor by another cluster.
    book.learn(CellDescriptor { store_id: 3, address: "old:1".into(), ..Default::default() });
    assert_eq!(book.cell(StoreId(3)).unwrap().address, "c:3");
    let foreign = Peers::new(book.dialer().clone(), StoreId(0), Bytes::from_static(b"another cluster!"));
    let refused = foreign.refresh(&[server.address.clone()]).await;
    assert!(matches!(&refused, Err(AdminError::Refused(t)) if t.contains("another cluster")), "{refused:?}");
}

#[tokio::test]
async fn a_restarted_server_is_found_again_and_until_then_calls_are_certainly_not_sent() {
    let server = listen_at("127.0.0.1:0", None, CLUSTER).await;
    let address = server.address.clone();
    let transport = raft(&peers(Arc::new(TcpDial), None, CLUSTER, &address));
    assert_eq!(until_answered(&transport).await, "again");
    server.closing.cancel();
    soon("the server's end", server.server).await.unwrap().unwrap();
    soon("unreachable", async {
        while !matches!(
            transport.call(StoreId(2), message(1, "")).await,
            Err(TransportError::Unreachable { to: StoreId(2), .. })
        ) {}
    })
    .await;
    let server = listen_at(&address, None, CLUSTER).await;
    assert_eq!(until_answered(&transport).await, "again");
    assert_eq!(server.handler.kinds.lock().as_slice(), [1]);
}

#[tokio::test]
async fn the_queue_is_bounded_and_a_full_one_refuses_at_once() {
    /// Never connects.
    struct NoDial;
    impl Dial for NoDial {
        fn dial(&self, _: &str) -> BoxFuture<'static, io::Result<Socket>> {
            Box::pin(std::future::pending())
        }
    }
    let peers = peers(Arc::new(NoDial), None, CLUSTER, "nowhere:1");
    let calls: Vec<_> = (0..proto::stream::QUEUE_CALLS_MAX + 10)
        .map(|_| peers.call(StoreId(2), Class::Kv, Bytes::from_static(b"x")))
        .collect();
    let refused = soon("a refusal", calls.into_iter().next_back().unwrap()).await;
    assert!(matches!(&refused, Err(CallError::NotSent(t)) if t.contains("holds 8192 calls")), "{refused:?}");
}

#[tokio::test]
async fn renewed_certificates_are_used_without_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let files = tls(dir.path(), Identity::Cell);
    let before = files.server();
    assert!(Arc::ptr_eq(&before, &files.server()));
    let cell = dir.path().join(Identity::Cell.name());
    std::fs::remove_file(cell.join(certs::NODE_CERT)).unwrap();
    assert!(Arc::ptr_eq(&before, &files.server()), "half a renewal keeps the old ones");
    std::fs::remove_file(cell.join(certs::NODE_KEY)).unwrap();
    certs::make_node(&dir.path().join("ca"), &cell, Identity::Cell, &[]).unwrap();
    assert!(!Arc::ptr_eq(&before, &files.server()));
    let again = certs::make_node(&dir.path().join("ca"), &cell, Identity::Cell, &[]);
    assert!(matches!(again, Err(certs::CertsError::Exists(_))));
    let (cert, key) = certs::self_signed(&["localhost".into()]).unwrap();
    proto::tls::sql_server(&cert, &key).unwrap();
}

/// Prints what the streams carry: `cargo test -p cell --lib -- --ignored --nocapture streams_carry`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn streams_carry_many_calls() {
    let dir = tempfile::tempdir().unwrap();
    certificates(dir.path());
    let server = listen_at("127.0.0.1:0", Some(tls(dir.path(), Identity::Cell)), CLUSTER).await;
    let peers = peers(Arc::new(TcpDial), Some(tls(dir.path(), Identity::Cell)), CLUSTER, &server.address);
    let transport = raft(&peers);
    assert_eq!(until_answered(&transport).await, "again");
    for clients in [1, 8, 64, 512] {
        let start = std::time::Instant::now();
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let transport = transport.clone();
                tokio::spawn(async move {
                    for _ in 0..20_000 / clients {
                        transport.call(StoreId(2), message(1, vec![7; 256])).await.unwrap();
                    }
                })
            })
            .collect();
        join_all(tasks).await;
        let each = start.elapsed() / 20_000;
        println!("{clients} callers: {:.0} calls/s, {:?} per call", 1.0 / each.as_secs_f64(), each * clients);
    }
}
