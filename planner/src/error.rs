//! Why a statement could not be parsed, bound or planned. Variants are named after PostgreSQL's conditions, so that `router`
//! can give each its SQLSTATE; the text is PostgreSQL's own wording where it has one.

use datum::DatumError;

/// A condition of PostgreSQL's appendix A, or the error of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanErrorKind {
    /// 42601
    #[error("{0}")]
    SyntaxError(String),
    /// 42P01
    #[error("relation \"{0}\" does not exist")]
    UndefinedTable(String),
    /// 42P01, for `missing FROM-clause entry for table "t"` and its kin
    #[error("{0}")]
    MissingFromEntry(String),
    /// 42703
    #[error("{0}")]
    UndefinedColumn(String),
    /// 42702
    #[error("column reference \"{0}\" is ambiguous")]
    AmbiguousColumn(String),
    /// 42P09
    #[error("table reference \"{0}\" is ambiguous")]
    AmbiguousAlias(String),
    /// 42712
    #[error("table name \"{0}\" specified more than once")]
    DuplicateAlias(String),
    /// 42701
    #[error("{0}")]
    DuplicateColumn(String),
    /// 42804
    #[error("{0}")]
    DatatypeMismatch(String),
    /// 42883
    #[error("{0}")]
    UndefinedFunction(String),
    /// 42725
    #[error("{0}")]
    AmbiguousFunction(String),
    /// 42803
    #[error("{0}")]
    GroupingError(String),
    /// 42P20
    #[error("{0}")]
    WindowingError(String),
    /// 42846
    #[error("{0}")]
    CannotCoerce(String),
    /// 42704
    #[error("{0}")]
    UndefinedObject(String),
    /// 3F000
    #[error("schema \"{0}\" does not exist")]
    InvalidSchemaName(String),
    /// 42P02
    #[error("there is no parameter ${0}")]
    UndefinedParameter(u32),
    /// 42P08
    #[error("{0}")]
    AmbiguousParameter(String),
    /// 42P18
    #[error("{0}")]
    IndeterminateDatatype(String),
    /// 42P10
    #[error("{0}")]
    InvalidColumnReference(String),
    /// 42P16
    #[error("{0}")]
    InvalidTableDefinition(String),
    /// 42809
    #[error("{0}")]
    WrongObjectType(String),
    /// 428C9
    #[error("{0}")]
    GeneratedAlways(String),
    /// 42P19
    #[error("{0}")]
    InvalidRecursion(String),
    /// 22023
    #[error("{0}")]
    InvalidParameterValue(String),
    /// 42P13 and other uses of an object that its kind does not allow
    #[error("{0}")]
    InvalidObjectDefinition(String),
    /// 42602
    #[error("{0}")]
    InvalidName(String),
    /// 54001: nested deeper than this program's bound
    #[error("{0}")]
    StatementTooComplex(String),
    /// 54011, 54023, ...: more columns, arguments or parameters than the bound
    #[error("{0}")]
    ProgramLimitExceeded(String),
    /// 0A000
    #[error("{0}")]
    FeatureNotSupported(String),
    /// A value's own error (input syntax, overflow while folding, ...).
    #[error("{0}")]
    Datum(DatumError),
    /// XX000: a broken invariant of this program
    #[error("internal error: {0}")]
    Internal(String),
}

/// An error with what PostgreSQL says beside it. Small on purpose: it is the `Err` of every function here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError(pub Box<PlanErrorDetail>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanErrorDetail {
    pub kind: PlanErrorKind,
    /// Where in the statement's text, counted in characters from 1; `None`: nowhere in particular.
    pub position: Option<usize>,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

pub type Result<T, E = PlanError> = std::result::Result<T, E>;

impl PlanError {
    pub fn new(kind: PlanErrorKind) -> PlanError {
        PlanError(Box::new(PlanErrorDetail { kind, position: None, detail: None, hint: None }))
    }
    /// Refuses something by name.
    pub fn not_supported(what: impl std::fmt::Display) -> PlanError {
        PlanError::new(PlanErrorKind::FeatureNotSupported(format!("{what} is not supported")))
    }
    pub fn internal(what: impl Into<String>) -> PlanError {
        PlanError::new(PlanErrorKind::Internal(what.into()))
    }
    pub fn kind(&self) -> &PlanErrorKind {
        &self.0.kind
    }
    /// Sets the position unless a deeper place has set one; `at` 0: none.
    pub fn at(mut self, at: usize) -> PlanError {
        if self.0.position.is_none() && at > 0 {
            self.0.position = Some(at);
        }
        self
    }
    pub fn with_hint(mut self, hint: impl Into<String>) -> PlanError {
        self.0.hint = Some(hint.into());
        self
    }
    pub fn with_detail(mut self, detail: impl Into<String>) -> PlanError {
        self.0.detail = Some(detail.into());
        self
    }
}
impl std::fmt::Display for PlanError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.kind.fmt(f)
    }
}
impl std::error::Error for PlanError {}
impl From<PlanErrorKind> for PlanError {
    fn from(kind: PlanErrorKind) -> PlanError {
        PlanError::new(kind)
    }
}
impl From<DatumError> for PlanError {
    fn from(e: DatumError) -> PlanError {
        PlanError::new(PlanErrorKind::Datum(e))
    }
}
