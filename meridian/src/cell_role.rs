//! `meridian cell`: a storage process; with --listen-sql it carries a router too.

use crate::admin::{Node, NodeOptions};
use crate::domiciles::CatalogDomiciles;
use crate::store::Stores;
use crate::{health, metrics, registry, remote, sql};
use anyhow::Context;
use cell::{
    log::LogOptions,
    server::{CellServer, accept},
    store::StoreOptions,
};
use clap::Args;
use prometheus::Registry;
use router::{Router, RouterOptions};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Between two questions whether there is a cluster to join, and two calls to others until one answers.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// Between two lines that say what the cell waits for.
const SAY_AGAIN: Duration = Duration::from_secs(30);

#[derive(Args)]
pub struct Options {
    /// Directory of the store; an empty one becomes a new store
    #[arg(long)]
    store: PathBuf,
    /// Address for other cells and routers; port 0 picks a free one
    #[arg(long, default_value = "0.0.0.0:26300")]
    listen: SocketAddr,
    /// host:port at which others reach it; without it the address that it listens on
    #[arg(long)]
    advertise: Option<String>,
    /// Where it stands, such as eu-west
    #[arg(long)]
    region: String,
    /// Failure domain within the region
    #[arg(long)]
    zone: String,
    /// Addresses of some cells, itself among them or not, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    join: Vec<String>,
    /// Directory with ca.crt, node.crt and node.key of a cell
    #[arg(long)]
    certs: PathBuf,
    /// Carries a router that listens here
    #[arg(long)]
    listen_sql: Option<SocketAddr>,
    /// Address for /metrics, /healthz and /readyz
    #[arg(long)]
    listen_http: Option<SocketAddr>,
    /// Bound between the clocks of any two processes; the same for all cells of a cluster
    #[arg(long, default_value_t = 250)]
    max_offset_ms: u64,
    /// How long transactions may take after a request to stop, in seconds
    #[arg(long, default_value_t = 10)]
    drain_timeout: u64,
}

/// Runs until `stop`.
///
/// # Errors
/// The store, an address or the certificates cannot be used, or the cell does not fit the cluster.
pub async fn run(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let (dialer, tls) = remote::dialer(&options.certs)?;
    let bind = |address: SocketAddr, flag: &'static str| async move {
        TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}; choose another {flag}"))
    };
    let listener = bind(options.listen, "--listen").await?;
    let address = match &options.advertise {
        Some(address) => address.clone(),
        None => listener.local_addr()?.to_string(),
    };
    let sql_listener = match options.listen_sql {
        Some(address) => Some(bind(address, "--listen-sql").await?),
        None => None,
    };
    let sql_address = match &sql_listener {
        Some(listener) => listener.local_addr()?.to_string(),
        None => String::new(),
    };
    std::fs::create_dir_all(&options.store)
        .with_context(|| format!("cannot make --store {}", options.store.display()))?;
    let stores = Stores::open(&options.store, &StoreOptions::default(), LogOptions::default())?;
    let node = Node::new(
        NodeOptions {
            address: address.clone(),
            sql_address,
            region: options.region.clone(),
            zone: options.zone.clone(),
            join: options.join.clone(),
            max_offset_ms: options.max_offset_ms,
        },
        dialer,
        stores,
    );
    let metrics = Registry::new();
    if let Some(address) = options.listen_http {
        let shown = node.clone();
        let ready = move || match (shown.cell(), shown.cluster()) {
            (None, _) => Err("waiting for `meridian init`".to_owned()),
            (Some(_), None) => Err("the system domicile has not answered yet".to_owned()),
            _ => Ok(()),
        };
        let bound = health::serve(address, vec![metrics.clone()], Arc::new(ready), stop.clone()).await?;
        tracing::info!(address = %bound, "serving metrics");
    }
    let resumed = node.resume().await.with_context(|| options.store.display().to_string())?;
    let closing = CancellationToken::new();
    let server = CellServer {
        kv: node.clone(),
        raft: node.clone(),
        admin: node.clone(),
        peers: node.peers.clone(),
        clock: node.clock.clone(),
    };
    let server = tokio::spawn(server.serve(accept(listener, Some(tls)), closing.clone()));
    tracing::info!(address, resumed, "listening");

    let outcome = live(&node, &options, sql_listener, &metrics, &stop).await;
    tracing::info!("stopping");
    let stopped = node.shutdown().await;
    closing.cancel();
    match server.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(error, "the listener did not close well"),
        Err(error) => tracing::warn!(%error, "the listener did not close well"),
    }
    outcome.and(stopped)
}

