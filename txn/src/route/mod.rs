//! From spans to ranges and their leaseholders.
//!
//! ```text
//! batch -> split by cached descriptors -> leaseholder (or nearest replica) of each range -> replies put together
//!               | miss                          | NotLeaseholder, RangeMismatch, unreachable
//!            look-up: root range -> root row of the domicile -> its first range (meta span) -> descriptor
//! ```
//! What is cached is a hint; a range's own descriptor, carried by its replies, is the authority. Of a domicile that hides
//! its keys nothing is cached outside of it: its gateway cells get the batch whole and route it themselves.

mod cache;
mod distributor;
mod domicile;
mod lookup;
mod retry;
mod split;

pub use cache::{CachedRange, RangeCache};
pub use distributor::{Distributor, RouteOptions};
