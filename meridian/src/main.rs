//! The binary: one file per role. This file is its table of contents.

mod telemetry;
mod health;
mod store;
mod placement;
mod domiciles;
mod local;
mod cluster_info;
mod queries;
mod sql;
mod metrics;
mod sample;
mod demo;
mod registry;
mod remote;
mod admin;
mod cell_role;
mod init_role;
mod router_role;
mod certs_role;

use clap::{Parser, Subcommand};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Meridian: a distributed SQL database that PostgreSQL clients use.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    telemetry: telemetry::Options,
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// A whole database in this process: three regions, nine cells, a router for each region
    Demo(demo::Options),
    /// A storage process
    Cell(cell_role::Options),
    /// A SQL process without state
    Router(router_role::Options),
    /// Makes a cluster of cells that wait for it, once
    Init(init_role::Options),
    /// Makes a CA, and certificates for the processes
    Certs(certs_role::Options),
}

impl Role {
    fn name(&self) -> &'static str {
        match self {
            Role::Demo(_) => "demo",
            Role::Cell(_) => "cell",
            Role::Router(_) => "router",
            Role::Init(_) => "init",
            Role::Certs(_) => "certs",
        }
    }
    async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        match self {
            Role::Demo(options) => demo::run(options, stop).await,
            Role::Cell(options) => cell_role::run(options, stop).await,
            Role::Router(options) => router_role::run(options, stop).await,
            Role::Init(options) => init_role::run(options).await,
            Role::Certs(options) => certs_role::run(&options),
        }
    }
}

fn main() -> ExitCode {
    proto::tls::install_provider();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("meridian: no threads could be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        let _telemetry = telemetry::init(&cli.telemetry, cli.role.name())?;
        let stop = CancellationToken::new();
        tokio::spawn(stop_on_signal(stop.clone()));
        cli.role.run(stop).await
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("meridian: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Ctrl-C and SIGTERM ask to stop; a second one ends the process at once.
async fn stop_on_signal(stop: CancellationToken) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be received; stop the process by killing it");
        return;
    };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if stop.is_cancelled() {
            std::process::exit(130);
        }
        stop.cancel();
    }
}
