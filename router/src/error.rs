//! What a client is told when a statement fails: PostgreSQL's SQLSTATE, severity and fields. The only place of this
//! workspace that knows SQLSTATE (with `workload`, where it plays a client).

use datum::DatumError;
use std::fmt;

/// A five-character SQLSTATE, as PostgreSQL's appendix A lists them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SqlState(pub &'static str);

macro_rules! states {
    ($($name:ident $code:literal;)*) => {
        impl SqlState {
            $(pub const $name: SqlState = SqlState($code);)*
            /// The state with this code, if this program knows it (a job stores codes as text).
            pub fn from_code(code: &str) -> Option<SqlState> {
                match code {
                    $($code => Some(SqlState($code)),)*
                    _ => None,
                }
            }
        }
    };
}

states! {
    SUCCESSFUL_COMPLETION "00000";
    WARNING "01000";
    PROTOCOL_VIOLATION "08P01";
    FEATURE_NOT_SUPPORTED "0A000";
    CARDINALITY_VIOLATION "21000";
    STRING_DATA_RIGHT_TRUNCATION "22001";
    NUMERIC_VALUE_OUT_OF_RANGE "22003";
    NULL_VALUE_NOT_ALLOWED "22004";
    INVALID_DATETIME_FORMAT "22007";
    DATETIME_FIELD_OVERFLOW "22008";
    INVALID_TIME_ZONE_DISPLACEMENT "22009";
    SUBSTRING_ERROR "22011";
    DIVISION_BY_ZERO "22012";
    INVALID_PARAMETER_VALUE "22023";
    CHARACTER_NOT_IN_REPERTOIRE "22021";
    INVALID_ESCAPE_SEQUENCE "22025";
    INVALID_REGULAR_EXPRESSION "2201B";
    INVALID_ARGUMENT_FOR_LOGARITHM "2201E";
    INVALID_ARGUMENT_FOR_WIDTH_BUCKET "2201G";
    INVALID_ARGUMENT_FOR_NTILE "22014";
    GENERATED_ALWAYS "428C9";
    INVALID_RECURSION "42P19";
    INVALID_ARGUMENT_FOR_POWER_FUNCTION "2201F";
    INVALID_ROW_COUNT_IN_LIMIT "2201W";
    INVALID_ROW_COUNT_IN_OFFSET "2201X";
    SEQUENCE_LIMIT_EXCEEDED "2200H";
    ARRAY_SUBSCRIPT_ERROR "2202E";
    INVALID_TEXT_REPRESENTATION "22P02";
    INVALID_BINARY_REPRESENTATION "22P03";
    BAD_COPY_FILE_FORMAT "22P04";
    NOT_NULL_VIOLATION "23502";
    FOREIGN_KEY_VIOLATION "23503";
    UNIQUE_VIOLATION "23505";
    CHECK_VIOLATION "23514";
    ACTIVE_SQL_TRANSACTION "25001";
    READ_ONLY_SQL_TRANSACTION "25006";
    NO_ACTIVE_SQL_TRANSACTION "25P01";
    IN_FAILED_SQL_TRANSACTION "25P02";
    IDLE_IN_TRANSACTION_SESSION_TIMEOUT "25P03";
    INVALID_SQL_STATEMENT_NAME "26000";
    INVALID_AUTHORIZATION_SPECIFICATION "28000";
    INVALID_PASSWORD "28P01";
    DEPENDENT_OBJECTS_STILL_EXIST "2BP01";
    INVALID_CURSOR_NAME "34000";
    SAVEPOINT_EXCEPTION "3B001";
    INVALID_CATALOG_NAME "3D000";
    INVALID_GRANT_OPERATION "0LP01";
    INVALID_SCHEMA_NAME "3F000";
    SERIALIZATION_FAILURE "40001";
    STATEMENT_COMPLETION_UNKNOWN "40003";
    DEADLOCK_DETECTED "40P01";
    SYNTAX_ERROR "42601";
    INSUFFICIENT_PRIVILEGE "42501";
    INVALID_NAME "42602";
    NAME_TOO_LONG "42622";
    RESERVED_NAME "42939";
    CANNOT_COERCE "42846";
    DUPLICATE_COLUMN "42701";
    AMBIGUOUS_COLUMN "42702";
    UNDEFINED_COLUMN "42703";
    UNDEFINED_OBJECT "42704";
    DUPLICATE_OBJECT "42710";
    DUPLICATE_ALIAS "42712";
    AMBIGUOUS_FUNCTION "42725";
    GROUPING_ERROR "42803";
    DATATYPE_MISMATCH "42804";
    WRONG_OBJECT_TYPE "42809";
    WINDOWING_ERROR "42P20";
    UNDEFINED_FUNCTION "42883";
    UNDEFINED_TABLE "42P01";
    UNDEFINED_PARAMETER "42P02";
    DUPLICATE_DATABASE "42P04";
    DUPLICATE_PREPARED_STATEMENT "42P05";
    DUPLICATE_SCHEMA "42P06";
    DUPLICATE_TABLE "42P07";
    AMBIGUOUS_PARAMETER "42P08";
    AMBIGUOUS_ALIAS "42P09";
    INVALID_COLUMN_REFERENCE "42P10";
    INVALID_TABLE_DEFINITION "42P16";
    INVALID_OBJECT_DEFINITION "42P17";
    INDETERMINATE_DATATYPE "42P18";
    COLLATION_MISMATCH "42P21";
    INSUFFICIENT_RESOURCES "53000";
    DISK_FULL "53100";
    OUT_OF_MEMORY "53200";
    TOO_MANY_CONNECTIONS "53300";
    PROGRAM_LIMIT_EXCEEDED "54000";
    STATEMENT_TOO_COMPLEX "54001";
    TOO_MANY_COLUMNS "54011";
    OBJECT_NOT_IN_PREREQUISITE_STATE "55000";
    OBJECT_IN_USE "55006";
    CANT_CHANGE_RUNTIME_PARAM "55P02";
    LOCK_NOT_AVAILABLE "55P03";
    QUERY_CANCELED "57014";
    ADMIN_SHUTDOWN "57P01";
    CANNOT_CONNECT_NOW "57P03";
    IDLE_SESSION_TIMEOUT "57P05";
    IO_ERROR "58030";
    INTERNAL_ERROR "XX000";
    DATA_CORRUPTED "XX001";
}

