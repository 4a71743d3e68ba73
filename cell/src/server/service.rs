//! The two streams of a cell: who may open which, and how payloads become calls.

use super::{
    accept::{PeerInfo, ServerSocket},
    admin::{AdminHandler, AdminService},
    dispatch::{self, Answer, Handle, OUTBOUND_FRAMES_MAX},
};
use crate::transport::{KvHandler, RaftHandler, RaftRequest, TransportError};
use bytes::Bytes;
use futures::{Stream, future::BoxFuture};
use kv::{
    BatchRequest, KvError, RangeId, ReplicaId, StoreId,
    error::{ErrorReply, Message as Text},
};
use prost::Message;
use proto::{
    CONNECTION_WINDOW_BYTES, Class, FRAME_BYTES_MAX, Identity, KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT,
    Peers, STREAM_WINDOW_BYTES,
    wire::{Frame, Hello, RaftMessage, admin_server::AdminServer, cell_server},
};
use std::{io, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming, transport::Server};

/// From the opening of a stream to its first frame.
const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// A cell's handlers, ready to listen.
#[derive(Clone)]
pub struct CellServer {
    pub kv: Arc<dyn KvHandler>,
    pub raft: Arc<dyn RaftHandler>,
    pub admin: Arc<dyn AdminHandler>,
    /// Knows the cluster that this cell belongs to; streams are refused while it belongs to none.
    pub peers: Arc<Peers>,
    /// Its reading goes with every error.
    pub clock: Arc<txn::Clock>,
}

