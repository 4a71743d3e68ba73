//! Whether a batch is well formed, whether it belongs to this range, and what it latches.

use crate::concurrency::latches::Access;
use kv::{
    BatchRequest, KEY_BYTES_MAX, KvError, RangeDescriptor, Request, Span, VALUE_BYTES_MAX, WIRE_VERSION,
    error::RangeMismatch, mvcc::LockStrength, request::WaitPolicy,
};

/// Requests of one batch at most.
pub const REQUESTS_MAX: usize = 100_000;

/// Checks the form of a batch, which came over a wire.
///
/// # Errors
/// `InvalidRequest`, which names what is wrong.
pub fn validate(batch: &BatchRequest) -> Result<(), KvError> {
    let header = &batch.header;
    if header.version != WIRE_VERSION {
        let text = format!("batch of wire version {}, this build speaks {WIRE_VERSION}", header.version);
        return Err(KvError::invalid(text));
    }
    if batch.requests.is_empty() || batch.requests.len() > REQUESTS_MAX {
        return Err(KvError::invalid(format!(
            "batch of {} requests, 1 to {REQUESTS_MAX} are allowed",
            batch.requests.len()
        )));
    }
    if WaitPolicy::try_from(header.wait_policy).is_err() {
        return Err(KvError::invalid(format!("wait policy {}", header.wait_policy)));
    }
    if let Some(txn) = &header.txn {
        if txn.write_ts < txn.read_ts {
            return Err(KvError::invalid(format!(
                "transaction writes at {} below its reads at {}",
                txn.write_ts, txn.read_ts
            )));
        }
    }
    for request in &batch.requests {
        let Some(request) = &request.request else {
            return Err(KvError::invalid("a request of a kind that this build does not know"));
        };
        validate_request(request)?;
    }
    Ok(())
}

fn validate_request(request: &Request) -> Result<(), KvError> {
    let value_bytes = match request {
        Request::Put(r) => r.value.len(),
        Request::ConditionalPut(r) => r.value.len(),
        _ => 0,
    };
    if value_bytes > VALUE_BYTES_MAX {
        return Err(KvError::invalid(format!("value of {value_bytes} bytes exceeds {VALUE_BYTES_MAX}")));
    }
    let check = |key: &[u8]| {
        if key.len() > KEY_BYTES_MAX {
            return Err(KvError::invalid(format!("key of {} bytes exceeds {KEY_BYTES_MAX}", key.len())));
        }
        Ok(())
    };
    let (start, end) = match request {
        Request::Get(r) => (&r.key, None),
        Request::Put(r) => (&r.key, None),
        Request::Delete(r) => (&r.key, None),
        Request::ConditionalPut(r) => (&r.key, None),
        Request::Increment(r) => (&r.key, None),
        Request::Scan(r) => (&r.span.start, Some(&r.span.end)),
        Request::Refresh(r) => (&r.span.start, Some(&r.span.end)),
        Request::ResolveIntent(r) => (&r.span.start, Some(&r.span.end)),
        Request::EndTxn(r) => (&r.record_key, None),
        Request::HeartbeatTxn(r) => (&r.record_key, None),
        Request::PushTxn(r) => (&r.record_key, None),
        Request::RemoveTxnRecord(r) => (&r.record_key, None),
        Request::RegisterWait(r) => (&r.record_key, None),
        Request::AdminSplit(r) => (&r.key, None),
        Request::AdminTransferLease(r) => (&r.key, None),
        Request::RangeInfo(r) => (&r.key, None),
        Request::LookupRange(r) => (&r.key, None),
    };
    if start.is_empty() {
        return Err(KvError::invalid("a request without a key"));
    }
    check(start)?;
    if let Some(end) = end.filter(|e| !e.is_empty()) {
        check(end)?;
        if end < start {
            return Err(KvError::invalid("a span ends before it starts"));
        }
    }
    Ok(())
}

/// Checks that all spans lie in the range.
///
/// # Errors
/// `RangeMismatch` with the range's descriptor.
pub fn check_range(batch: &BatchRequest, range: &RangeDescriptor) -> Result<(), KvError> {
    let mismatch = || KvError::RangeMismatch(RangeMismatch { ranges: vec![range.clone()] });
    if batch.header.range_id != 0 && batch.header.range_id != range.range_id {
        return Err(mismatch());
    }
    for request in batch.iter() {
        let inside = match request {
            Request::Get(r) => range.contains(&r.key),
            Request::Put(r) => range.contains(&r.key),
            other => range.span.contains_span(&other.span()),
        };
        if !inside {
            return Err(mismatch());
        }
    }
    Ok(())
}

/// What the request latches. `range_end`: where the range ends, for a split.
pub fn latch(request: &Request, range: &RangeDescriptor) -> Option<(Span, Access)> {
    let access = match request {
        Request::Get(r) if r.lock == LockStrength::None as i32 => Access::Read,
        Request::Scan(r) if r.lock == LockStrength::None as i32 => Access::Read,
        Request::Refresh(_) => Access::Read,
        Request::RegisterWait(_)
        | Request::RangeInfo(_)
        | Request::LookupRange(_)
        | Request::AdminTransferLease(_) => return None,
        Request::AdminSplit(r) => {
            return Some((Span::new(r.key.clone(), range.span.end.clone()), Access::Write));
        }
        _ => Access::Write,
    };
    Some((request.span(), access))
}
