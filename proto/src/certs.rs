//! Makes certificates: one CA for a cluster, one certificate for each process, and a self-signed one for SQL listeners.
//!
//! ```text
//! DIR/ca.crt, DIR/ca.key      the CA; the key is needed only to make more certificates
//! DIR/node.crt, DIR/node.key  of one process; its names say what it is (see tls::Identity)
//! ```
//! Keys are written readable by their owner only.

use crate::tls::Identity;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

pub const CA_CERT: &str = "ca.crt";
pub const CA_KEY: &str = "ca.key";
pub const NODE_CERT: &str = "node.crt";
pub const NODE_KEY: &str = "node.key";

/// Why certificates were not made.
#[derive(Debug, thiserror::Error)]
pub enum CertsError {
    /// There is one already; it is never replaced silently.
    #[error("{0} exists")]
    Exists(PathBuf),
    #[error("cannot read or write {path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
    #[error("cannot make the certificate: {0}")]
    Make(#[from] rcgen::Error),
}

fn write_new(path: PathBuf, text: &str, mode: u32) -> Result<(), CertsError> {
    use std::os::unix::fs::OpenOptionsExt;
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path);
    match opened.and_then(|mut f| f.write_all(text.as_bytes()).and_then(|()| f.sync_all())) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(CertsError::Exists(path)),
        Err(source) => Err(CertsError::Io { path, source }),
    }
}

fn read(path: PathBuf) -> Result<String, CertsError> {
    fs::read_to_string(&path).map_err(|source| CertsError::Io { path, source })
}

fn params(names: Vec<String>, common_name: &str) -> Result<CertificateParams, CertsError> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    params.distinguished_name.push(DnType::OrganizationName, "Meridian");
    Ok(params)
}

/// Makes `ca.crt` and `ca.key` in `dir`.
///
/// # Errors
/// `Exists` if there is a CA: use it, or choose another directory.
pub fn make_ca(dir: &Path) -> Result<(), CertsError> {
    fs::create_dir_all(dir).map_err(|source| CertsError::Io { path: dir.to_owned(), source })?;
    for name in [CA_CERT, CA_KEY] {
        if dir.join(name).exists() {
            return Err(CertsError::Exists(dir.join(name)));
        }
    }
    let mut params = params(Vec::new(), "Meridian CA")?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    write_new(dir.join(CA_KEY), &key.serialize_pem(), 0o600)?;
    write_new(dir.join(CA_CERT), &cert.pem(), 0o644)
}

/// Makes `node.crt` and `node.key` in `dir`, signed by the CA in `ca_dir`, whose certificate is copied beside them.
/// `names`: host names and addresses that it answers to besides its identity (SQL clients check them).
///
/// # Errors
/// `Exists` if there is one: remove it first to renew it. `Io` if `ca_dir` has no CA.
pub fn make_node(ca_dir: &Path, dir: &Path, identity: Identity, names: &[String]) -> Result<(), CertsError> {
    fs::create_dir_all(dir).map_err(|source| CertsError::Io { path: dir.to_owned(), source })?;
    let ca_cert = read(ca_dir.join(CA_CERT))?;
    let ca_key = KeyPair::from_pem(&read(ca_dir.join(CA_KEY))?)?;
    let issuer = Issuer::from_ca_cert_pem(&ca_cert, ca_key)?;
    let all = std::iter::once(identity.name().to_owned()).chain(names.iter().cloned()).collect();
    let mut params = params(all, identity.name())?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let cert = params.signed_by(&key, &issuer)?;
    for name in [NODE_CERT, NODE_KEY] {
        if dir.join(name).exists() {
            return Err(CertsError::Exists(dir.join(name)));
        }
    }
    write_new(dir.join(NODE_KEY), &key.serialize_pem(), 0o600)?;
    write_new(dir.join(NODE_CERT), &cert.pem(), 0o644)?;
    match write_new(dir.join(CA_CERT), &ca_cert, 0o644) {
        Err(CertsError::Exists(_)) => Ok(()),
        other => other,
    }
}

/// Certificate and key, as PEM, for a listener of SQL that was given none. Clients can use it with `sslmode=require`.
pub fn self_signed(names: &[String]) -> Result<(String, String), CertsError> {
    let key = KeyPair::generate()?;
    let mut params = params(names.to_vec(), "Meridian SQL")?;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let cert = params.self_signed(&key)?;
    Ok((cert.pem(), key.serialize_pem()))
}
