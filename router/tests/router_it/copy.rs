//! COPY in and out.

use crate::cluster::Cluster;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};

async fn copy_in(
    client: &tokio_postgres::Client,
    sql: &str,
    data: &[&'static str],
) -> Result<u64, tokio_postgres::Error> {
    let sink = client.copy_in::<_, Bytes>(sql).await?;
    futures::pin_mut!(sink);
    for piece in data {
        sink.send(Bytes::from_static(piece.as_bytes())).await?;
    }
    sink.finish().await
}

#[tokio::test]
async fn rows_go_in_and_come_out() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let n = copy_in(&client, "copy account from stdin", &["1\tann\t1", "0\n2\t\\N\t20\n"]).await.unwrap();
    assert_eq!(n, 2);
    let out = client
        .copy_out("copy (select id, owner, balance from account where id < 5) to stdout with (format csv)")
        .await
        .unwrap();
    let text: Vec<u8> = out.map(|b| b.unwrap()).collect::<Vec<_>>().await.concat();
    assert_eq!(String::from_utf8(text).unwrap(), "1,ann,10\n2,,20\n");
}

#[tokio::test]
async fn a_bad_line_is_named_and_nothing_stays() {
    let cluster = Cluster::start().await;
    let client = cluster.client().await;
    let e = copy_in(&client, "copy account from stdin", &["1\tann\t10\n", "2\tbob\tx\n"]).await.unwrap_err();
    let db = e.as_db_error().unwrap();
    assert_eq!(db.where_(), Some("COPY account, line 2, column balance: \"x\""));
    assert!(client.query("select id from account where id = 1", &[]).await.unwrap().is_empty());
    let e = copy_in(&client, "copy account from stdin", &["1\tann\t10\n1\tbob\t10\n"]).await.unwrap_err();
    assert_eq!(e.as_db_error().unwrap().constraint(), Some("account_pkey"));
}
