//! `meridian certs`: a CA, and a certificate for each process.

use clap::{Args, Subcommand, ValueEnum};
use proto::{Identity, certs};
use std::path::PathBuf;

#[derive(Args)]
pub struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Makes the CA of a cluster: ca.crt and ca.key
    Ca {
        /// Where to put it; the key is needed only to make more certificates
        #[arg(long)]
        dir: PathBuf,
    },
    /// Makes the certificate of one process: node.crt, node.key and a copy of ca.crt
    Node {
        /// The directory of the CA
        #[arg(long)]
        ca: PathBuf,
        /// Where to put it: what the process gets as --certs
        #[arg(long)]
        dir: PathBuf,
        /// What the process is
        #[arg(long, value_enum)]
        role: Role,
        /// Host names and addresses that SQL clients may check, separated by commas
        #[arg(long, value_delimiter = ',', default_value = "localhost,127.0.0.1")]
        names: Vec<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Role {
    Cell,
    Router,
    /// `meridian init` and other tools
    Admin,
}

/// Makes what is asked for.
///
/// # Errors
/// It exists already, or cannot be written.
pub fn run(options: &Options) -> anyhow::Result<()> {
    match &options.what {
        What::Ca { dir } => certs::make_ca(dir)?,
        What::Node { ca, dir, role, names } => {
            let identity = match role {
                Role::Cell => Identity::Cell,
                Role::Router => Identity::Router,
                Role::Admin => Identity::Admin,
            };
            certs::make_node(ca, dir, identity, names)?;
        }
    }
    Ok(())
}
