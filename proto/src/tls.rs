//! Mutual TLS from a directory. A peer is what its certificate says, whatever its host name or address.
//!
//! The files are looked at for each new connection and read again when they have changed, so a renewed certificate or CA
//! needs no restart; files that do not read keep the old ones in use, with a warning.

use crate::certs;
use parking_lot::Mutex;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    client::verify_server_name,
    crypto::CryptoProvider,
    server::{ParsedCertificate, WebPkiClientVerifier},
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

/// What a process is, by a name in its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Identity {
    Cell,
    Router,
    /// `meridian init` and other tools, and the operator.
    Admin,
}

impl Identity {
    pub const ALL: [Identity; 3] = [Identity::Cell, Identity::Router, Identity::Admin];

    /// The DNS name that stands for it.
    pub fn name(self) -> &'static str {
        match self {
            Identity::Cell => "meridian-cell",
            Identity::Router => "meridian-router",
            Identity::Admin => "meridian-admin",
        }
    }
    fn of(cert: &CertificateDer<'_>) -> Option<Identity> {
        let parsed = ParsedCertificate::try_from(cert).ok()?;
        Identity::ALL.into_iter().find(|i| {
            let name = ServerName::try_from(i.name()).expect("the names above are DNS names");
            verify_server_name(&parsed, &name).is_ok()
        })
    }
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {path}: {why}")]
    File { path: PathBuf, why: String },
    #[error("certificates of {dir} do not fit together: {why}")]
    Config { dir: PathBuf, why: String },
}

/// The one crypto provider of the process; may be called again.
pub fn install_provider() -> Arc<CryptoProvider> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    CryptoProvider::get_default().cloned().expect("one was just installed")
}

#[derive(Clone)]
struct Configs {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

struct Loaded {
    changed: [Option<SystemTime>; 3],
    configs: Configs,
}

/// `ca.crt`, `node.crt` and `node.key` of a directory.
pub struct TlsFiles {
    dir: PathBuf,
    loaded: Mutex<Loaded>,
}

impl TlsFiles {
    /// # Errors
    /// A file is missing or damaged, or the key is another certificate's.
    pub fn open(dir: &Path) -> Result<Arc<TlsFiles>, TlsError> {
        let changed = changed(dir);
        let configs = load(dir)?;
        Ok(Arc::new(TlsFiles { dir: dir.to_owned(), loaded: Mutex::new(Loaded { changed, configs }) }))
    }
    /// For accepting: the client must show a certificate of our CA.
    pub fn server(&self) -> Arc<ServerConfig> {
        self.current().server
    }
    /// For dialing: shows our certificate; the server must be a cell by a certificate of our CA.
    pub fn client(&self) -> Arc<ClientConfig> {
        self.current().client
    }
    fn current(&self) -> Configs {
        let mut loaded = self.loaded.lock();
        let now = changed(&self.dir);
        if now != loaded.changed {
            match load(&self.dir) {
                Ok(configs) => *loaded = Loaded { changed: now, configs },
                // The mark is kept old: files that are being replaced are tried again by the next connection.
                Err(e) => {
                    tracing::warn!(error = %e, "changed certificates cannot be used; keeping the old ones")
                }
            }
        }
        loaded.configs.clone()
    }
    /// The name under which a cell is checked.
    pub fn cell_name() -> ServerName<'static> {
        ServerName::try_from(Identity::Cell.name()).expect("it is a DNS name")
    }
    /// What the peer of an accepted connection is; `None`: its certificate has none of our names.
    pub fn peer_identity(certs: Option<&[CertificateDer<'_>]>) -> Option<Identity> {
        certs.and_then(|c| c.first()).and_then(Identity::of)
    }
}

fn changed(dir: &Path) -> [Option<SystemTime>; 3] {
    [certs::CA_CERT, certs::NODE_CERT, certs::NODE_KEY]
        .map(|name| std::fs::metadata(dir.join(name)).and_then(|m| m.modified()).ok())
}

fn load(dir: &Path) -> Result<Configs, TlsError> {
    let provider = install_provider();
    let failed = |why: String| TlsError::Config { dir: dir.to_owned(), why };
    let mut roots = RootCertStore::empty();
    for cert in certificates(&dir.join(certs::CA_CERT))? {
        roots.add(cert).map_err(|e| failed(e.to_string()))?;
    }
    let roots = Arc::new(roots);
    let chain = certificates(&dir.join(certs::NODE_CERT))?;
    let key_path = dir.join(certs::NODE_KEY);
    let key = PrivateKeyDer::from_pem_file(&key_path)
        .map_err(|e| TlsError::File { path: key_path, why: e.to_string() })?;
    let verifier = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone())
        .build()
        .map_err(|e| failed(e.to_string()))?;
    let mut server = ServerConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_client_cert_verifier(verifier).with_single_cert(chain.clone(), key.clone_key()))
        .map_err(|e| failed(e.to_string()))?;
    server.alpn_protocols = vec![b"h2".to_vec()];
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_root_certificates(roots).with_client_auth_cert(chain, key))
        .map_err(|e| failed(e.to_string()))?;
    client.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Configs { server: Arc::new(server), client: Arc::new(client) })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |why: String| TlsError::File { path: path.to_owned(), why };
    let found: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|e| failed(e.to_string()))?.collect();
    let found = found.map_err(|e| failed(e.to_string()))?;
    if found.is_empty() { Err(failed("no certificate in it".into())) } else { Ok(found) }
}

/// A server's configuration for SQL clients, who show no certificate. `cert` and `key` are PEM.
///
/// # Errors
/// The texts are damaged or do not fit together.
pub fn sql_server(cert: &str, key: &str) -> Result<Arc<ServerConfig>, TlsError> {
    let failed = |why: String| TlsError::Config { dir: PathBuf::from("the SQL listener"), why };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(cert.as_bytes()).collect();
    let chain = chain.map_err(|e| failed(e.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|e| failed(e.to_string()))?;
    let config = ServerConfig::builder_with_provider(install_provider())
        .with_safe_default_protocol_versions()
        .and_then(|b| b.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|e| failed(e.to_string()))?;
    Ok(Arc::new(config))
}
