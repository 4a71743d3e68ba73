//! One connection to a peer for one class of traffic: many calls at a time over one stream, in batched frames.
//!
//! ```text
//! call -> queue (bounded) -> writer: one frame of whatever is queued -> stream -> peer
//! waiter <- pending, by sequence number <- reader <-------------------- stream <-/
//! ```
//! Calls keep their order. When the stream breaks, pending calls fail as `Lost` and queued ones go to the next
//! connection, or fail as `NotSent` if there is none.

use crate::{
    FRAME_BYTES_MAX, GATHER_BYTES_MAX, GATHER_ENVELOPES_MAX,
    dial::{CONNECT_TIMEOUT, Dialer, chain},
    wire::{Envelope, Frame, Hello, Outcome, cell_client::CellClient},
};
use bytes::Bytes;
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::Streaming;

/// Calls that wait to be written.
pub const QUEUE_CALLS_MAX: usize = 8192;
/// Bytes of calls that wait to be written; one call may pass it.
pub const QUEUE_BYTES_MAX: usize = 128 << 20;
/// Frames that wait for HTTP/2's window.
const OUTBOUND_FRAMES_MAX: usize = 4;
const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(1);

/// What a connection carries. Classes do not wait for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Raft,
    Kv,
}

/// What the peer answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    Ok(Bytes),
    /// The payload of an error: `kv::error::ErrorReply`.
    Error(Bytes),
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The request was certainly not sent.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It was sent, or may have been, and no answer came.
    #[error("connection lost before the answer: {0}")]
    Lost(String),
    /// The peer refused it, or the whole stream; nothing was done.
    #[error("refused: {0}")]
    Refused(String),
}

type Waiter = oneshot::Sender<Result<Reply, CallError>>;

struct Call {
    payload: Bytes,
    waiter: Waiter,
}

/// A connection that comes and goes; clones share it. Its task ends when the last clone is gone.
#[derive(Clone)]
pub struct StreamClient {
    queue: mpsc::Sender<Call>,
    queued_bytes: Arc<AtomicUsize>,
    address: Arc<str>,
}

/// What the first frame says; asked for at each connection, since a cluster's id is learnt while running.
pub type MakeHello = Arc<dyn Fn() -> Hello + Send + Sync>;

impl StreamClient {
    /// Connects at the first call. Must be called inside a runtime.
    pub fn new(dialer: Dialer, address: &str, class: Class, hello: MakeHello) -> StreamClient {
        let (queue, calls) = mpsc::channel(QUEUE_CALLS_MAX);
        let queued_bytes = Arc::new(AtomicUsize::new(0));
        let task = Task {
            dialer,
            address: address.to_owned(),
            class,
            hello,
            calls,
            queued_bytes: queued_bytes.clone(),
        };
        tokio::spawn(task.run());
        StreamClient { queue, queued_bytes, address: address.into() }
    }
    pub fn address(&self) -> &str {
        &self.address
    }
    /// Queues the call at once; dropping the future forgets the answer. No time-out of its own.
    pub fn call(&self, payload: Bytes) -> BoxFuture<'static, Result<Reply, CallError>> {
        let (waiter, answer) = oneshot::channel();
        let not_sent = |why: String| -> BoxFuture<'static, Result<Reply, CallError>> {
            Box::pin(async move { Err(CallError::NotSent(why)) })
        };
        let bytes = payload.len();
        if self.queued_bytes.load(Ordering::Relaxed) > QUEUE_BYTES_MAX {
            return not_sent(format!("queue to {} holds {QUEUE_BYTES_MAX} bytes", self.address));
        }
        self.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.queue.try_send(Call { payload, waiter }).is_err() {
            self.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return not_sent(format!("queue to {} holds {QUEUE_CALLS_MAX} calls", self.address));
        }
        Box::pin(async move {
            // The task drops a waiter only with the connection.
            answer.await.unwrap_or_else(|_| Err(CallError::Lost("the connection was closed".into())))
        })
    }
}

struct Task {
    dialer: Dialer,
    address: String,
    class: Class,
    hello: MakeHello,
    calls: mpsc::Receiver<Call>,
    queued_bytes: Arc<AtomicUsize>,
}

type Pending = Mutex<BTreeMap<u64, Waiter>>;

impl Task {
    async fn run(mut self) {
        let mut backoff = BACKOFF_MIN;
        // The first call connects; it is held here until it can be written.
        while let Some(first) = self.take().await {
            match self.connect().await {
                Ok((outbound, inbound)) => {
                    backoff = BACKOFF_MIN;
                    self.serve(first, outbound, inbound).await;
                }
                Err(e) => {
                    drop(first.waiter.send(Err(e.clone())));
                    let pause = tokio::time::sleep(backoff);
                    tokio::pin!(pause);
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                    loop {
                        tokio::select! {
                            biased;
                            () = &mut pause => break,
                            call = self.take() => match call {
                                Some(call) => drop(call.waiter.send(Err(e.clone()))),
                                None => return,
                            },
                        }
                    }
                }
            }
        }
    }

