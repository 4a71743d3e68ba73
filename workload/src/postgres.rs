//! The client over a PostgreSQL URL. Cells are rows of `TABLE (k bigint primary key, v bigint)`.

use crate::client::{Client, ClientError, Transaction};
use async_trait::async_trait;
use rustls::{
    ClientConfig, DigitallySignedStruct, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use std::sync::Arc;
use tokio_postgres::error::SqlState;

/// Connects with TLS where the URL asks for it. As `sslmode=require` in libpq: encrypted, the certificate is not verified.
///
/// # Errors
/// As tokio-postgres.
pub async fn connect(url: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tls()).await?;
    tokio::spawn(async move {
        // The client sees the same error at its next call.
        drop(connection.await);
    });
    Ok(client)
}

/// TLS as `sslmode=require` has it.
pub fn tls() -> tokio_postgres_rustls::MakeRustlsConnect {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .expect("the provider supports TLS 1.2 and 1.3")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Unverified(provider)))
        .with_no_client_auth();
    tokio_postgres_rustls::MakeRustlsConnect::new(config)
}

/// Accepts any certificate, and still checks that the peer holds its key.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection that is made again after it broke.
pub struct PostgresClient {
    url: String,
    client: Option<tokio_postgres::Client>,
}

impl PostgresClient {
    pub fn new(url: impl Into<String>) -> Self {
        PostgresClient { url: url.into(), client: None }
    }
}

fn before_commit(error: &tokio_postgres::Error) -> ClientError {
    match error.code() {
        Some(code) if *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN => {
            ClientError::Unknown(error.to_string())
        }
        Some(code) if is_transient(code) => ClientError::Retry(error.to_string()),
        Some(code) => ClientError::Fatal(format!("{} {error}", code.code())),
        None => ClientError::Retry(error.to_string()),
    }
}

/// Classes that say "not done, try again": serialization, deadlock, connection, shutdown, resources, lock.
fn is_transient(code: &SqlState) -> bool {
    let class = &code.code()[..2];
    matches!(class, "40" | "08" | "57" | "53")
        || *code == SqlState::LOCK_NOT_AVAILABLE
        || *code == SqlState::IN_FAILED_SQL_TRANSACTION
}

#[async_trait]
impl Client for PostgresClient {
    async fn begin(&mut self) -> Result<Box<dyn Transaction + '_>, ClientError> {
        if self.client.as_ref().is_none_or(tokio_postgres::Client::is_closed) {
            self.client = Some(connect(&self.url).await.map_err(|e| ClientError::Retry(e.to_string()))?);
        }
        let client = self.client.as_mut().expect("connected above");
        let txn = client.transaction().await.map_err(|e| before_commit(&e))?;
        Ok(Box::new(PostgresTransaction(txn)))
    }
}

struct PostgresTransaction<'a>(tokio_postgres::Transaction<'a>);

#[async_trait]
impl Transaction for PostgresTransaction<'_> {
    async fn read(&mut self, table: &str, key: i64) -> Result<Option<i64>, ClientError> {
        let row = self.0.query_opt(&format!("SELECT v FROM {table} WHERE k = $1"), &[&key]).await;
        Ok(row.map_err(|e| before_commit(&e))?.map(|r| r.get(0)))
    }
    async fn scan(&mut self, table: &str, first: i64, last: i64) -> Result<Vec<(i64, i64)>, ClientError> {
        let sql = format!("SELECT k, v FROM {table} WHERE k BETWEEN $1 AND $2 ORDER BY k");
        let rows = self.0.query(&sql, &[&first, &last]).await.map_err(|e| before_commit(&e))?;
        Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
    }
    async fn write(&mut self, table: &str, key: i64, value: i64) -> Result<(), ClientError> {
        let sql = format!(
            "INSERT INTO {table} (k, v) VALUES ($1, $2) ON CONFLICT (k) DO UPDATE SET v = excluded.v"
        );
        self.0.execute(&sql, &[&key, &value]).await.map(|_| ()).map_err(|e| before_commit(&e))
    }
    async fn commit(self: Box<Self>) -> Result<(), ClientError> {
        self.0.commit().await.map_err(|error| match error.code() {
            Some(code) if *code == SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN => {
                ClientError::Unknown(error.to_string())
            }
            Some(code) if is_transient(code) && !code.code().starts_with("08") => {
                ClientError::Retry(error.to_string())
            }
            Some(code) => ClientError::Fatal(format!("{} {error}", code.code())),
            // The connection broke while the answer was awaited.
            None => ClientError::Unknown(error.to_string()),
        })
    }
}