impl fmt::Debug for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl fmt::Display for SqlState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How bad it is: `Fatal` ends the connection; `Warning` and below come as notices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Fatal,
    Error,
    Warning,
    Notice,
}

impl Severity {
    pub fn text(self) -> &'static str {
        match self {
            Severity::Fatal => "FATAL",
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Notice => "NOTICE",
        }
    }
}

/// Everything that an ErrorResponse or a NoticeResponse may carry.
#[derive(Clone, Debug)]
pub struct SqlErrorFields {
    pub severity: Severity,
    pub code: SqlState,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// In characters from 1 into the statement's text.
    pub position: Option<usize>,
    /// Where it happened ("COPY t, line 3, column x: ...").
    pub context: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub data_type: Option<String>,
    pub constraint: Option<String>,
    /// What the server may do before it tells the client.
    pub retry: Retry,
    /// What the transaction said, for `Transaction::restart_statement`.
    pub txn: Option<txn::TxnError>,
}

/// What may be done about an error before the client learns of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Retry {
    #[default]
    Never,
    /// The transaction must restart, reading at least at this timestamp.
    Restart(kv::Timestamp),
    /// The descriptors it used ran out: load the catalog, then restart.
    NewCatalog,
    /// The session's block of this sequence's values is used up: fetch one, then run the statement again.
    Sequence(u32),
}

/// A failed statement, or a notice. Boxed: a result of it stays small.
#[derive(Clone, Debug)]
pub struct SqlError(pub Box<SqlErrorFields>);

pub type SqlResult<T> = Result<T, SqlError>;

