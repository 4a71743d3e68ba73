//! `meridian demo`: a whole database in one process. Three regions, three cells in each, a router for each region; the data
//! lies in a directory and survives a restart.

use crate::domiciles::CatalogDomiciles;
use crate::local::{LocalCluster, Place};
use crate::{health, sample, sql};
use anyhow::Context;
use clap::Args;
use kv::DomicileId;
use router::catalog_store::{SeedOptions, seed};
use router::{Router, RouterOptions};
use serde::{Deserialize, Serialize};
use std::fs::{File, TryLockError};
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const REGIONS: [&str; 3] = ["eu-west", "us-east", "ap-south"];
const ZONES: [&str; 3] = ["a", "b", "c"];
const DATABASE: &str = "app";
const USER: &str = "root";
/// Length of the generated password: 24 letters and digits, 142 bits.
const PASSWORD_CHARS: usize = 24;

#[derive(Args)]
pub struct Options {
    /// Where the data lies: one folder for each region and cell
    #[arg(long, default_value = "meridian-data")]
    data_dir: PathBuf,
    /// SQL address of the first region's router; the others follow on the next ports
    #[arg(long, default_value = "127.0.0.1:26257")]
    listen_sql: SocketAddr,
    /// Address for /metrics, /healthz and /readyz; port 0 picks a free one
    #[arg(long, default_value = "127.0.0.1:26280")]
    listen_http: SocketAddr,
    /// Do not load the sample tables into a new database
    #[arg(long)]
    no_sample: bool,
}

/// What the demo remembers beside the stores.
#[derive(Serialize, Deserialize)]
struct Remembered {
    password: String,
    /// The sample was loaded, or not wanted.
    sampled: bool,
}

/// Runs until `stop`.
///
/// # Errors
/// The directory is in use or damaged, an address is taken, the cluster does not start.
pub async fn run(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    std::fs::create_dir_all(&options.data_dir)
        .with_context(|| format!("cannot make the data directory {}", options.data_dir.display()))?;
    let _lock = lock(&options.data_dir)?;
    // Addresses first: a taken port is found before anything is made.
    let mut listeners = Vec::new();
    for (i, region) in (0u16..).zip(REGIONS) {
        let port = match options.listen_sql.port() {
            0 => 0,
            first => first.checked_add(i).context("--listen-sql: the ports that follow exceed 65535")?,
        };
        let address = SocketAddr::new(options.listen_sql.ip(), port);
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("cannot listen on {address} for region {region}; choose another --listen-sql")
        })?;
        listeners.push((region, listener));
    }
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(()),
        started = start(&options, listeners, stop.clone()) => started?.serve(stop).await,
    }
}

