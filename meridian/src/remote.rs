//! Reaching cells of other processes: the parts that cells, routers and tools share.

use crate::placement::RangeSeeder;
use anyhow::Context;
use async_trait::async_trait;
use kv::{RangeDescriptor, StoreId};
use prost::Message;
use proto::{AdminClient, Dialer, Peers, TcpDial, TlsFiles, wire};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// For one admin call that does no long work.
pub const ASK: Duration = Duration::from_secs(3);
/// For a cell to make its stores and seed a replica.
const SEED: Duration = Duration::from_secs(15);

/// Connections with the certificates of a directory.
///
/// # Errors
/// The certificates do not read.
pub fn dialer(certs: &Path) -> anyhow::Result<(Dialer, Arc<TlsFiles>)> {
    let tls = TlsFiles::open(certs)
        .with_context(|| format!("--certs {}: `meridian certs` makes them", certs.display()))?;
    Ok((Dialer::new(Arc::new(TcpDial), Some(tls.clone())), tls))
}

/// TLS of a SQL listener with the process's own certificate.
///
/// # Errors
/// The certificate does not read.
pub fn sql_tls(certs: &Path) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let read = |name: &str| {
        let path = certs.join(name);
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    Ok(proto::tls::sql_server(&read(proto::certs::NODE_CERT)?, &read(proto::certs::NODE_KEY)?)?)
}

/// Seeds replicas by asking their cells.
pub struct RemoteSeeder(pub Arc<Peers>);

#[async_trait]
impl RangeSeeder for RemoteSeeder {
    async fn seed(&self, store: StoreId, range: RangeDescriptor) -> anyhow::Result<()> {
        let cells = self.0.cells();
        let members = cells.iter().filter(|c| range.replica_on(StoreId(c.store_id)).is_some());
        let to = self.0.cell(store).with_context(|| format!("no address of store {store} is known"))?;
        let request = wire::CreateRangeRequest {
            range: range.encode_to_vec().into(),
            cluster_id: self.0.cluster_id(),
            cells: members.map(|c| c.encode_to_vec().into()).collect(),
            store_id: store.0,
            ..Default::default()
        };
        let mut client = AdminClient::connect(self.0.dialer(), &to.address, SEED).await?;
        let range = range.range_id;
        client.create_range(request).await.with_context(|| format!("range {range} at {}", to.address))
    }
}
