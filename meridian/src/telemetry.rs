//! Logs as text or JSON on standard error, and spans over OTLP where an endpoint is given.

use clap::{Args, ValueEnum};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

#[derive(Clone, Copy, ValueEnum)]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Args)]
pub struct Options {
    /// What to log, such as `info` or `info,cell=debug` [default: info; of the demo: warn]
    #[arg(long, env = "MERIDIAN_LOG", global = true)]
    log: Option<String>,
    /// How to print the log
    #[arg(long, env = "MERIDIAN_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text, global = true)]
    log_format: LogFormat,
    /// Where to send spans, such as http://collector:4317; none are sent without it
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", global = true)]
    otlp_endpoint: Option<String>,
    /// Share of traces that are sent, 0 to 1
    #[arg(long, env = "OTEL_TRACES_SAMPLER_ARG", default_value_t = 0.01, global = true)]
    otlp_sample: f64,
}

/// Flushes spans when it is dropped.
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown()
        {
            eprintln!("the last spans were not sent: {error}");
        }
    }
}

/// Installs the subscriber; call once, inside the runtime (the OTLP exporter needs it).
///
/// # Errors
/// A malformed filter or endpoint, for the person who gave it.
pub fn init(options: &Options, role: &'static str) -> anyhow::Result<Guard> {
    let level = if role == "demo" { "warn" } else { "info" };
    // Libraries speak of their own insides: only what is wrong there is of use.
    let filter = options.log.clone().unwrap_or_else(|| {
        format!("{level},openraft=warn,fjall=warn,lsm_tree=warn,raft_engine=warn,h2=warn,hyper=warn")
    });
    let filter = EnvFilter::try_new(&filter)
        .map_err(|e| anyhow::anyhow!("--log {filter:?} is not a filter: {e}; try `info`"))?;
    let output = match options.log_format {
        LogFormat::Text => {
            tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(true).boxed()
        }
        LogFormat::Json => tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr).boxed(),
    };
    let provider =
        options.otlp_endpoint.as_deref().map(|e| provider(e, options.otlp_sample, role)).transpose()?;
    let spans = provider.as_ref().map(|p| tracing_opentelemetry::layer().with_tracer(p.tracer("meridian")));
    tracing_subscriber::registry().with(filter).with(output).with(spans).init();
    Ok(Guard(provider))
}

fn provider(endpoint: &str, sample: f64, role: &'static str) -> anyhow::Result<SdkTracerProvider> {
    use opentelemetry_otlp::WithExportConfig;
    use opentelemetry_sdk::trace::Sampler;
    let exporter =
        opentelemetry_otlp::SpanExporter::builder().with_tonic().with_endpoint(endpoint).build()?;
    let resource = Resource::builder().with_service_name(format!("meridian-{role}")).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(sample)));
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}
