//! The built program answers as PostgreSQL 15 does: `meridian demo` is started, and every `tests/sql/*.slt` is run against it.
//!
//! The expected answers are PostgreSQL's own (`tests/sql/generate.py` wrote them); what still differs stands in
//! `tests/sql/differences.md`, not here.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use async_trait::async_trait;
use sqllogictest::{AsyncDB, DBOutput, DefaultColumnType, Runner};
use tokio_postgres::SimpleQueryMessage;

/// How long the demo may take until it prints its URL.
const START: Duration = Duration::from_secs(90);
/// How long one statement may take.
const STATEMENT: Duration = Duration::from_secs(30);

/// The running program; killed when dropped, so also when a test fails.
struct Demo {
    child: Child,
    url: String,
    _data: tempfile::TempDir,
}

impl Demo {
    fn start() -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let child = Command::new(env!("CARGO_BIN_EXE_meridian"))
            .args([
                "demo",
                "--no-sample",
                "--listen-sql",
                "127.0.0.1:0",
                "--listen-http",
                "127.0.0.1:0",
                "--data-dir",
            ])
            .arg(data.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut demo = Self { child, url: String::new(), _data: data };
        let out = demo.child.stdout.take().expect("stdout is piped");
        let (found, url) = mpsc::channel();
        // Reads to the end, so that the program never blocks on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if let Some(at) = line.find("postgresql://") {
                    let url: String = line[at..].chars().take_while(|c| *c != '\'').collect();
                    drop(found.send(url));
                }
            }
        });
        demo.url = url.recv_timeout(START).expect("the demo prints its URL in time");
        demo
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One session of a file, over the simple query protocol: all values are text.
struct Session(tokio_postgres::Client);

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{}: {}", .0.code().map_or("no SQLSTATE", |c| c.code()), .0.as_db_error().map_or_else(|| .0.to_string(), |e| e.message().to_owned()))]
    Database(#[from] tokio_postgres::Error),
    #[error("no answer within {STATEMENT:?}")]
    Late,
}

#[async_trait]
impl AsyncDB for Session {
    type Error = Failed;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, sql: &str) -> Result<DBOutput<DefaultColumnType>, Failed> {
        let messages =
            tokio::time::timeout(STATEMENT, self.0.simple_query(sql)).await.map_err(|_| Failed::Late)??;
        let (mut columns, mut rows, mut count) = (0, Vec::new(), 0);
        for message in messages {
            match message {
                SimpleQueryMessage::RowDescription(described) => columns = described.len(),
                SimpleQueryMessage::Row(row) => rows.push(
                    (0..row.len())
                        .map(|i| match row.get(i) {
                            None => "NULL".to_owned(),
                            Some("") => "(empty)".to_owned(),
                            Some(value) => value.to_owned(),
                        })
                        .collect(),
                ),
                SimpleQueryMessage::CommandComplete(n) => count = n,
                _ => {}
            }
        }
        if columns == 0 {
            return Ok(DBOutput::StatementComplete(count));
        }
        Ok(DBOutput::Rows { types: vec![DefaultColumnType::Text; columns], rows })
    }

    async fn shutdown(&mut self) {}

    fn error_sql_state(error: &Failed) -> Option<String> {
        match error {
            Failed::Database(error) => error.code().map(|c| c.code().to_owned()),
            Failed::Late => None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn statements_answer_as_postgresql_does() {
    let demo = Demo::start();
    let mut files: Vec<_> = std::fs::read_dir(manifest_dir().join("tests/sql"))
        .expect("the directory of the files")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "slt"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no .slt file was found");
    let mut failures = Vec::new();
    for file in files {
        let url = demo.url.clone();
        let mut runner = Runner::new(move || {
            let url = url.clone();
            async move { Ok::<_, Failed>(Session(workload::postgres::connect(&url).await?)) }
        });
        let records = sqllogictest::parse_file(&file).expect("the file parses");
        // Record by record, so that one failure does not hide the next.
        for record in records {
            if let Err(error) = runner.run_async(record).await {
                failures.push(error.to_string());
            }
        }
    }
    assert!(failures.is_empty(), "{} differ from PostgreSQL:\n{}", failures.len(), failures.join("\n"));
}

/// Asked when the test runs: a test binary that another clone built names that clone's folder.
fn manifest_dir() -> std::path::PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), Into::into)
}