impl SqlError {
    pub fn new(code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError(Box::new(SqlErrorFields {
            severity: Severity::Error,
            code,
            message: message.into(),
            detail: None,
            hint: None,
            position: None,
            context: None,
            schema: None,
            table: None,
            column: None,
            data_type: None,
            constraint: None,
            retry: Retry::Never,
            txn: None,
        }))
    }
    pub fn fatal(code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError::new(code, message).with_severity(Severity::Fatal)
    }
    pub fn warning(code: SqlState, message: impl Into<String>) -> SqlError {
        SqlError::new(code, message).with_severity(Severity::Warning)
    }
    pub fn notice(message: impl Into<String>) -> SqlError {
        SqlError::new(SqlState::SUCCESSFUL_COMPLETION, message).with_severity(Severity::Notice)
    }
    pub fn protocol(message: impl Into<String>) -> SqlError {
        SqlError::new(SqlState::PROTOCOL_VIOLATION, message)
    }
    pub fn unsupported(message: impl Into<String>) -> SqlError {
        SqlError::new(SqlState::FEATURE_NOT_SUPPORTED, message)
    }
    /// A broken invariant of this program.
    pub fn internal(message: impl fmt::Display) -> SqlError {
        SqlError::new(SqlState::INTERNAL_ERROR, format!("internal error: {message}"))
    }
    pub fn with_severity(mut self, severity: Severity) -> SqlError {
        self.0.severity = severity;
        self
    }
    pub fn with_detail(mut self, detail: impl Into<String>) -> SqlError {
        self.0.detail = Some(detail.into());
        self
    }
    pub fn with_hint(mut self, hint: impl Into<String>) -> SqlError {
        self.0.hint = Some(hint.into());
        self
    }
    pub fn with_position(mut self, position: usize) -> SqlError {
        self.0.position = Some(position);
        self
    }
    pub fn with_context(mut self, context: impl Into<String>) -> SqlError {
        self.0.context = Some(context.into());
        self
    }
    pub fn with_table(mut self, schema: impl Into<String>, table: impl Into<String>) -> SqlError {
        self.0.schema = Some(schema.into());
        self.0.table = Some(table.into());
        self
    }
    pub fn with_column(mut self, column: impl Into<String>) -> SqlError {
        self.0.column = Some(column.into());
        self
    }
    pub fn with_constraint(mut self, constraint: impl Into<String>) -> SqlError {
        self.0.constraint = Some(constraint.into());
        self
    }
    pub fn with_retry(mut self, retry: Retry) -> SqlError {
        self.0.retry = retry;
        self
    }
    pub fn code(&self) -> SqlState {
        self.0.code
    }
    pub fn retry(&self) -> Retry {
        self.0.retry
    }
    pub fn is_fatal(&self) -> bool {
        self.0.severity == Severity::Fatal
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.0.severity.text(), self.0.code, self.0.message)
    }
}
impl std::error::Error for SqlError {}

impl From<DatumError> for SqlError {
    fn from(e: DatumError) -> SqlError {
        let code = match &e {
            DatumError::InvalidTextRepresentation { .. } => SqlState::INVALID_TEXT_REPRESENTATION,
            DatumError::InvalidBinaryRepresentation { .. } => SqlState::INVALID_BINARY_REPRESENTATION,
            DatumError::NumericValueOutOfRange(_) => SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            DatumError::DivisionByZero => SqlState::DIVISION_BY_ZERO,
            DatumError::StringDataRightTruncation(_) => SqlState::STRING_DATA_RIGHT_TRUNCATION,
            DatumError::InvalidDatetimeFormat(_) => SqlState::INVALID_DATETIME_FORMAT,
            DatumError::DatetimeFieldOverflow(_) => SqlState::DATETIME_FIELD_OVERFLOW,
            DatumError::InvalidParameterValue(_) => SqlState::INVALID_PARAMETER_VALUE,
            DatumError::SubstringError(_) => SqlState::SUBSTRING_ERROR,
            DatumError::InvalidArgumentForLogarithm(_) => SqlState::INVALID_ARGUMENT_FOR_LOGARITHM,
            DatumError::InvalidArgumentForPowerFunction(_) => SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION,
            DatumError::InvalidRegularExpression(_) => SqlState::INVALID_REGULAR_EXPRESSION,
            DatumError::InvalidEscapeSequence(_) => SqlState::INVALID_ESCAPE_SEQUENCE,
            DatumError::CharacterNotInRepertoire(_) => SqlState::CHARACTER_NOT_IN_REPERTOIRE,
            DatumError::ArraySubscriptError(_) => SqlState::ARRAY_SUBSCRIPT_ERROR,
            DatumError::NullValueNotAllowed(_) => SqlState::NULL_VALUE_NOT_ALLOWED,
            DatumError::ProgramLimitExceeded(_) => SqlState::PROGRAM_LIMIT_EXCEEDED,
            DatumError::CannotCoerce { .. } => SqlState::CANNOT_COERCE,
            DatumError::UndefinedObject(_) => SqlState::UNDEFINED_OBJECT,
            DatumError::UndefinedTable(_) => SqlState::UNDEFINED_TABLE,
            DatumError::ObjectNotInPrerequisiteState(_) => SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE,
            DatumError::SequenceLimitExceeded(_) => SqlState::SEQUENCE_LIMIT_EXCEEDED,
            DatumError::InsufficientPrivilege(_) => SqlState::INSUFFICIENT_PRIVILEGE,
            DatumError::FeatureNotSupported(_) => SqlState::FEATURE_NOT_SUPPORTED,
            DatumError::InvalidArgumentForWidthBucket(_) => SqlState::INVALID_ARGUMENT_FOR_WIDTH_BUCKET,
            DatumError::InvalidArgumentForNtile(_) => SqlState::INVALID_ARGUMENT_FOR_NTILE,
            // Internal, SequenceEmpty (never to reach a client), and what a newer `datum` adds before it is named here.
            _ => SqlState::INTERNAL_ERROR,
        };
        let error = SqlError::new(code, e.to_string());
        match e {
            DatumError::SequenceEmpty(id) => error.with_retry(Retry::Sequence(id)),
            _ => error,
        }
    }
}

