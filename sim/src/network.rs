//! The network: links between nodes that delay, lose and part, by a seed. A node is a cell (its store id) or a client.
//!
//! ```text
//! call -> link from -> to: a queue in order of the calls, each message at its time -> handler -> answer, delayed
//! ```
//! A link keeps the order of its messages, as a stream does; a message that is lost takes its answer with it.

use crate::{disk::Life, trace::Trace};
use async_trait::async_trait;
use bytes::Bytes;
use cell::{
    node::Cell,
    transport::{KvHandler, PeerTransport, RaftHandler, RaftRequest, TransportError, kv_error},
};
use futures::future::BoxFuture;
use kv::{BatchReply, BatchRequest, CellDescriptor, KvError, RangeDescriptor, StoreId};
use parking_lot::Mutex;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hasher},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};

/// A cell by its store id, or a client, above [`FIRST_CLIENT`].
pub type Node = u64;
/// The first client's node.
pub const FIRST_CLIENT: Node = 100;

/// What links do.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub delay_max_us: u64,
    /// Of 10,000 messages, this many are lost before they arrive, and as many answers.
    pub lost: u32,
}

impl Weather {
    pub const FAIR: Weather = Weather { delay_max_us: 3_000, lost: 0 };
}

#[derive(Clone)]
struct Host {
    cell: Cell,
    life: Life,
}

type Job = (Instant, BoxFuture<'static, ()>);

struct State {
    rng: StdRng,
    weather: Weather,
    hosts: BTreeMap<Node, Host>,
    /// Descriptors are known although the cell is down.
    descriptors: BTreeMap<Node, CellDescriptor>,
    root: Option<RangeDescriptor>,
    /// Messages from the first to the second are lost.
    parted: BTreeSet<(Node, Node)>,
    links: BTreeMap<(Node, Node), mpsc::UnboundedSender<Job>>,
}

/// Clones share the network.
#[derive(Clone)]
pub struct Network {
    state: Arc<Mutex<State>>,
    trace: Trace,
}

enum Fate {
    Delivered {
        after: Duration,
        answer_after: Duration,
        answer_lost: bool,
    },
    /// The sender notices after this time: at once (it could not connect), or when a keep-alive is missing.
    Lost {
        noticed: Duration,
        sent: bool,
    },
}

impl Network {
    pub fn new(seed: u64, trace: Trace) -> Network {
        let state = State {
            rng: StdRng::seed_from_u64(seed),
            weather: Weather::FAIR,
            hosts: BTreeMap::new(),
            descriptors: BTreeMap::new(),
            root: None,
            parted: BTreeSet::new(),
            links: BTreeMap::new(),
        };
        Network { state: Arc::new(Mutex::new(state)), trace }
    }
    pub fn set_weather(&self, weather: Weather) {
        self.state.lock().weather = weather;
    }
    /// Parts (or joins) one direction of a link.
    pub fn part(&self, from: Node, to: Node, parted: bool) {
        let links = &mut self.state.lock().parted;
        if parted {
            links.insert((from, to));
        } else {
            links.remove(&(from, to));
        }
    }
    pub fn heal(&self) {
        let mut state = self.state.lock();
        state.parted.clear();
        state.weather = Weather::FAIR;
    }
    pub fn set_root(&self, root: RangeDescriptor) {
        self.state.lock().root = Some(root);
    }
    pub fn describe(&self, descriptor: CellDescriptor) {
        self.state.lock().descriptors.insert(descriptor.store_id, descriptor);
    }
    pub fn join(&self, cell: Cell, life: Life) {
        self.state.lock().hosts.insert(cell.store_id().0, Host { cell, life });
    }
    pub fn leave(&self, store: StoreId) {
        self.state.lock().hosts.remove(&store.0);
    }
    /// What `node` sees of the network while `life` lasts.
    pub fn seen_from(&self, node: Node, life: Life) -> Arc<Port> {
        Arc::new(Port { network: self.clone(), node, life })
    }

    fn fate(&self, from: Node, to: Node) -> Fate {
        let state = &mut *self.state.lock();
        let (rng, weather) = (&mut state.rng, state.weather);
        if from == to {
            let zero = Duration::ZERO;
            return Fate::Delivered { after: zero, answer_after: zero, answer_lost: false };
        }
        let mut delay = || Duration::from_micros(rng.random_range(200..=weather.delay_max_us));
        let (after, answer_after) = (delay(), delay());
        let lost = rng.random_range(0..10_000) < weather.lost;
        let answer_lost = rng.random_range(0..10_000) < weather.lost || state.parted.contains(&(to, from));
        let quick = rng.random_range(0..2) == 0;
        let slow = Duration::from_millis(rng.random_range(300..2_000));
        if !state.hosts.contains_key(&to) {
            return Fate::Lost { noticed: after, sent: false };
        }
        match lost || state.parted.contains(&(from, to)) {
            true if quick => Fate::Lost { noticed: after, sent: false },
            true => Fate::Lost { noticed: slow, sent: true },
            false => Fate::Delivered { after, answer_after, answer_lost },
        }
    }
    /// Runs `job` at `at`, after all jobs that were given to this link before.
    fn enqueue(&self, link: (Node, Node), at: Instant, job: BoxFuture<'static, ()>) {
        let mut state = self.state.lock();
        let queue = state.links.entry(link).or_insert_with(|| {
            // Not bounded by itself: openraft and the clients bound what they have under way.
            let (send, mut jobs) = mpsc::unbounded_channel::<Job>();
            tokio::spawn(async move {
                while let Some((at, job)) = jobs.recv().await {
                    tokio::time::sleep_until(at).await;
                    job.await;
                }
            });
            send
        });
        drop(queue.send((at, job)));
    }
    /// Brings a message to a cell and its answer back.
    fn carry<T: Send + 'static>(
        &self,
        from: Node,
        to: Node,
        what: String,
        outcome: fn(&T) -> Option<String>,
        handle: impl FnOnce(&Cell) -> BoxFuture<'static, T> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, TransportError>> {
        let store = StoreId(to);
        let lost = move |why: &str| TransportError::Lost { to: store, why: why.to_owned() };
        let gone = move |why: &str| TransportError::Unreachable { to: store, why: why.to_owned() };
        match self.fate(from, to) {
            Fate::Lost { noticed, sent } => {
                self.trace.event(format_args!("{from}>{to} lost {what}"));
                Box::pin(async move {
                    tokio::time::sleep(noticed).await;
                    Err(if sent { lost("keep-alive missing") } else { gone("cannot connect") })
                })
            }
            Fate::Delivered { after, answer_after, answer_lost } => {
                let (answer, answered) = oneshot::channel();
                let network = self.clone();
                let job = async move {
                    let host = network.state.lock().hosts.get(&to).cloned();
                    let Some(host) = host else { return };
                    network.trace.event(format_args!("{from}>{to} {what}"));
                    // The handler is called in the order of the link; what it does then takes its own time.
                    let work = handle(&host.cell);
                    tokio::spawn(async move {
                        let mut answer = answer;
                        let done = tokio::select! {
                            biased;
                            () = host.life.over() => return,
                            () = answer.closed() => return,
                            done = work => done,
                        };
                        tokio::time::sleep(answer_after).await;
                        if answer_lost || host.life.is_over() {
                            return;
                        }
                        let refusal = outcome(&done).unwrap_or_default();
                        network.trace.event(format_args!("{to}>{from} answer to {what} {refusal}"));
                        drop(answer.send(done));
                    });
                };
                self.enqueue((from, to), Instant::now() + after, Box::pin(job));
                Box::pin(async move { answered.await.map_err(|_| lost("the connection broke")) })
            }
        }
    }
}

