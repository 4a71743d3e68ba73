//! `meridian init`: makes a cluster of cells that wait for it, once.

use crate::{registry, remote};
use anyhow::Context;
use clap::Args;
use proto::{AdminClient, wire};
use std::path::PathBuf;
use std::time::Duration;

/// For the first ranges, their leases and the catalog.
const INIT: Duration = Duration::from_secs(90);
const PASSWORD_CHARS: usize = 24;

#[derive(Args)]
pub struct Options {
    /// Addresses of all cells that the cluster begins with, separated by commas
    #[arg(long, value_delimiter = ',', required = true)]
    join: Vec<String>,
    /// Directory with ca.crt, node.crt and node.key of an admin
    #[arg(long)]
    certs: PathBuf,
    /// The first database
    #[arg(long, default_value = "app")]
    database: String,
    /// The first role, which owns it
    #[arg(long, default_value = "root")]
    user: String,
    /// File whose first line is the role's password; without it one is generated and printed once
    #[arg(long)]
    password_file: Option<PathBuf>,
}

/// Asks one of the cells to make the cluster.
///
/// # Errors
/// There is one already (with its id), a cell does not answer, or they do not fit together.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let (dialer, _) = remote::dialer(&options.certs)?;
    let given = options.password_file.as_ref().map(|path| {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let line = text.lines().next().unwrap_or_default().to_owned();
        anyhow::ensure!(!line.is_empty(), "{} begins with an empty line", path.display());
        Ok(line)
    });
    let given = given.transpose()?;
    // One that belongs to a cluster knows better than the others: it refuses, or takes up what was interrupted.
    let mut to = None;
    for address in &options.join {
        let mut client = AdminClient::connect(&dialer, address, remote::ASK).await?;
        let status = client.status().await.with_context(|| format!("the cell at {address}"))?;
        if to.is_none() || status.initialized {
            to = Some(address);
        }
        if status.initialized {
            break;
        }
    }
    let to = to.context("--join is empty")?;
    let password = given.clone().unwrap_or_else(generate_password);
    let request = wire::InitRequest {
        addresses: options.join.clone(),
        database: options.database.clone(),
        user: options.user.clone(),
        password: password.clone(),
        ..Default::default()
    };
    let reply = AdminClient::connect(&dialer, to, INIT).await?.init(request).await?;
    println!("cluster {}", registry::hex(&reply.cluster_id));
    println!("database {}", options.database);
    println!("user {}", options.user);
    if given.is_none() {
        println!("password {password}");
    }
    Ok(())
}

fn generate_password() -> String {
    use rand::RngExt;
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..PASSWORD_CHARS).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}