impl From<catalog::CatalogError> for SqlError {
    fn from(e: catalog::CatalogError) -> SqlError {
        match e {
            catalog::CatalogError::ValueTooLong { .. } => {
                SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, e.to_string())
            }
            catalog::CatalogError::Datum(e) => e.into(),
            _ => SqlError::new(SqlState::DATA_CORRUPTED, e.to_string()),
        }
    }
}

impl From<planner::PlanError> for SqlError {
    fn from(e: planner::PlanError) -> SqlError {
        use planner::PlanErrorKind as K;
        let detail = *e.0;
        let code = match &detail.kind {
            K::SyntaxError(_) => SqlState::SYNTAX_ERROR,
            K::UndefinedTable(_) | K::MissingFromEntry(_) => SqlState::UNDEFINED_TABLE,
            K::UndefinedColumn(_) => SqlState::UNDEFINED_COLUMN,
            K::AmbiguousColumn(_) => SqlState::AMBIGUOUS_COLUMN,
            K::AmbiguousAlias(_) => SqlState::AMBIGUOUS_ALIAS,
            K::DuplicateAlias(_) => SqlState::DUPLICATE_ALIAS,
            K::DuplicateColumn(_) => SqlState::DUPLICATE_COLUMN,
            K::DatatypeMismatch(_) => SqlState::DATATYPE_MISMATCH,
            K::UndefinedFunction(_) => SqlState::UNDEFINED_FUNCTION,
            K::AmbiguousFunction(_) => SqlState::AMBIGUOUS_FUNCTION,
            K::GroupingError(_) => SqlState::GROUPING_ERROR,
            K::WindowingError(_) => SqlState::WINDOWING_ERROR,
            K::CannotCoerce(_) => SqlState::CANNOT_COERCE,
            K::UndefinedObject(_) => SqlState::UNDEFINED_OBJECT,
            K::InvalidSchemaName(_) => SqlState::INVALID_SCHEMA_NAME,
            K::UndefinedParameter(_) => SqlState::UNDEFINED_PARAMETER,
            K::AmbiguousParameter(_) => SqlState::AMBIGUOUS_PARAMETER,
            K::IndeterminateDatatype(_) => SqlState::INDETERMINATE_DATATYPE,
            K::InvalidColumnReference(_) => SqlState::INVALID_COLUMN_REFERENCE,
            K::InvalidTableDefinition(_) => SqlState::INVALID_TABLE_DEFINITION,
            K::WrongObjectType(_) => SqlState::WRONG_OBJECT_TYPE,
            K::GeneratedAlways(_) => SqlState::GENERATED_ALWAYS,
            K::InvalidRecursion(_) => SqlState::INVALID_RECURSION,
            K::InvalidParameterValue(_) => SqlState::INVALID_PARAMETER_VALUE,
            K::InvalidObjectDefinition(_) => SqlState::INVALID_OBJECT_DEFINITION,
            K::InvalidName(_) => SqlState::INVALID_NAME,
            K::StatementTooComplex(_) => SqlState::STATEMENT_TOO_COMPLEX,
            K::ProgramLimitExceeded(_) => SqlState::PROGRAM_LIMIT_EXCEEDED,
            K::FeatureNotSupported(_) => SqlState::FEATURE_NOT_SUPPORTED,
            K::Datum(e) => SqlError::from(e.clone()).code(),
            // Internal, and what a newer planner adds before it is named here.
            _ => SqlState::INTERNAL_ERROR,
        };
        let mut out = SqlError::new(code, detail.kind.to_string());
        (out.0.position, out.0.detail, out.0.hint) = (detail.position, detail.detail, detail.hint);
        out
    }
}