/// A node's way into the network.
pub struct Port {
    network: Network,
    node: Node,
    life: Life,
}

impl Port {
    fn check(&self, to: StoreId) -> Result<(), TransportError> {
        match self.life.is_over() {
            true => Err(TransportError::Unreachable { to, why: "the sender has crashed".to_owned() }),
            false => Ok(()),
        }
    }
}

fn refusal<T, E: std::fmt::Display>(answer: &Result<T, E>) -> Option<String> {
    answer.as_ref().err().map(E::to_string)
}

fn name(request: &kv::Request) -> &'static str {
    use kv::Request as R;
    match request {
        R::Get(_) => "get",
        R::Scan(_) => "scan",
        R::Put(_) => "put",
        R::EndTxn(_) => "end",
        R::AdminSplit(_) => "split",
        R::LookupRange(_) => "lookup",
        R::Refresh(_) => "refresh",
        _ => "other",
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

impl PeerTransport for Port {
    fn call(&self, to: StoreId, request: RaftRequest) -> BoxFuture<'static, Result<Bytes, TransportError>> {
        if let Err(e) = self.check(to) {
            return Box::pin(async move { Err(e) });
        }
        let what = format!("raft {} kind {} {:016x}", request.range_id, request.kind, hash(&request.payload));
        let sent =
            self.network.carry(self.node, to.0, what, refusal, |cell| RaftHandler::handle(cell, request));
        Box::pin(async move { sent.await? })
    }
}

#[async_trait]
impl txn::CellTransport for Port {
    async fn send(&self, store: StoreId, batch: BatchRequest) -> Result<BatchReply, KvError> {
        self.check(store).map_err(kv_error)?;
        let encoded = prost::Message::encode_to_vec(&batch);
        let names: Vec<&str> = batch.iter().map(name).collect();
        let what = format!("kv r{} {} {:016x}", batch.header.range_id, names.join(","), hash(&encoded));
        let sent =
            self.network.carry(self.node, store.0, what, refusal, |cell| KvHandler::handle(cell, batch));
        sent.await.map_err(kv_error)?
    }
    fn cells(&self) -> Vec<CellDescriptor> {
        self.network.state.lock().descriptors.values().cloned().collect()
    }
    fn root_range(&self) -> Option<RangeDescriptor> {
        self.network.state.lock().root.clone()
    }
}
