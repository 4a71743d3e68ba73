//! The executor of one range over a store in a map and a replica that applies at once: golden scripts, waiting under a
//! paused clock, and versions against a naive model.

mod harness;
mod model;
mod scripts;
mod speed;
mod waiting;
