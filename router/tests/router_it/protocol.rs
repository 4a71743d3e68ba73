//! Authentication, settings, transactions and errors as a client sees them.

use crate::cluster::Cluster;
use std::time::Duration;
use tokio_postgres::SimpleQueryMessage;
use tokio_postgres::error::SqlState;

async fn show(client: &tokio_postgres::Client, name: &str) -> String {
    let rows = client.simple_query(&format!("show {name}")).await.unwrap();
    rows.iter()
        .find_map(|m| match m {
            SimpleQueryMessage::Row(r) => r.get(0).map(str::to_owned),
            _ => None,
        })
        .unwrap()
}
fn code(e: &tokio_postgres::Error) -> SqlState {
    e.code().cloned().unwrap_or_else(|| panic!("no code: {e:?}"))
}

#[tokio::test]
async fn only_the_right_password_opens_a_session() {
    let cluster = Cluster::start().await;
    assert_eq!(show(&cluster.client().await, "server_version").await, "15.8");
    for (user, password) in [("root", "wrong"), ("nobody", "secret")] {
        let error = cluster.client_as(user, password).await.err().unwrap();
        assert_eq!(code(&error), SqlState::INVALID_PASSWORD, "{user}");
    }
}

#[tokio::test]
async fn settings_follow_their_transaction() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.batch_execute("set statement_timeout = '5s'").await.unwrap();
    client.batch_execute("begin; set local statement_timeout = 7000").await.unwrap();
    assert_eq!(show(&client, "statement_timeout").await, "7s");
    client.batch_execute("commit").await.unwrap();
    assert_eq!(show(&client, "statement_timeout").await, "5s");
    client.batch_execute("begin; set statement_timeout = 0; rollback").await.unwrap();
    assert_eq!(show(&client, "statement_timeout").await, "5s");
    client.batch_execute("set transaction isolation level read committed").await.unwrap();
    assert_eq!(show(&client, "transaction_isolation").await, "serializable");
    let error = client.batch_execute("set nonsense = 1").await.unwrap_err();
    assert_eq!(code(&error), SqlState::UNDEFINED_OBJECT);
}

#[tokio::test]
async fn a_failed_block_refuses_until_its_end() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.batch_execute("begin").await.unwrap();
    assert_eq!(code(&client.batch_execute("selec 1").await.unwrap_err()), SqlState::SYNTAX_ERROR);
    let error = client.batch_execute("show timezone").await.unwrap_err();
    assert_eq!(code(&error), SqlState::IN_FAILED_SQL_TRANSACTION);
    client.batch_execute("commit").await.unwrap();
    assert_eq!(show(&client, "timezone").await, "UTC");
}

#[tokio::test]
async fn show_answers_in_the_extended_protocol_too() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let row = client.query_one("show timezone", &[]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), "UTC");
}

#[tokio::test]
async fn more_connections_than_allowed_are_turned_away() {
    let options = router::RouterOptions { connections_max: 1, ..Default::default() };
    let cluster = Cluster::with(options).await;
    let first = cluster.client().await;
    let error = cluster.client_as("root", "secret").await.err().unwrap();
    assert_eq!(code(&error), SqlState::TOO_MANY_CONNECTIONS);
    drop(first);
}

#[tokio::test]
async fn a_silent_transaction_is_ended() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    client.batch_execute("set idle_in_transaction_session_timeout = 50; begin").await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), async {
        while !client.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn stopping_ends_idle_sessions_and_waits_for_transactions() {
    let cluster = Cluster::start().await;
    let (idle, busy) = (cluster.client().await, cluster.client().await);
    busy.batch_execute("begin").await.unwrap();
    cluster.router.shutdown();
    tokio::time::timeout(Duration::from_secs(5), async {
        while !idle.is_closed() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert!(cluster.client_as("root", "secret").await.is_err());
    busy.batch_execute("commit").await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), cluster.serving).await.unwrap().unwrap().unwrap();
}
