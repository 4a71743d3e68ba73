//! One stream: calls are made in the order of their arrival, and answered in any order.

use bytes::Bytes;
use futures::{
    FutureExt,
    future::{BoxFuture, CatchUnwind},
};
use proto::{
    GATHER_BYTES_MAX, GATHER_ENVELOPES_MAX,
    wire::{Envelope, Frame, Outcome},
};
use std::{panic::AssertUnwindSafe, sync::Arc};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;
use tonic::{Status, Streaming};

/// Calls of one stream that are being carried out. One more is refused, not held: it may be the one that lets the others
/// go on.
pub(super) const CALLS_MAX: usize = 16 << 10;
/// Answers that wait for a frame.
const ANSWERS_MAX: usize = 1024;
/// Frames that wait for HTTP/2's window.
pub(super) const OUTBOUND_FRAMES_MAX: usize = 4;

/// An answer to be put into an envelope.
pub(super) struct Answer {
    pub outcome: Outcome,
    pub payload: Bytes,
    pub text: String,
}

impl Answer {
    pub(super) fn ok(payload: Bytes) -> Answer {
        Answer { outcome: Outcome::Ok, payload, text: String::new() }
    }
    pub(super) fn error(payload: Bytes) -> Answer {
        Answer { outcome: Outcome::Error, payload, text: String::new() }
    }
    pub(super) fn refused(text: String) -> Answer {
        Answer { outcome: Outcome::Refused, payload: Bytes::new(), text }
    }
    fn envelope(self, sequence: u64) -> Envelope {
        Envelope { sequence, payload: self.payload, outcome: self.outcome.into(), text: self.text }
    }
}

/// Carries out the calls of a class.
pub(super) trait Handle: Send + Sync + 'static {
    /// Called in order; the future is dropped if the stream ends.
    fn handle(&self, payload: Bytes) -> BoxFuture<'static, Answer>;
    /// The answer to a call that is not carried out, or whose handler panicked.
    fn not_handled(&self, overloaded: bool) -> Answer;
}

type Running = CatchUnwind<AssertUnwindSafe<BoxFuture<'static, Answer>>>;

/// Serves a stream until it ends or the server closes.
pub(super) async fn run(
    handler: Arc<dyn Handle>,
    mut inbound: Streaming<Frame>,
    outbound: mpsc::Sender<Result<Frame, Status>>,
    closing: CancellationToken,
) {
    let (answers, queue) = mpsc::channel(ANSWERS_MAX);
    let writer = tokio::spawn(write(queue, outbound));
    let mut calls: JoinSet<()> = JoinSet::new();
    loop {
        let frame = tokio::select! {
            biased;
            () = closing.cancelled() => break,
            () = answers.closed() => break,
            Some(ended) = calls.join_next() => {
                drop(ended); // it sent its answer, or the stream is ending
                continue;
            }
            frame = inbound.message() => frame,
        };
        // A broken stream and one that the peer closed are the same here: nobody waits for answers.
        let Ok(Some(frame)) = frame else { break };
        for envelope in frame.envelopes {
            let sequence = envelope.sequence;
            if calls.len() >= CALLS_MAX {
                if answers.send(handler.not_handled(true).envelope(sequence)).await.is_err() {
                    break;
                }
                continue;
            }
            let mut running: Running = AssertUnwindSafe(handler.handle(envelope.payload)).catch_unwind();
            // What is done at once needs no task.
            if let Some(done) = (&mut running).now_or_never() {
                let answer = done.unwrap_or_else(|_| handler.not_handled(false));
                if answers.send(answer.envelope(sequence)).await.is_err() {
                    break;
                }
                continue;
            }
            let (answers, handler) = (answers.clone(), handler.clone());
            calls.spawn(async move {
                let answer = running.await.unwrap_or_else(|_| handler.not_handled(false));
                drop(answers.send(answer.envelope(sequence)).await);
            });
        }
    }
    calls.shutdown().await;
    drop(answers);
    drop(writer.await);
}

/// Puts whatever is answered into one frame.
async fn write(mut answers: mpsc::Receiver<Envelope>, outbound: mpsc::Sender<Result<Frame, Status>>) {
    while let Some(first) = answers.recv().await {
        let Ok(room) = outbound.reserve().await else { return };
        let mut bytes = first.payload.len();
        let mut envelopes = vec![first];
        while envelopes.len() < GATHER_ENVELOPES_MAX && bytes < GATHER_BYTES_MAX {
            let Ok(next) = answers.try_recv() else { break };
            bytes += next.payload.len();
            envelopes.push(next);
        }
        room.send(Ok(Frame { hello: None, envelopes }));
    }
}
