//! Reads and writes of the compiled road.

use crate::cluster::Cluster;
use futures::future::join_all;
use tokio_postgres::error::SqlState;

#[tokio::test]
async fn rows_are_written_and_read_by_every_index() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    assert_eq!(client.query_one("select 1 + $1::int4", &[&41i32]).await.unwrap().get::<_, i32>(0), 42);
    let n = client
        .execute("insert into account values (1, 'ann', 10), (2, 'bob', 20), (3, null, 20)", &[])
        .await
        .unwrap();
    assert_eq!(n, 3);
    let get = client.prepare("select owner, balance from account where id = $1").await.unwrap();
    let row = client.query_one(&get, &[&2i32]).await.unwrap();
    assert_eq!((row.get::<_, Option<String>>(0).as_deref(), row.get::<_, i64>(1)), (Some("bob"), 20));
    assert!(client.query_opt(&get, &[&9i32]).await.unwrap().is_none());
    let by_owner = client.query_one("select id from account where owner = 'ann'", &[]).await.unwrap();
    assert_eq!(by_owner.get::<_, i32>(0), 1);
    let ids: Vec<i32> = client
        .query("select id from account where balance = 20", &[])
        .await
        .unwrap()
        .iter()
        .map(|r| r.get(0))
        .collect();
    assert_eq!(ids, [2, 3]);
    assert_eq!(
        client
            .execute("update account set balance = balance + 1, owner = 'eve' where id = 3", &[])
            .await
            .unwrap(),
        1
    );
    let eve =
        client.query_one("select id from account where owner = 'eve' and balance = 21", &[]).await.unwrap();
    assert_eq!(eve.get::<_, i32>(0), 3);
    assert_eq!(client.execute("delete from account where id in (1, 2, 7)", &[]).await.unwrap(), 2);
    assert!(client.query("select id from account where owner = 'ann'", &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn constraints_are_named_with_their_fields() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.execute("insert into account values (1, 'ann', 10)", &[]).await.unwrap();
    let e = client.execute("insert into account values (1, 'bob', 10)", &[]).await.unwrap_err();
    let db = e.as_db_error().unwrap();
    assert_eq!(db.code(), &SqlState::UNIQUE_VIOLATION);
    assert_eq!(db.constraint(), Some("account_pkey"));
    assert_eq!(db.detail(), Some("Key (id)=(1) already exists."));
    assert_eq!(db.message(), "duplicate key value violates unique constraint \"account_pkey\"");
    let e = client.execute("insert into account values (2, 'ann', 10)", &[]).await.unwrap_err();
    assert_eq!(e.as_db_error().unwrap().constraint(), Some("account_owner_key"));
    let e = client.execute("insert into account values (2, 'x', null)", &[]).await.unwrap_err();
    assert_eq!(
        (e.code(), e.as_db_error().unwrap().column()),
        (Some(&SqlState::NOT_NULL_VIOLATION), Some("balance"))
    );
    let e = client.execute("insert into account values (2, 'x', -1)", &[]).await.unwrap_err();
    assert_eq!(e.code(), Some(&SqlState::CHECK_VIOLATION));
}

#[tokio::test]
async fn a_savepoint_takes_back_what_came_after_it() {
    let cluster = Cluster::start().await;
    let mut client = cluster.client().await;
    let mut txn = client.transaction().await.unwrap();
    txn.execute("insert into heap values (1, 'kept')", &[]).await.unwrap();
    let inner = txn.savepoint("s").await.unwrap();
    inner.execute("insert into heap values (2, 'gone')", &[]).await.unwrap();
    assert!(inner.execute("insert into heap values (1/0, 'x')", &[]).await.is_err());
    inner.rollback().await.unwrap();
    txn.execute("insert into heap values (3, 'kept')", &[]).await.unwrap();
    txn.commit().await.unwrap();
    let rows = client.query("select a from heap where a > 0 limit 10", &[]).await.unwrap();
    assert_eq!(rows.len(), 2);
}

#[tokio::test]
async fn sequences_number_rows_from_one() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let rows = client
        .query("insert into note (text) values ('a'), ('b'), ('c'), ('d'), ('e') returning id", &[])
        .await
        .unwrap();
    assert_eq!(rows.iter().map(|r| r.get::<_, i32>(0)).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn on_conflict_leaves_or_changes_the_row() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.execute("insert into account values (1, 'ann', 10)", &[]).await.unwrap();
    let n = client
        .execute("insert into account values (1, 'x', 1), (2, 'bob', 2) on conflict do nothing", &[])
        .await
        .unwrap();
    assert_eq!(n, 1);
    let row = client
        .query_one(
            "insert into account values (1, 'x', 5) on conflict (id) do update \
             set balance = account.balance + excluded.balance returning balance, owner",
            &[],
        )
        .await
        .unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, String>(1)), (15, "ann".to_owned()));
}