    async fn take(&mut self) -> Option<Call> {
        let call = self.calls.recv().await?;
        self.queued_bytes.fetch_sub(call.payload.len(), Ordering::Relaxed);
        Some(call)
    }
    fn take_now(&mut self) -> Option<Call> {
        let call = self.calls.try_recv().ok()?;
        self.queued_bytes.fetch_sub(call.payload.len(), Ordering::Relaxed);
        Some(call)
    }

    async fn connect(&self) -> Result<(mpsc::Sender<Frame>, Streaming<Frame>), CallError> {
        let channel = self.dialer.connect(&self.address).await.map_err(CallError::NotSent)?;
        let mut client = CellClient::new(channel)
            .max_decoding_message_size(FRAME_BYTES_MAX)
            .max_encoding_message_size(FRAME_BYTES_MAX);
        let (outbound, frames) = mpsc::channel(OUTBOUND_FRAMES_MAX);
        let hello = Frame { hello: Some((self.hello)()), envelopes: Vec::new() };
        outbound.try_send(hello).expect("the channel is new and has room");
        let frames = ReceiverStream::new(frames);
        let opened = async {
            match self.class {
                Class::Raft => client.raft(frames).await,
                Class::Kv => client.kv(frames).await,
            }
        };
        match tokio::time::timeout(CONNECT_TIMEOUT, opened).await {
            Ok(Ok(response)) => Ok((outbound, response.into_inner())),
            Ok(Err(status)) => Err(match status.code() {
                tonic::Code::FailedPrecondition | tonic::Code::PermissionDenied => {
                    CallError::Refused(format!("{}: {}", self.address, status.message()))
                }
                _ => CallError::NotSent(format!("{}: {}", self.address, chain(&status))),
            }),
            Err(_) => {
                Err(CallError::NotSent(format!("{}: no stream within {CONNECT_TIMEOUT:?}", self.address)))
            }
        }
    }

    /// Until the stream breaks or nobody calls any more.
    async fn serve(&mut self, first: Call, outbound: mpsc::Sender<Frame>, mut inbound: Streaming<Frame>) {
        let pending = Pending::default();
        let why = tokio::select! {
            biased;
            why = read(&mut inbound, &pending) => why,
            () = self.write(first, outbound, &pending) => "closed here".to_owned(),
        };
        let lost = std::mem::take(&mut *pending.lock());
        if !lost.is_empty() {
            tracing::debug!(address = %self.address, calls = lost.len(), why, "connection lost");
        }
        for (_, waiter) in lost {
            drop(waiter.send(Err(CallError::Lost(format!("{}: {why}", self.address)))));
        }
    }

    async fn write(&mut self, first: Call, outbound: mpsc::Sender<Frame>, pending: &Pending) {
        let mut sequence = 0;
        let mut next = Some(first);
        loop {
            let call = match next.take() {
                Some(call) => call,
                None => match self.take().await {
                    Some(call) => call,
                    None => {
                        // Nobody calls any more, but some still wait.
                        while !pending.lock().is_empty() {
                            tokio::time::sleep(BACKOFF_MIN).await;
                        }
                        return;
                    }
                },
            };
            // Room first: what waits for the window stays in the queue, where it is certainly not sent.
            let Ok(room) = outbound.reserve().await else {
                drop(
                    call.waiter.send(Err(CallError::NotSent(format!("{}: the stream broke", self.address)))),
                );
                return std::future::pending().await; // the reader says why
            };
            let mut envelopes = Vec::new();
            let mut bytes = 0;
            let mut gathered = Some(call);
            while let Some(call) = gathered {
                if !call.waiter.is_closed() {
                    sequence += 1;
                    bytes += call.payload.len();
                    pending.lock().insert(sequence, call.waiter);
                    envelopes.push(Envelope { sequence, payload: call.payload, ..Envelope::default() });
                }
                let full = envelopes.len() >= GATHER_ENVELOPES_MAX || bytes >= GATHER_BYTES_MAX;
                gathered = if full { None } else { self.take_now() };
            }
            if !envelopes.is_empty() {
                room.send(Frame { hello: None, envelopes });
            }
        }
    }
}

/// Hands out answers; returns why the stream ended.
async fn read(inbound: &mut Streaming<Frame>, pending: &Pending) -> String {
    loop {
        match inbound.message().await {
            Ok(Some(frame)) => {
                for envelope in frame.envelopes {
                    let Some(waiter) = pending.lock().remove(&envelope.sequence) else { continue };
                    let answer = match Outcome::try_from(envelope.outcome) {
                        Ok(Outcome::Ok) => Ok(Reply::Ok(envelope.payload)),
                        Ok(Outcome::Error) => Ok(Reply::Error(envelope.payload)),
                        Ok(Outcome::Refused) => Err(CallError::Refused(envelope.text)),
                        Err(e) => Err(CallError::Lost(format!("an answer of a kind that is not known: {e}"))),
                    };
                    drop(waiter.send(answer));
                }
            }
            Ok(None) => return "closed by the peer".into(),
            Err(status) => return chain(&status),
        }
    }
}
