//! The router: accepts connections, knows its sessions, cancels statements, stops in order.

use crate::auth;
use crate::compiled::modify::RowIds;
use crate::error::{SqlError, SqlState};
use crate::metrics::Metrics;
use crate::seam::{CatalogStore, QueryRunner, VirtualCatalog};
use crate::session::Session;
use crate::wire::startup::{self, Opening};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use txn::Db;

/// How a router is set up.
pub struct RouterOptions {
    /// Of this router in the cluster; in cancel keys.
    pub router_id: u64,
    /// Absent: no TLS.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Refuse clients without TLS.
    pub tls_required: bool,
    pub connections_max: usize,
    /// From the connection to the end of authentication.
    pub authentication_timeout: Duration,
    /// How long transactions in progress may take after a request to stop.
    pub drain_timeout: Duration,
}

impl Default for RouterOptions {
    fn default() -> Self {
        RouterOptions {
            router_id: 1,
            tls: None,
            tls_required: false,
            connections_max: 500,
            authentication_timeout: Duration::from_secs(60),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// What all sessions of a router share.
pub struct Services {
    pub db: Db,
    pub catalog: Arc<dyn CatalogStore>,
    pub runner: Arc<dyn QueryRunner>,
    pub virtuals: Arc<dyn VirtualCatalog>,
    pub metrics: Arc<Metrics>,
    pub row_ids: Arc<RowIds>,
    pub options: RouterOptions,
    sessions: Mutex<HashMap<i32, Arc<SessionHandle>>>,
    next_session: AtomicU32,
    stop: watch::Sender<Stop>,
}

/// How far the router is in stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop {
    No,
    /// Idle sessions end; transactions go on.
    Draining,
    /// All end.
    Now,
}

/// A session as others reach it: cancel requests, `pg_terminate_backend`.
pub struct SessionHandle {
    pub pid: i32,
    pub user_id: u32,
    secret: Vec<u8>,
    cancel: Notify,
    terminate: Notify,
}

impl SessionHandle {
    /// Ends when a cancel request comes while it is awaited; earlier ones are forgotten, as in PostgreSQL.
    pub async fn cancelled(&self) {
        self.cancel.notified().await;
    }
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }
    pub async fn terminated(&self) {
        self.terminate.notified().await;
    }
}

/// Makes a session known; forgets it when dropped.
pub struct Registration {
    services: Arc<Services>,
    pub handle: Arc<SessionHandle>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.services.sessions.lock().remove(&self.handle.pid);
        self.services.metrics.connections.dec();
    }
}

/// Bits of a process id that number the session; those above number the router (its low bits).
const PID_SESSION_BITS: u32 = 20;
/// Bytes of secret in a cancel key of protocol 3.2, after the router's 8.
const SECRET_BYTES: usize = 24;

impl Services {
    /// Makes a session known. `minor`: of the protocol, which decides how long a cancel key may be.
    pub fn register(self: &Arc<Self>, user_id: u32, minor: u16) -> Registration {
        let router = (self.options.router_id as u32 & 0x7FF) << PID_SESSION_BITS;
        let secret = if minor >= 2 {
            let mut secret = self.options.router_id.to_be_bytes().to_vec();
            secret.extend_from_slice(&rand::random::<[u8; SECRET_BYTES]>());
            secret
        } else {
            rand::random::<[u8; 4]>().to_vec()
        };
        let mut sessions = self.sessions.lock();
        let pid = loop {
            let n = self.next_session.fetch_add(1, Ordering::Relaxed) & ((1 << PID_SESSION_BITS) - 1);
            let pid = (router | n) as i32;
            if n != 0 && !sessions.contains_key(&pid) {
                break pid;
            }
        };
        let handle =
            Arc::new(SessionHandle { pid, user_id, secret, cancel: Notify::new(), terminate: Notify::new() });
        sessions.insert(pid, handle.clone());
        self.metrics.connections.inc();
        Registration { services: self.clone(), handle }
    }
    /// Cancels the statement that a session runs now, if the key is right. Says whether it is a session of this router.
    pub fn cancel(&self, pid: i32, secret: &[u8]) -> bool {
        let Some(handle) = self.sessions.lock().get(&pid).cloned() else { return false };
        if constant_time_eq(&handle.secret, secret) {
            self.metrics.cancels.inc();
            handle.cancel.notify_waiters();
        }
        true
    }
    /// `pg_cancel_backend`, `pg_terminate_backend`: for whoever may.
    pub fn signal(&self, pid: i32, terminate: bool) -> bool {
        let Some(handle) = self.sessions.lock().get(&pid).cloned() else { return false };
        handle.cancel.notify_waiters();
        if terminate {
            handle.terminate.notify_one();
        }
        true
    }
    /// Ends when a session in this state must end.
    pub async fn stopping(&self, idle: bool) {
        let mut stop = self.stop.subscribe();
        let least = if idle { Stop::Draining } else { Stop::Now };
        // The sender lives as long as `self`.
        let _ = stop.wait_for(|s| *s >= least).await;
    }
    fn sessions_len(&self) -> usize {
        self.sessions.lock().len()
    }
}

fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

/// A router. Cheap to clone.
#[derive(Clone)]
pub struct Router {
    services: Arc<Services>,
}

impl Router {
    pub fn new(
        db: Db,
        catalog: Arc<dyn CatalogStore>,
        runner: Arc<dyn QueryRunner>,
        virtuals: Arc<dyn VirtualCatalog>,
        metrics: Arc<Metrics>,
        options: RouterOptions,
    ) -> Router {
        let row_ids = Arc::new(RowIds::new(options.router_id, db.clock().clone()));
        Router {
            services: Arc::new(Services {
                db,
                catalog,
                runner,
                virtuals,
                metrics,
                row_ids,
                options,
                sessions: Mutex::new(HashMap::new()),
                next_session: AtomicU32::new(1),
                stop: watch::channel(Stop::No).0,
            }),
        }
    }
    pub fn services(&self) -> &Arc<Services> {
        &self.services
    }

    /// Accepts and serves connections until `shutdown` is called; returns when all sessions have ended, or have been made
    /// to after `drain_timeout`.
    ///
    /// # Errors
    /// The listener is broken.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        let services = &self.services;
        loop {
            let stream = tokio::select! {
                biased;
                () = services.stopping(true) => break,
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => stream,
                    // Out of descriptors, or the client went: the next may be fine.
                    Err(e) if is_transient(&e) => {
                        tracing::warn!(error = %e, "could not accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                    Err(e) => return Err(e),
                },
            };
            let services = services.clone();
            tokio::spawn(async move { connection(services, stream).await });
        }
        drop(listener);
        self.drained().await;
        Ok(())
    }
    /// Asks the router to stop: no new connections, idle ones end, transactions may finish within `drain_timeout`.
    pub fn shutdown(&self) {
        self.services.stop.send_if_modified(|s| {
            let first = *s == Stop::No;
            if first {
                *s = Stop::Draining;
            }
            first
        });
    }
    async fn drained(&self) {
        let services = &self.services;
        let deadline = tokio::time::Instant::now() + services.options.drain_timeout;
        let poll = Duration::from_millis(20);
        while services.sessions_len() > 0 && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(poll).await;
        }
        services.stop.send_replace(Stop::Now);
        for handle in services.sessions.lock().values() {
            handle.cancel.notify_waiters();
        }
        let last = tokio::time::Instant::now() + Duration::from_secs(2);
        while services.sessions_len() > 0 && tokio::time::Instant::now() < last {
            tokio::time::sleep(poll).await;
        }
    }
}

fn is_transient(e: &std::io::Error) -> bool {
    // ENFILE, EMFILE, ECONNABORTED and what a client's death looks like.
    matches!(e.raw_os_error(), Some(23 | 24 | 103 | 104)) || e.kind() == std::io::ErrorKind::Interrupted
}

/// One connection from its first byte to its last.
async fn connection(services: Arc<Services>, stream: TcpStream) {
    services.metrics.connections_total.inc();
    let _ = stream.set_nodelay(true);
    if services.sessions_len() >= services.options.connections_max {
        services.metrics.connections_refused.inc();
        // A cancel request must get through also then; it is read below, within the same time.
        let error = SqlError::fatal(SqlState::TOO_MANY_CONNECTIONS, "sorry, too many clients already");
        let open = startup::open(stream, services.options.tls.clone(), false);
        match tokio::time::timeout(Duration::from_secs(5), open).await {
            Ok(Ok((mut wire, Opening::Cancel { pid, secret }))) => {
                services.cancel(pid, &secret);
                wire.shutdown().await;
            }
            Ok(Ok((wire, Opening::Session(_)))) => startup::refuse(wire, &error).await,
            _ => {}
        }
        return;
    }
    let authenticated =
        tokio::time::timeout(services.options.authentication_timeout, auth::open(&services, stream)).await;
    let Ok(Some((wire, registration, log_in))) = authenticated else { return };
    let session = Session::new(services, registration.handle.clone(), log_in);
    session.serve(wire).await;
    drop(registration);
}