impl CellServer {
    /// Serves until `closing` is cancelled; streams are then ended and connections closed.
    ///
    /// # Errors
    /// The server could not go on; the text says why.
    pub async fn serve(
        self,
        sockets: impl Stream<Item = io::Result<ServerSocket>> + Send + 'static,
        closing: CancellationToken,
    ) -> Result<(), String> {
        let streams = Streams {
            kv: Arc::new(KvCalls { handler: self.kv, clock: self.clock }),
            raft: Arc::new(RaftCalls(self.raft)),
            peers: self.peers,
            closing: closing.clone(),
        };
        let streams = cell_server::CellServer::new(streams)
            .max_decoding_message_size(FRAME_BYTES_MAX)
            .max_encoding_message_size(FRAME_BYTES_MAX);
        Server::builder()
            .http2_keepalive_interval(Some(KEEP_ALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .add_service(streams)
            .add_service(AdminServer::new(AdminService(self.admin)))
            .serve_with_incoming_shutdown(sockets, closing.cancelled_owned())
            .await
            .map_err(|e| e.to_string())
    }
}

struct Streams {
    kv: Arc<dyn Handle>,
    raft: Arc<dyn Handle>,
    peers: Arc<Peers>,
    closing: CancellationToken,
}

fn hex(id: &[u8]) -> String {
    id.iter().map(|b| format!("{b:02x}")).collect()
}

impl Streams {
    /// Refuses by name what does not belong here.
    fn check(&self, class: Class, hello: &Hello, peer: PeerInfo) -> Result<(), Status> {
        let refuse = |text: String| Err(Status::failed_precondition(text));
        let allowed: &[Identity] = match class {
            Class::Raft => &[Identity::Cell],
            Class::Kv => &[Identity::Cell, Identity::Router],
        };
        if !peer.is_one_of(allowed) {
            let is = peer.identity.map_or("of another kind", Identity::name);
            return Err(Status::permission_denied(format!("{class:?} stream: the certificate is {is}")));
        }
        if hello.wire_version != kv::WIRE_VERSION {
            return refuse(format!(
                "wire version {}, this cell speaks {}",
                hello.wire_version,
                kv::WIRE_VERSION
            ));
        }
        let cluster = self.peers.cluster_id();
        if cluster.is_empty() {
            return refuse("this cell is not part of a cluster yet".into());
        }
        if hello.cluster_id != cluster && (class == Class::Raft || !hello.cluster_id.is_empty()) {
            return refuse(format!(
                "cluster {}, this cell is of cluster {}",
                hex(&hello.cluster_id),
                hex(&cluster)
            ));
        }
        Ok(())
    }

    async fn open(
        &self,
        class: Class,
        request: Request<Streaming<Frame>>,
    ) -> Result<Response<Frames>, Status> {
        let peer = request.extensions().get::<PeerInfo>().copied();
        let peer = peer.ok_or_else(|| Status::internal("the connection has no peer"))?;
        let mut inbound = request.into_inner();
        let first = tokio::time::timeout(HELLO_TIMEOUT, inbound.message()).await;
        let first = first.map_err(|_| Status::deadline_exceeded("no first frame"))??;
        let hello = first.and_then(|f| f.hello).ok_or_else(|| Status::failed_precondition("no hello"))?;
        self.check(class, &hello, peer)?;
        let (outbound, frames) = mpsc::channel(OUTBOUND_FRAMES_MAX);
        let handler = match class {
            Class::Raft => self.raft.clone(),
            Class::Kv => self.kv.clone(),
        };
        tokio::spawn(dispatch::run(handler, inbound, outbound, self.closing.clone()));
        Ok(Response::new(Box::pin(ReceiverStream::new(frames))))
    }
}

type Frames = Pin<Box<dyn Stream<Item = Result<Frame, Status>> + Send>>;

#[tonic::async_trait]
impl cell_server::Cell for Streams {
    type RaftStream = Frames;
    type KvStream = Frames;

    async fn raft(&self, request: Request<Streaming<Frame>>) -> Result<Response<Frames>, Status> {
        self.open(Class::Raft, request).await
    }
    async fn kv(&self, request: Request<Streaming<Frame>>) -> Result<Response<Frames>, Status> {
        self.open(Class::Kv, request).await
    }
}

struct KvCalls {
    handler: Arc<dyn KvHandler>,
    clock: Arc<txn::Clock>,
}

fn kv_answer(error: KvError, clock: &txn::Clock) -> Answer {
    Answer::error(ErrorReply { error: Some(error), now: clock.now() }.encode_to_vec().into())
}

impl Handle for KvCalls {
    fn handle(&self, payload: Bytes) -> BoxFuture<'static, Answer> {
        let clock = self.clock.clone();
        match BatchRequest::decode(payload) {
            Ok(batch) => {
                let answer = self.handler.handle(batch);
                Box::pin(async move {
                    match answer.await {
                        Ok(reply) => Answer::ok(reply.encode_to_vec().into()),
                        Err(e) => kv_answer(e, &clock),
                    }
                })
            }
            Err(e) => {
                let error = KvError::InvalidRequest(Text { text: format!("batch does not decode: {e}") });
                Box::pin(async move { kv_answer(error, &clock) })
            }
        }
    }
    fn not_handled(&self, overloaded: bool) -> Answer {
        let error = if overloaded {
            KvError::Overloaded(Text {
                text: format!("{} calls of this stream are running", dispatch::CALLS_MAX),
            })
        } else {
            KvError::Ambiguous(Text { text: "the handler panicked".into() })
        };
        kv_answer(error, &self.clock)
    }
}

struct RaftCalls(Arc<dyn RaftHandler>);

impl Handle for RaftCalls {
    fn handle(&self, payload: Bytes) -> BoxFuture<'static, Answer> {
        let message = match RaftMessage::decode(payload) {
            Ok(message) => message,
            Err(e) => {
                return Box::pin(async move { Answer::refused(format!("message does not decode: {e}")) });
            }
        };
        let Ok(kind) = u8::try_from(message.kind) else {
            return Box::pin(
                async move { Answer::refused(format!("message of unknown kind {}", message.kind)) },
            );
        };
        let answer = self.0.handle(RaftRequest {
            range_id: RangeId(message.range_id),
            from_store: StoreId(message.from_store),
            from_replica: ReplicaId(message.from_replica),
            to_replica: ReplicaId(message.to_replica),
            kind,
            payload: message.payload,
        });
        Box::pin(async move {
            match answer.await {
                Ok(payload) => Answer::ok(payload),
                Err(TransportError::Refused(text)) => Answer::refused(text),
                Err(e) => Answer::refused(e.to_string()),
            }
        })
    }
    fn not_handled(&self, overloaded: bool) -> Answer {
        Answer::refused(if overloaded { "overloaded".into() } else { "the handler panicked".into() })
    }
}