#[tokio::test]
async fn concurrent_increments_are_all_there_without_an_error() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.execute("insert into account values (1, 'ann', 0)", &[]).await.unwrap();
    let work = (0..8).map(|_| async {
        let client = cluster.client().await;
        for _ in 0..25 {
            client.execute("update account set balance = balance + 1 where id = 1", &[]).await.unwrap();
        }
    });
    join_all(work).await;
    let row = client.query_one("select balance from account where id = 1", &[]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 200);
}

#[tokio::test]
async fn a_portal_gives_its_rows_in_pieces() {
    let cluster = Cluster::start().await;
    let mut client = cluster.client().await;
    for n in 0..10 {
        client.execute("insert into account values ($1, null, 0)", &[&n]).await.unwrap();
    }
    let txn = client.transaction().await.unwrap();
    let portal = txn.bind("select id from account where id < 10", &[]).await.unwrap();
    let sizes = [
        txn.query_portal(&portal, 4).await.unwrap().len(),
        txn.query_portal(&portal, 4).await.unwrap().len(),
        txn.query_portal(&portal, 4).await.unwrap().len(),
    ];
    assert_eq!(sizes, [4, 4, 2]);
}

#[tokio::test]
async fn a_statement_that_waits_is_cancelled() {
    let cluster = Cluster::start().await;
    let (first, second) = (cluster.client().await, cluster.client().await);
    first.batch_execute("insert into account values (1, null, 0)").await.unwrap();
    first.batch_execute("begin; update account set balance = 1 where id = 1").await.unwrap();
    let token = second.cancel_token();
    let waiting =
        tokio::spawn(async move { second.execute("update account set balance = 2 where id = 1", &[]).await });
    let waiting = async {
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                r = &mut waiting => break r.unwrap(),
                () = tokio::time::sleep(std::time::Duration::from_millis(20)) => {
                    token.cancel_query(tokio_postgres::NoTls).await.unwrap();
                }
            }
        }
    };
    let result = tokio::time::timeout(std::time::Duration::from_secs(10), waiting).await.unwrap();
    assert_eq!(result.unwrap_err().code(), Some(&SqlState::QUERY_CANCELED));
    first.batch_execute("commit").await.unwrap();
}

#[tokio::test]
async fn who_has_no_privilege_is_refused() {
    let cluster = Cluster::start().await;
    let client = cluster.client_as("pat", "secret").await.unwrap();
    let e = client.query("select * from account where id = 1", &[]).await.unwrap_err();
    assert_eq!(e.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE));
}

#[tokio::test]
async fn of_two_that_read_what_the_other_writes_one_fails() {
    let cluster = Cluster::start().await;
    let (a, b) = (cluster.client().await, cluster.client().await);
    a.batch_execute("insert into account values (1, null, 1), (2, null, 1)").await.unwrap();
    for client in [&a, &b] {
        client.batch_execute("begin; select balance from account where id in (1, 2)").await.unwrap();
    }
    let outcomes = [
        a.batch_execute("update account set balance = 0 where id = 1").await,
        b.batch_execute("update account set balance = 0 where id = 2").await,
        a.batch_execute("commit").await,
        b.batch_execute("commit").await,
    ];
    let failed =
        outcomes.iter().filter_map(|o| o.as_ref().err()).next().expect("both cannot be serializable");
    assert_eq!(failed.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE));
    // The client was told, and nothing of the failed one stays.
    let rows = a.query("select balance from account where id in (1, 2)", &[]).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.get::<_, i64>(0)).sum::<i64>(), 1);
}
