//! Calls of the Admin service at one address.

use crate::{
    dial::{Dialer, chain},
    wire::{self, admin_client},
};
use std::{future::Future, time::Duration};
use tonic::{Response, Status, transport::Channel};

/// Why an admin call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdminError {
    /// Nothing was sent.
    #[error("not reachable: {0}")]
    Unreachable(String),
    /// The cell understood and refused, by name; asking again brings the same.
    #[error("{0}")]
    Refused(String),
    /// It failed, or may have been done without an answer; asking again may help.
    #[error("failed: {0}")]
    Failed(String),
}

/// A connection for a few calls.
pub struct AdminClient {
    client: admin_client::AdminClient<Channel>,
    timeout: Duration,
}

async fn within<T>(
    timeout: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, AdminError> {
    match tokio::time::timeout(timeout, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(match status.code() {
            tonic::Code::FailedPrecondition
            | tonic::Code::PermissionDenied
            | tonic::Code::InvalidArgument => AdminError::Refused(status.message().to_owned()),
            _ => AdminError::Failed(chain(&status)),
        }),
        Err(_) => Err(AdminError::Failed(format!("no answer within {timeout:?}"))),
    }
}

impl AdminClient {
    /// Each call ends after `timeout`.
    ///
    /// # Errors
    /// `Unreachable`.
    pub async fn connect(
        dialer: &Dialer,
        address: &str,
        timeout: Duration,
    ) -> Result<AdminClient, AdminError> {
        let channel = dialer.connect(address).await.map_err(AdminError::Unreachable)?;
        Ok(AdminClient { client: admin_client::AdminClient::new(channel), timeout })
    }
    pub async fn status(&mut self) -> Result<wire::StatusReply, AdminError> {
        within(self.timeout, self.client.status(wire::StatusRequest {})).await
    }
    pub async fn init(&mut self, request: wire::InitRequest) -> Result<wire::InitReply, AdminError> {
        within(self.timeout, self.client.init(request)).await
    }
    pub async fn join(&mut self, request: wire::JoinRequest) -> Result<wire::JoinReply, AdminError> {
        within(self.timeout, self.client.join(request)).await
    }
    pub async fn peers(&mut self) -> Result<wire::PeersReply, AdminError> {
        within(self.timeout, self.client.peers(wire::PeersRequest {})).await
    }
    pub async fn create_range(&mut self, request: wire::CreateRangeRequest) -> Result<(), AdminError> {
        within(self.timeout, self.client.create_range(request)).await.map(|_| ())
    }
}
