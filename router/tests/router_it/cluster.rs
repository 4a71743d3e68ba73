//! One router with a fixed catalog: a database `app`, a superuser `root`, a plain user `pat`, and a few tables.

use crate::server::Server;
use async_trait::async_trait;
use catalog::descriptor::{Descriptor, DescriptorKind};
use catalog::{
    ColumnDescriptor, ConstraintDescriptor, DatabaseDescriptor, IndexColumn, IndexDescriptor, RoleDescriptor,
    SchemaDescriptor, SequenceDescriptor, TableDescriptor,
};
use datum::{Datum, DatumError, TypeId};
use kv::Timestamp;
use parking_lot::Mutex;
use planner::plan::{Plan, Rel};
use planner::view::VirtualTable;
use router::seam::{
    CatalogStore, DdlOutcome, DdlSession, QueryContext, QueryError, QueryRunner, RowStream, SessionCatalog,
    VirtualCatalog,
};
use router::snapshot::CatalogSnapshot;
use router::{Metrics, Router, RouterOptions, SqlError, SqlResult};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls};
use txn::{Clock, Db, DbOptions, Distributor, RouteOptions, SeededEntropy, SystemClock, Transaction};

pub const DOMICILE: u32 = 16;
pub const PASSWORD: &str = "secret";

