//! What happened in a run, in order, as a hash: two runs of one seed must agree in every event.

use parking_lot::Mutex;
use std::{
    fmt::Write,
    hash::{DefaultHasher, Hasher},
    sync::Arc,
};
use tokio::time::Instant;

struct State {
    started: Instant,
    hasher: DefaultHasher,
    /// The hash after each event: the first difference of two runs is where they part.
    hashes: Vec<u64>,
    line: String,
}

/// Clones share the trace.
#[derive(Clone)]
pub struct Trace {
    state: Arc<Mutex<State>>,
    /// Events are printed (`SIM_TRACE=1`).
    print: bool,
}

impl Trace {
    /// Must be made within the runtime: times count from now.
    pub fn new() -> Trace {
        let state = State {
            started: Instant::now(),
            hasher: DefaultHasher::new(),
            hashes: Vec::new(),
            line: String::new(),
        };
        Trace { state: Arc::new(Mutex::new(state)), print: std::env::var_os("SIM_TRACE").is_some() }
    }
    /// Adds an event at the present virtual time.
    pub fn event(&self, what: std::fmt::Arguments<'_>) {
        let state = &mut *self.state.lock();
        state.line.clear();
        let at = state.started.elapsed().as_millis();
        write!(state.line, "{at:>7} {what}").expect("writing to a string cannot fail");
        if self.print {
            println!("{}", state.line);
        }
        state.hasher.write(state.line.as_bytes());
        state.hashes.push(state.hasher.finish());
    }
    /// The hash after each event.
    pub fn take(&self) -> Vec<u64> {
        std::mem::take(&mut self.state.lock().hashes)
    }
    /// Virtual nanoseconds since the run began.
    pub fn elapsed_ns(&self) -> u64 {
        u64::try_from(self.state.lock().started.elapsed().as_nanos()).expect("a run is short")
    }
}

impl Default for Trace {
    fn default() -> Self {
        Trace::new()
    }
}
