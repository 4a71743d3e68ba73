//! Counters of one router, for Prometheus.

use prometheus::{Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// Bounds of the latency buckets, seconds.
const LATENCY_BUCKETS: [f64; 14] =
    [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// All counters of a router. Registered once, with `register`.
pub struct Metrics {
    pub connections: IntGauge,
    pub connections_total: IntCounter,
    pub connections_refused: IntCounter,
    /// By kind (select, insert, ...) and road (compiled, datafusion, router).
    pub statements: IntCounterVec,
    /// By SQLSTATE.
    pub errors: IntCounterVec,
    pub statement_seconds: Histogram,
    /// Statements and transactions that were tried again without the client's knowledge.
    pub retries: IntCounter,
    pub cancels: IntCounter,
    pub plan_cache_hits: IntCounter,
    pub plan_cache_misses: IntCounter,
    pub copied_rows: IntCounter,
}

impl Default for Metrics {
    fn default() -> Self {
        Metrics::new()
    }
}

fn made<T>(metric: Result<T, prometheus::Error>) -> T {
    metric.expect("names and labels are constants of the right form")
}

impl Metrics {
    pub fn new() -> Metrics {
        let counter = |name: &str, help: &str| made(IntCounter::new(name, help));
        let counters =
            |name: &str, help: &str, labels: &[&str]| made(IntCounterVec::new(Opts::new(name, help), labels));
        Metrics {
            connections: made(IntGauge::new("meridian_sql_connections", "client connections now")),
            connections_total: counter("meridian_sql_connections_total", "client connections accepted"),
            connections_refused: counter(
                "meridian_sql_connections_refused_total",
                "client connections turned away",
            ),
            statements: counters("meridian_sql_statements_total", "statements run", &["kind", "road"]),
            errors: counters("meridian_sql_errors_total", "errors sent to clients", &["sqlstate"]),
            statement_seconds: made(Histogram::with_opts(
                HistogramOpts::new("meridian_sql_statement_seconds", "time of a statement in the router")
                    .buckets(LATENCY_BUCKETS.to_vec()),
            )),
            retries: counter("meridian_sql_retries_total", "statements tried again by the server"),
            cancels: counter("meridian_sql_cancels_total", "cancel requests that met a session"),
            plan_cache_hits: counter("meridian_sql_plan_cache_hits_total", "statements planned before"),
            plan_cache_misses: counter("meridian_sql_plan_cache_misses_total", "statements planned anew"),
            copied_rows: counter("meridian_sql_copied_rows_total", "rows through COPY"),
        }
    }
    /// # Errors
    /// They are in the registry already.
    pub fn register(&self, registry: &Registry) -> Result<(), prometheus::Error> {
        registry.register(Box::new(self.connections.clone()))?;
        registry.register(Box::new(self.connections_total.clone()))?;
        registry.register(Box::new(self.connections_refused.clone()))?;
        registry.register(Box::new(self.statements.clone()))?;
        registry.register(Box::new(self.errors.clone()))?;
        registry.register(Box::new(self.statement_seconds.clone()))?;
        registry.register(Box::new(self.retries.clone()))?;
        registry.register(Box::new(self.cancels.clone()))?;
        registry.register(Box::new(self.plan_cache_hits.clone()))?;
        registry.register(Box::new(self.plan_cache_misses.clone()))?;
        registry.register(Box::new(self.copied_rows.clone()))?;
        Ok(())
    }
}
