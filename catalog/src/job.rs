//! Long-running work on the catalog: claimed by a lease row, with progress, and able to go on after its worker died.

use kv::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub enum JobState {
    Pending = 0,
    Running = 1,
    Paused = 2,
    CancelRequested = 3,
    Reverting = 4,
    Succeeded = 5,
    Failed = 6,
    Cancelled = 7,
    PauseRequested = 8,
}

/// A job as it stands in the system domicile. Progress that names keys stays in the rows' domicile (table `job` there).
#[derive(Clone, PartialEq, prost::Message)]
pub struct Job {
    #[prost(uint32, tag = "1")]
    pub format: u32,
    #[prost(uint64, tag = "2")]
    pub id: u64,
    #[prost(enumeration = "JobState", tag = "3")]
    pub state: i32,
    #[prost(string, tag = "4")]
    pub description: String,
    #[prost(uint32, tag = "5")]
    pub owner_role: u32,
    #[prost(message, required, tag = "6")]
    pub created: Timestamp,
    #[prost(message, required, tag = "7")]
    pub finished: Timestamp,
    /// 0..=1,000,000 of the work.
    #[prost(uint32, tag = "8")]
    pub progress_millionths: u32,
    /// Why it failed, without values.
    #[prost(string, tag = "9")]
    pub error: String,
    /// The process that works on it, and until when its claim holds.
    #[prost(uint64, tag = "10")]
    pub claimed_by: u64,
    #[prost(message, required, tag = "11")]
    pub claim_expiration: Timestamp,
    /// The kind of work, and its parameters.
    #[prost(oneof = "JobDetails", tags = "12,13,14,16")]
    pub details: Option<JobDetails>,
    /// SQLSTATE of the failure for the client that waits; empty: none.
    #[prost(string, tag = "15")]
    pub error_code: String,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub enum JobDetails {
    /// Builds an index (also a new primary index) and makes it public.
    #[prost(message, tag = "12")]
    BuildIndex(BuildIndex),
    /// Brings a column in or out, one state at a time.
    #[prost(message, tag = "13")]
    AdvanceColumn(AdvanceColumn),
    /// Checks a constraint, or that a column holds no NULL, over the stored rows.
    #[prost(message, tag = "14")]
    Validate(Validate),
    /// Takes an index out: first no reader uses it, then no writer fills it.
    #[prost(message, tag = "16")]
    DropIndex(DropIndex),
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct BuildIndex {
    #[prost(uint32, tag = "1")]
    pub table_id: u32,
    #[prost(uint32, tag = "2")]
    pub index_id: u32,
    /// 0 delete-only, 1 write-only, 2 backfill, 3 validate, 4 public.
    #[prost(uint32, tag = "3")]
    pub stage: u32,
    #[prost(bool, tag = "4")]
    pub new_primary: bool,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct AdvanceColumn {
    #[prost(uint32, tag = "1")]
    pub table_id: u32,
    #[prost(uint32, tag = "2")]
    pub column_id: u32,
    #[prost(bool, tag = "3")]
    pub dropping: bool,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct Validate {
    #[prost(uint32, tag = "1")]
    pub table_id: u32,
    /// The CHECK constraint; 0: a column instead.
    #[prost(uint32, tag = "2")]
    pub constraint_oid: u32,
    /// The column that must hold no NULL; 0: a constraint instead.
    #[prost(uint32, tag = "3")]
    pub column_id: u32,
}
#[derive(Clone, PartialEq, prost::Message)]
pub struct DropIndex {
    #[prost(uint32, tag = "1")]
    pub table_id: u32,
    #[prost(uint32, tag = "2")]
    pub index_id: u32,
}