pub struct Cluster {
    pub router: Router,
    pub address: std::net::SocketAddr,
    pub metrics: Arc<Metrics>,
    pub serving: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Cluster {
    pub async fn start() -> Cluster {
        Cluster::with(RouterOptions::default()).await
    }
    pub async fn with(options: RouterOptions) -> Cluster {
        let clock = Clock::new(Arc::new(SystemClock), 0);
        let server = Server::new(clock.clone(), &[1, DOMICILE]);
        let distributor = |seed| {
            Distributor::new(
                server.clone(),
                clock.clone(),
                Arc::new(SeededEntropy::new(seed)),
                RouteOptions::default(),
            )
        };
        server.set_sender(distributor(99));
        let db =
            Db::new(distributor(1), clock.clone(), Arc::new(SeededEntropy::new(2)), DbOptions::default());
        let metrics = Arc::new(Metrics::new());
        let catalog = Arc::new(Fixed { snapshot: Mutex::new(Arc::new(snapshot())) });
        let router =
            Router::new(db, catalog, Arc::new(NoRunner), Arc::new(NoVirtuals), metrics.clone(), options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn({
            let router = router.clone();
            async move { router.serve(listener).await }
        });
        Cluster { router, address, metrics, serving }
    }
    pub async fn client(&self) -> Client {
        self.client_as("root", PASSWORD).await.unwrap()
    }
    pub async fn client_as(&self, user: &str, password: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = tokio_postgres::Config::new();
        config.host("127.0.0.1").port(self.address.port()).user(user).password(password).dbname("app");
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

fn column(id: u32, name: &str, ty: TypeId, not_null: bool) -> ColumnDescriptor {
    ColumnDescriptor { id, name: name.into(), type_oid: ty.0, typmod: -1, not_null, ..Default::default() }
}
fn index(id: u32, name: &str, unique: bool, columns: &[u32]) -> IndexDescriptor {
    let columns = columns
        .iter()
        .map(|&column_id| IndexColumn { column_id, descending: false, nulls_reversed: false })
        .collect();
    IndexDescriptor {
        id,
        oid: 900 + id,
        name: name.into(),
        unique,
        columns,
        domicile_id: DOMICILE,
        ..Default::default()
    }
}
fn table(name: &str, columns: Vec<ColumnDescriptor>, primary: IndexDescriptor) -> TableDescriptor {
    TableDescriptor {
        name: name.into(),
        database_id: 100,
        schema_id: 101,
        owner: 10,
        next_column_id: columns.len() as u32 + 1,
        columns,
        primary,
        domicile_id: DOMICILE,
        ..Default::default()
    }
}

fn snapshot() -> CatalogSnapshot {
    let role = |name: &str, superuser| {
        DescriptorKind::Role(RoleDescriptor {
            name: name.into(),
            login: true,
            superuser,
            scram_verifier: router::make_verifier(PASSWORD),
            connection_limit: -1,
            ..Default::default()
        })
    };
    let mut account = table(
        "account",
        vec![
            column(1, "id", TypeId::INT4, true),
            column(2, "owner", TypeId::TEXT, false),
            column(3, "balance", TypeId::INT8, true),
        ],
        index(1, "account_pkey", true, &[1]),
    );
    account.indexes =
        vec![index(2, "account_owner_key", true, &[2]), index(3, "account_balance_idx", false, &[3])];
    account.checks = vec![ConstraintDescriptor {
        oid: 990,
        name: "account_balance_check".into(),
        check_sql: "balance >= 0".into(),
        not_valid: false,
    }];
    let mut note = table(
        "note",
        vec![
            ColumnDescriptor {
                default_sql: Some("nextval('note_id_seq'::regclass)".into()),
                owned_sequence: 104,
                ..column(1, "id", TypeId::INT4, true)
            },
            column(2, "text", TypeId::TEXT, false),
        ],
        index(1, "note_pkey", true, &[1]),
    );
    note.next_index_id = 2;
    let hidden = table(
        "heap",
        vec![
            ColumnDescriptor { hidden: true, ..column(1, "rowid", TypeId::INT8, true) },
            column(2, "a", TypeId::INT4, false),
            column(3, "b", TypeId::TEXT, false),
        ],
        index(1, "", true, &[1]),
    );
    CatalogSnapshot::new(
        1,
        Timestamp::ZERO,
        [
            Descriptor::new(10, role("root", true)),
            Descriptor::new(11, role("pat", false)),
            Descriptor::new(
                100,
                DescriptorKind::Database(DatabaseDescriptor {
                    name: "app".into(),
                    owner: 10,
                    domicile_id: DOMICILE,
                    ..Default::default()
                }),
            ),
            Descriptor::new(
                101,
                DescriptorKind::Schema(SchemaDescriptor {
                    name: "public".into(),
                    database_id: 100,
                    owner: 10,
                    ..Default::default()
                }),
            ),
            Descriptor::new(102, DescriptorKind::Table(account)),
            Descriptor::new(103, DescriptorKind::Table(note)),
            Descriptor::new(
                104,
                DescriptorKind::Sequence(SequenceDescriptor {
                    name: "note_id_seq".into(),
                    database_id: 100,
                    schema_id: 101,
                    owner: 10,
                    start: 1,
                    increment: 1,
                    min: 1,
                    max: i64::MAX,
                    cache: 1,
                    domicile_id: DOMICILE,
                    ..Default::default()
                }),
            ),
            Descriptor::new(105, DescriptorKind::Table(hidden)),
        ],
    )
}

struct Fixed {
    snapshot: Mutex<Arc<CatalogSnapshot>>,
}

#[async_trait]
impl CatalogStore for Fixed {
    fn pin(&self, _: u64) -> Option<router::seam::CatalogPin> {
        Some(router::seam::CatalogPin::new(std::sync::Arc::new(())))
    }
    fn expiration(&self, _: u64) -> kv::Timestamp {
        kv::Timestamp::MAX
    }
    fn current(&self) -> Option<Arc<CatalogSnapshot>> {
        Some(self.snapshot.lock().clone())
    }
    async fn refresh(&self) -> SqlResult<Arc<CatalogSnapshot>> {
        Ok(self.snapshot.lock().clone())
    }
    async fn within(&self, _: &Transaction, base: &Arc<CatalogSnapshot>) -> SqlResult<Arc<CatalogSnapshot>> {
        Ok(base.clone())
    }
    async fn execute_ddl(
        &self,
        _: &Transaction,
        _: &DdlSession,
        _: &planner::parse::ddl::Ddl,
    ) -> SqlResult<DdlOutcome> {
        Err(SqlError::unsupported("this catalog is fixed"))
    }
    async fn committed(&self, _: &[u64]) -> SqlResult<()> {
        Ok(())
    }
    async fn role_for_login(&self, name: &str) -> SqlResult<Option<(u32, Arc<RoleDescriptor>)>> {
        Ok(self.snapshot.lock().role(name).map(|(id, d)| (id, d.clone())))
    }
    async fn session_command(
        &self,
        _: &DdlSession,
        _: &planner::parse::ddl::Session,
    ) -> SqlResult<DdlOutcome> {
        Err(SqlError::unsupported("this catalog is fixed"))
    }
}

/// Everything in these tests is for the compiled road.
struct NoRunner;

#[async_trait]
impl QueryRunner for NoRunner {
    async fn run(
        &self,
        _: &Arc<Plan>,
        _: &Rel,
        _: QueryContext,
        _: &Transaction,
    ) -> Result<RowStream, QueryError> {
        Err(QueryError::Unsupported("DataFusion".to_owned()))
    }
    fn explain(&self, _: &Plan, _: &Rel) -> Vec<String> {
        Vec::new()
    }
}

struct NoVirtuals;

#[async_trait]
impl VirtualCatalog for NoVirtuals {
    fn find(&self, _: &str, _: &str) -> Option<VirtualTable> {
        None
    }
    async fn scan(&self, _: &str, _: &str, _: &Arc<SessionCatalog>) -> Result<Vec<Vec<Datum>>, QueryError> {
        Ok(Vec::new())
    }
    fn reg_in(&self, catalog: &SessionCatalog, _: u32, text: &str) -> Result<Option<u32>, DatumError> {
        Ok(catalog.snapshot.relation(catalog.database_id, 101, text).map(|e| e.id))
    }
    fn reg_out(&self, _: &SessionCatalog, _: u32, _: u32) -> Option<String> {
        None
    }
    fn function(&self, _: &SessionCatalog, name: &str, _: &[Datum]) -> Result<Datum, DatumError> {
        Err(DatumError::FeatureNotSupported(name.to_owned()))
    }
}