/// PostgreSQL's own hint for 40001.
const RETRY_HINT: &str = "The transaction might succeed if retried.";

impl From<txn::TxnError> for SqlError {
    fn from(e: txn::TxnError) -> SqlError {
        use txn::TxnError as E;
        let text = e.to_string();
        let serialization = |message: &str| {
            SqlError::new(SqlState::SERIALIZATION_FAILURE, message)
                .with_detail(text.clone())
                .with_hint(RETRY_HINT)
        };
        match &e {
            E::Restart { retry_at, .. } => {
                let at = *retry_at;
                let mut error = serialization("could not serialize access due to concurrent update");
                error.0.txn = Some(e);
                error.with_retry(Retry::Restart(at))
            }
            E::CommitTooLate { .. } => {
                serialization("the schema that the transaction used is no longer certain")
                    .with_retry(Retry::NewCatalog)
            }
            E::Aborted { .. } => {
                serialization("transaction was aborted by a concurrent one or lost its lease")
                    .with_retry(Retry::Restart(kv::Timestamp::ZERO))
            }
            E::Deadlock { .. } => SqlError::new(SqlState::DEADLOCK_DETECTED, "deadlock detected")
                .with_detail(text)
                .with_hint("Lock rows in the same order everywhere, and try again."),
            // Whoever attached the tag knows the constraint; see `compiled::conflict`.
            E::ConditionFailed { .. } => {
                let mut error = SqlError::internal(text);
                error.0.txn = Some(e);
                error
            }
            E::LockNotAvailable { .. } => {
                SqlError::new(SqlState::LOCK_NOT_AVAILABLE, "could not obtain lock on row").with_detail(text)
            }
            E::LockTimeout { .. } => {
                SqlError::new(SqlState::LOCK_NOT_AVAILABLE, "canceling statement due to lock timeout")
                    .with_detail(text)
            }
            E::StatementTimeout { .. } => {
                SqlError::new(SqlState::QUERY_CANCELED, "canceling statement due to statement timeout")
            }
            E::Ambiguous { .. } => SqlError::new(
                SqlState::STATEMENT_COMPLETION_UNKNOWN,
                "the transaction may or may not have committed: its outcome could not be learnt",
            )
            .with_detail(text),
            E::StoreFull { .. } => SqlError::new(SqlState::DISK_FULL, text),
            E::Unavailable { .. } => SqlError::new(SqlState::CANNOT_CONNECT_NOW, text),
            E::BelowCollection { .. } => SqlError::new(SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE, text),
            E::CounterOverflow { .. } => SqlError::new(SqlState::SEQUENCE_LIMIT_EXCEEDED, text),
            E::ReadOnly => SqlError::new(
                SqlState::READ_ONLY_SQL_TRANSACTION,
                "cannot execute a statement that writes in a read-only transaction",
            ),
            E::Corrupt { .. } => SqlError::new(SqlState::DATA_CORRUPTED, text),
            E::InvalidRequest { .. } => SqlError::new(SqlState::PROGRAM_LIMIT_EXCEEDED, text),
            _ => SqlError::internal(text),
        }
    }
}