/// Holds the directory for this process.
fn lock(dir: &Path) -> anyhow::Result<File> {
    let path = dir.join("DEMO_LOCK");
    let mut file = File::options()
        .create(true)
        .read(true)
        .write(true)
        .truncate(false)
        .open(&path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let holder = std::fs::read_to_string(&path).unwrap_or_default();
            anyhow::bail!(
                "{} is in use by another demo (process {}); stop it, or choose another --data-dir",
                dir.display(),
                holder.trim()
            );
        }
        Err(TryLockError::Error(e)) => {
            return Err(e).with_context(|| format!("cannot lock {}", path.display()));
        }
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

struct Running {
    cluster: Arc<LocalCluster>,
    routers: Vec<(&'static str, Router, TcpListener)>,
    background: Vec<tokio::task::JoinHandle<()>>,
    password: String,
    http: SocketAddr,
}

async fn start(
    options: &Options,
    listeners: Vec<(&'static str, TcpListener)>,
    stop: CancellationToken,
) -> anyhow::Result<Running> {
    let places: Vec<Place> = REGIONS
        .iter()
        .flat_map(|region| {
            ZONES.map(|z| Place { region: (*region).to_owned(), zone: format!("{region}-{z}") })
        })
        .collect();
    println!("starting {} cells in {}", places.len(), options.data_dir.display());
    let cluster = Arc::new(LocalCluster::start(&options.data_dir, &places).await?);
    let path = options.data_dir.join("demo.json");
    let mut remembered = match std::fs::read(&path) {
        Ok(bytes) => {
            serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))?
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Remembered { password: generate_password(), sampled: options.no_sample }
        }
        Err(e) => return Err(e).with_context(|| format!("cannot read {}", path.display())),
    };
    remember(&path, &remembered)?;
    make_database(&cluster, &remembered.password).await?;

    let tls = sql::self_signed_tls()?;
    let mut routers = Vec::new();
    let mut background = Vec::new();
    for ((region, listener), id) in listeners.into_iter().zip(1u64..) {
        let parts = sql::Parts {
            db: cluster.db(region),
            domiciles: Arc::new(CatalogDomiciles(cluster.domiciles())),
            local_cells: Some(cluster.local_cells()),
            spill_directory: Some(options.data_dir.join(region).join("spill")),
        };
        let (router, upkeep) =
            sql::router(parts, RouterOptions { router_id: id, tls: Some(tls.clone()), ..Default::default() });
        background.push(tokio::spawn(upkeep));
        routers.push((region, router, listener));
    }
    let registries =
        crate::metrics::of_demo(&cluster, routers.iter().map(|(name, router, _)| (*name, router)))?;
    let http = health::serve(options.listen_http, registries, Arc::new(|| Ok(())), stop).await?;
    if !remembered.sampled {
        // Over its own protocol, as any client would.
        let (_, router, listener) = &routers[0];
        sample::load(router, listener.local_addr()?, &remembered.password)
            .await
            .context("the sample was not loaded")?;
        remembered.sampled = true;
        remember(&path, &remembered)?;
    }
    Ok(Running { cluster, routers, background, password: remembered.password, http })
}

/// Writes what must survive; readable by its owner only, since it holds a password.
fn remember(path: &Path, remembered: &Remembered) -> anyhow::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let scratch = path.with_extension("json.new");
    let place = || format!("cannot write {}", scratch.display());
    let mut file = File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&scratch)
        .with_context(place)?;
    file.write_all(&serde_json::to_vec_pretty(remembered)?).with_context(place)?;
    file.sync_all().with_context(place)?;
    std::fs::rename(&scratch, path).with_context(|| format!("cannot replace {}", path.display()))
}

fn generate_password() -> String {
    use rand::RngExt;
    const ALPHABET: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    let mut rng = rand::rng();
    (0..PASSWORD_CHARS).map(|_| char::from(ALPHABET[rng.random_range(0..ALPHABET.len())])).collect()
}

/// Makes the first database unless it is there: a start that was stopped half way is taken up again.
async fn make_database(cluster: &Arc<LocalCluster>, password: &str) -> anyhow::Result<()> {
    let db = cluster.db("");
    if db.get(catalog::reserved::catalog_version_key()).await?.is_some() {
        return Ok(());
    }
    let domicile: DomicileId = cluster.domiciles().make_domicile(&format!("{DATABASE}/primary")).await?;
    let options = SeedOptions {
        database: DATABASE.to_owned(),
        user: USER.to_owned(),
        password: password.to_owned(),
        domicile,
    };
    seed(&db, &options).await.map_err(|e| anyhow::anyhow!("the catalog was not made: {}", e.0.message))?;
    Ok(())
}

impl Running {
    async fn serve(self, stop: CancellationToken) -> anyhow::Result<()> {
        println!("\nMeridian is ready. Paste one of these:\n");
        for (region, _, listener) in &self.routers {
            let address = listener.local_addr()?;
            println!(
                "  {region:<9} psql 'postgresql://{USER}:{}@{address}/{DATABASE}?sslmode=require'",
                self.password
            );
        }
        println!("\nmetrics on http://{}/metrics; Ctrl-C stops\n", self.http);
        let mut serving = Vec::new();
        let mut handles = Vec::new();
        for (region, router, listener) in self.routers {
            handles.push(router.clone());
            serving.push(tokio::spawn(async move {
                if let Err(error) = router.serve(listener).await {
                    tracing::error!(region, %error, "the SQL listener stopped");
                }
            }));
        }
        stop.cancelled().await;
        println!("stopping: transactions may finish");
        handles.iter().for_each(Router::shutdown);
        for task in serving {
            // A panic in a listener was logged when it happened.
            drop(tokio::time::timeout(Duration::from_secs(15), task).await);
        }
        for task in self.background {
            task.abort();
        }
        self.cluster.shutdown().await;
        println!("stopped");
        Ok(())
    }
}
