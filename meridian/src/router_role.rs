//! `meridian router`: SQL without state of its own.

use crate::cell_role::serve_router;
use crate::domiciles::CatalogDomiciles;
use crate::placement::Domiciles;
use crate::remote::RemoteSeeder;
use crate::{health, registry, remote, sql};
use anyhow::Context;
use clap::Args;
use kv::StoreId;
use prometheus::Registry;
use proto::{AdminClient, Dialer, Peers, wire};
use router::RouterOptions;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use txn::{
    CellTransport, Clock, Db, DbOptions, Distributor, RemoteCells, RouteOptions, Sender, SystemClock,
    SystemEntropy,
};

const ASK_AGAIN: Duration = Duration::from_millis(500);
/// How often the address book is read again.
const FRESHEN_EVERY: Duration = Duration::from_secs(3);

#[derive(Args)]
pub struct Options {
    /// Addresses of some cells, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    join: Vec<String>,
    /// Directory with ca.crt, node.crt and node.key of a router; SQL clients see the same certificate
    #[arg(long)]
    certs: PathBuf,
    /// Address for SQL clients; port 0 picks a free one
    #[arg(long, default_value = "0.0.0.0:26257")]
    listen_sql: SocketAddr,
    /// Address for /metrics, /healthz and /readyz
    #[arg(long)]
    listen_http: Option<SocketAddr>,
    /// Where it stands, such as eu-west
    #[arg(long, default_value = "")]
    region: String,
    /// Where sorts of large queries spill to; without it they are refused instead
    #[arg(long)]
    spill_dir: Option<PathBuf>,
    /// How long transactions may take after a request to stop, in seconds
    #[arg(long, default_value_t = 10)]
    drain_timeout: u64,
}

/// Runs until `stop`, and then until transactions have ended or the drain timeout has passed.
///
/// # Errors
/// An address or the certificates cannot be used, or this binary does not fit the cluster.
pub async fn run(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let (dialer, _) = remote::dialer(&options.certs)?;
    let listener = TcpListener::bind(options.listen_sql)
        .await
        .with_context(|| format!("cannot listen on {}; choose another --listen-sql", options.listen_sql))?;
    let metrics = Registry::new();
    let is_ready = Arc::new(AtomicBool::new(false));
    if let Some(address) = options.listen_http {
        let flag = is_ready.clone();
        let ready = move || match flag.load(Ordering::Relaxed) {
            true => Ok(()),
            false => Err("waiting for the cells".to_owned()),
        };
        let bound = health::serve(address, vec![metrics.clone()], Arc::new(ready), stop.clone()).await?;
        tracing::info!(address = %bound, "serving metrics");
    }
    let Some(status) = wait_for_cells(&dialer, &options.join, &stop).await? else { return Ok(()) };

    let clock = Clock::new(Arc::new(SystemClock), status.max_offset_ms * 1_000_000);
    let peers = Peers::new(dialer, StoreId(0), status.cluster_id);
    let freshen = tokio::spawn(peers.clone().keep_fresh(options.join.clone(), FRESHEN_EVERY));
    let transport: Arc<dyn CellTransport> = Arc::new(RemoteCells::new(peers.clone(), None, clock.clone()));
    let sender: Arc<dyn Sender> =
        Distributor::new(transport.clone(), clock.clone(), Arc::new(SystemEntropy), RouteOptions::default());
    let db_options = DbOptions { gateway_region: options.region.clone() };
    let db = Db::new(sender, clock, Arc::new(SystemEntropy), db_options);
    let domiciles = Domiciles { db: db.clone(), transport, seeder: Arc::new(RemoteSeeder(peers)) };
    let parts = sql::Parts {
        db,
        domiciles: Arc::new(CatalogDomiciles(Arc::new(domiciles))),
        local_cells: None,
        spill_directory: options.spill_dir.clone(),
    };
    let router_options = RouterOptions {
        // Unlike any other's, also of an earlier start: the leases of that one end by themselves.
        router_id: rand::random::<u64>() >> 1,
        tls: Some(remote::sql_tls(&options.certs)?),
        drain_timeout: Duration::from_secs(options.drain_timeout),
        ..Default::default()
    };
    let (router, upkeep) = sql::router(parts, router_options);
    router.services().metrics.register(&metrics)?;
    is_ready.store(true, Ordering::Relaxed);
    let stopping = router.clone();
    tokio::spawn(async move {
        stop.cancelled().await;
        tracing::info!("stopping: transactions may finish");
        stopping.shutdown();
    });
    let served = serve_router(router, upkeep, listener).await;
    freshen.abort();
    served
}

/// Waits until a cell of a complete cluster answers; `None`: asked to stop before.
async fn wait_for_cells(
    dialer: &Dialer,
    join: &[String],
    stop: &CancellationToken,
) -> anyhow::Result<Option<wire::StatusReply>> {
    let mut said = false;
    loop {
        for address in join {
            let asked = async { AdminClient::connect(dialer, address, remote::ASK).await?.status().await };
            match asked.await {
                Ok(status) if !status.cluster_version.is_empty() => {
                    registry::compatible(registry::binary_version(), &status.cluster_version)
                        .map_err(anyhow::Error::msg)?;
                    return Ok(Some(status));
                }
                Ok(_) => tracing::debug!(address, "the cell is not part of a complete cluster yet"),
                Err(error) => tracing::debug!(address, %error, "the cell does not answer"),
            }
        }
        if !said {
            tracing::info!("waiting for a cell of an initialised cluster");
            said = true;
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(ASK_AGAIN) => {}
        }
    }
}
