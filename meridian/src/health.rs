//! `/metrics`, `/healthz` and `/readyz` on a listener of their own, in every long-running role.

use axum::{Router, extract::State, http::StatusCode, routing::get};
use prometheus::{Encoder, Registry, TextEncoder, proto::MetricFamily};
use std::collections::BTreeMap;
use std::{net::SocketAddr, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Says whether the process can serve, and why not.
pub type Ready = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

#[derive(Clone)]
struct Shared {
    registries: Arc<[Registry]>,
    ready: Ready,
}

/// Serves what all registries hold until `stop`; returns the bound address at once.
///
/// # Errors
/// The address cannot be bound.
pub async fn serve(
    address: SocketAddr,
    registries: Vec<Registry>,
    ready: Ready,
    stop: CancellationToken,
) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind(address).await.map_err(|e| {
        anyhow::anyhow!("cannot listen on {address} for metrics: {e}; choose another --listen-http")
    })?;
    let bound = listener.local_addr()?;
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .with_state(Shared { registries: registries.into(), ready });
    tokio::spawn(async move {
        let served =
            axum::serve(listener, app).with_graceful_shutdown(async move { stop.cancelled().await }).await;
        if let Err(error) = served {
            tracing::error!(%error, "the listener for metrics stopped");
        }
    });
    Ok(bound)
}

async fn metrics(State(shared): State<Shared>) -> Result<Vec<u8>, (StatusCode, String)> {
    let mut out = Vec::new();
    // Routers of several regions have the same families, told apart by labels: each family is printed once.
    let mut families: BTreeMap<String, MetricFamily> = BTreeMap::new();
    for mut family in shared.registries.iter().flat_map(Registry::gather) {
        match families.get_mut(family.name()) {
            Some(known) => known.mut_metric().extend(family.take_metric()),
            None => drop(families.insert(family.name().to_owned(), family)),
        }
    }
    let families: Vec<MetricFamily> = families.into_values().collect();
    TextEncoder::new()
        .encode(&families, &mut out)
        .map_err(|e| (StatusCode::INTERNAL_SERVER_ERROR, format!("{e}\n")))?;
    Ok(out)
}

async fn readyz(State(shared): State<Shared>) -> (StatusCode, String) {
    match (shared.ready)() {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
    }
}
