//! The Admin service over a trait of typed calls.

use super::accept::PeerInfo;
use async_trait::async_trait;
use proto::{
    Identity,
    admin::AdminError,
    wire::{self, admin_server::Admin},
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What a cell does when it is started, joined and looked at. Messages carry kv's types as prost bytes.
#[async_trait]
pub trait AdminHandler: Send + Sync {
    async fn status(&self) -> Result<wire::StatusReply, AdminError>;
    async fn init(&self, request: wire::InitRequest) -> Result<wire::InitReply, AdminError>;
    async fn join(&self, request: wire::JoinRequest) -> Result<wire::JoinReply, AdminError>;
    async fn peers(&self) -> Result<wire::PeersReply, AdminError>;
    async fn create_range(&self, request: wire::CreateRangeRequest) -> Result<(), AdminError>;
}

pub(super) struct AdminService(pub(super) Arc<dyn AdminHandler>);

fn status(e: AdminError) -> Status {
    match e {
        AdminError::Refused(text) => Status::failed_precondition(text),
        AdminError::Unreachable(text) => Status::unavailable(text),
        AdminError::Failed(text) => Status::internal(text),
    }
}

/// The message, if the peer may send it.
fn from<T>(request: Request<T>, allowed: &[Identity]) -> Result<T, Status> {
    let peer = request.extensions().get::<PeerInfo>().copied();
    let peer = peer.ok_or_else(|| Status::internal("the connection has no peer"))?;
    if !peer.is_one_of(allowed) {
        let is = peer.identity.map_or("of another kind", Identity::name);
        return Err(Status::permission_denied(format!("the certificate is {is}")));
    }
    Ok(request.into_inner())
}

#[tonic::async_trait]
impl Admin for AdminService {
    async fn status(&self, r: Request<wire::StatusRequest>) -> Result<Response<wire::StatusReply>, Status> {
        from(r, &Identity::ALL)?;
        self.0.status().await.map(Response::new).map_err(status)
    }
    async fn init(&self, r: Request<wire::InitRequest>) -> Result<Response<wire::InitReply>, Status> {
        let request = from(r, &[Identity::Admin, Identity::Cell])?;
        self.0.init(request).await.map(Response::new).map_err(status)
    }
    async fn join(&self, r: Request<wire::JoinRequest>) -> Result<Response<wire::JoinReply>, Status> {
        let request = from(r, &[Identity::Cell])?;
        self.0.join(request).await.map(Response::new).map_err(status)
    }
    async fn peers(&self, r: Request<wire::PeersRequest>) -> Result<Response<wire::PeersReply>, Status> {
        from(r, &Identity::ALL)?;
        self.0.peers().await.map(Response::new).map_err(status)
    }
    async fn create_range(
        &self,
        r: Request<wire::CreateRangeRequest>,
    ) -> Result<Response<wire::CreateRangeReply>, Status> {
        // A router that makes a database seeds its domicile's first range.
        let request = from(r, &[Identity::Cell, Identity::Router])?;
        self.0.create_range(request).await.map_err(status)?;
        Ok(Response::new(wire::CreateRangeReply {}))
    }
}