/// Everything after the start: becoming a member, heartbeats, SQL.
async fn live(
    node: &Arc<Node>,
    options: &Options,
    sql_listener: Option<TcpListener>,
    metrics: &Registry,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        biased;
        () = stop.cancelled() => return Ok(()),
        waited = wait_for_cluster(node) => waited?,
    }
    let cell = node.cell().context("the cell was started")?;
    metrics.register(Box::new(metrics::Cells::new(vec![cell.clone()])?))?;
    let sql = async {
        match sql_listener {
            Some(listener) => serve_sql(node, options, listener, metrics, stop).await,
            None => {
                stop.cancelled().await;
                Ok(())
            }
        }
    };
    tokio::select! {
        outcome = keep_registered(node) => outcome,
        outcome = sql => outcome,
    }
}

async fn wait_for_cluster(node: &Node) -> anyhow::Result<()> {
    let mut said: Option<tokio::time::Instant> = None;
    while node.cell().is_none() {
        if node.try_join().await? {
            return Ok(());
        }
        if node.cell().is_none() && said.is_none_or(|t| t.elapsed() >= SAY_AGAIN) {
            said = Some(tokio::time::Instant::now());
            tracing::info!("waiting for a cluster: run `meridian init --join ...` once, for all first cells");
        }
        tokio::select! {
            () = node.wait_started() => {}
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
    Ok(())
}

/// Heartbeats, and the address book from everyone else's; returns only if this process does not fit the cluster.
async fn keep_registered(node: &Node) -> anyhow::Result<()> {
    let cell = node.cell().context("the cell was started")?;
    let mut epoch = None;
    let mut saved = Vec::new();
    loop {
        node.note_root_range();
        let once = async {
            if node.cluster().is_none() || epoch.is_none() {
                match node.read_cluster().await? {
                    Ok(Some(_)) => {}
                    Ok(None) => anyhow::bail!("`meridian init` is not complete"),
                    Err(why) => return Ok(Some(why)),
                }
            }
            let epoch = match epoch {
                Some(epoch) => epoch,
                None => {
                    let before = registry::cell(&node.db, cell.store_id()).await?;
                    *epoch.insert(before.map_or(1, |c| c.epoch + 1))
                }
            };
            let mine = node.descriptor(cell, epoch);
            registry::put_cell(&node.db, &mine).await?;
            node.peers.learn(mine);
            for other in registry::cells(&node.db).await? {
                node.peers.learn(other);
            }
            Ok(None)
        };
        match tokio::time::timeout(registry::HEARTBEAT_EVERY, once).await {
            Ok(Ok(None)) => {
                let book: Vec<(u64, String)> =
                    node.peers.cells().into_iter().map(|c| (c.store_id, c.address)).collect();
                if book != saved {
                    node.save_book().await?;
                    saved = book;
                }
                tokio::time::sleep(registry::HEARTBEAT_EVERY).await;
            }
            Ok(Ok(Some(why))) => anyhow::bail!("{why}"),
            Ok(Err(error)) => {
                tracing::info!(
                    error = format!("{error:#}"),
                    "the registry does not answer; asking the other cells"
                );
                node.meet().await;
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Err(_) => {
                tracing::info!("the registry does not answer in time; asking the other cells");
                node.meet().await;
            }
        }
    }
}

async fn serve_sql(
    node: &Arc<Node>,
    options: &Options,
    listener: TcpListener,
    metrics: &Registry,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    while node.cluster().is_none() {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
    let parts = sql::Parts {
        db: node.db.clone(),
        domiciles: Arc::new(CatalogDomiciles(node.domiciles())),
        local_cells: None,
        spill_directory: Some(options.store.join("spill")),
    };
    let router_options = RouterOptions {
        router_id: node.cell().map_or(0, |c| c.store_id().0),
        tls: Some(remote::sql_tls(&options.certs)?),
        drain_timeout: Duration::from_secs(options.drain_timeout),
        ..Default::default()
    };
    let (router, upkeep) = sql::router(parts, router_options);
    router.services().metrics.register(metrics)?;
    let (stopping, stop) = (router.clone(), stop.clone());
    tokio::spawn(async move {
        stop.cancelled().await;
        stopping.shutdown();
    });
    serve_router(router, upkeep, listener).await
}

/// Serves SQL until `router.shutdown()`, with its upkeep beside it.
pub async fn serve_router(
    router: Router,
    upkeep: impl Future<Output = ()> + Send + 'static,
    listener: TcpListener,
) -> anyhow::Result<()> {
    tracing::info!(address = %listener.local_addr()?, "serving SQL");
    let upkeep = tokio::spawn(upkeep);
    let served = router.serve(listener).await.context("the SQL listener stopped");
    upkeep.abort();
    served
}
