//! Why a value could not be read, cast or computed. Variants are named after PostgreSQL's conditions, so that `router`
//! can give each its SQLSTATE; the text is PostgreSQL's own wording where it has one.

use crate::TypeId;

/// What the caller should do: all of these are the client's to mend, except `SequenceEmpty`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DatumError {
    /// 22P02
    #[error("invalid input syntax for type {type_name}: \"{value}\"")]
    InvalidTextRepresentation { type_name: String, value: String },
    /// 22P02, where the text is not of the usual form (`malformed array literal: ...`).
    #[error("{0}")]
    MalformedText(String),
    /// 22P03
    #[error("incorrect binary data format for type {type_name}: {why}")]
    InvalidBinaryRepresentation { type_name: String, why: String },
    /// 22003
    #[error("{0}")]
    NumericValueOutOfRange(String),
    /// 22003, with PostgreSQL's DETAIL (see `detail`).
    #[error("numeric field overflow")]
    NumericFieldOverflow { precision: i32, scale: i32 },
    /// 22012
    #[error("division by zero")]
    DivisionByZero,
    /// 22001
    #[error("value too long for type {0}")]
    StringDataRightTruncation(String),
    /// 22007
    #[error("{0}")]
    InvalidDatetimeFormat(String),
    /// 22008
    #[error("{0}")]
    DatetimeFieldOverflow(String),
    /// 22015
    #[error("{0}")]
    IntervalFieldOverflow(String),
    /// 22009
    #[error("{0}")]
    InvalidTimeZoneDisplacement(String),
    /// 22023
    #[error("{0}")]
    InvalidParameterValue(String),
    /// 22011
    #[error("{0}")]
    SubstringError(String),
    /// 2201E
    #[error("{0}")]
    InvalidArgumentForLogarithm(String),
    /// 2201F
    #[error("{0}")]
    InvalidArgumentForPowerFunction(String),
    /// 2201G
    #[error("{0}")]
    InvalidArgumentForWidthBucket(String),
    /// 22014
    #[error("{0}")]
    InvalidArgumentForNtile(String),
    /// 2201B
    #[error("invalid regular expression: {0}")]
    InvalidRegularExpression(String),
    /// 22025
    #[error("{0}")]
    InvalidEscapeSequence(String),
    /// 2200C
    #[error("{0}")]
    InvalidUseOfEscapeCharacter(String),
    /// 22021
    #[error("{0}")]
    CharacterNotInRepertoire(String),
    /// 22P05
    #[error("{0}")]
    UntranslatableCharacter(String),
    /// 2202E
    #[error("{0}")]
    ArraySubscriptError(String),
    /// 42804
    #[error("{0}")]
    DatatypeMismatch(String),
    /// 22004
    #[error("{0}")]
    NullValueNotAllowed(String),
    /// 54000
    #[error("{0}")]
    ProgramLimitExceeded(String),
    /// 42846
    #[error("cannot cast type {from} to {to}")]
    CannotCoerce { from: TypeId, to: TypeId },
    /// 42601: a template of `to_char` or `to_number` that contradicts itself.
    #[error("{0}")]
    SyntaxError(String),
    /// 42704
    #[error("{0}")]
    UndefinedObject(String),
    /// 42883
    #[error("{0}")]
    UndefinedFunction(String),
    /// 3F000
    #[error("schema \"{0}\" does not exist")]
    UndefinedSchema(String),
    /// 42P01
    #[error("relation \"{0}\" does not exist")]
    UndefinedTable(String),
    /// 55000
    #[error("{0}")]
    ObjectNotInPrerequisiteState(String),
    /// 2200H
    #[error("{0}")]
    SequenceLimitExceeded(String),
    /// 42501
    #[error("{0}")]
    InsufficientPrivilege(String),
    /// 0A000
    #[error("{0}")]
    FeatureNotSupported(String),
    /// Not the client's: the session's block of this sequence's values is used up; fetch one and evaluate again.
    #[error("sequence {0} has no cached value")]
    SequenceEmpty(u32),
    /// XX001: stored bytes (a key or a value) are not of the form that this program writes.
    #[error("corrupt encoding of {what}: {why}")]
    CorruptEncoding { what: &'static str, why: &'static str },
    /// A broken invariant of this program.
    #[error("internal error: {0}")]
    Internal(String),
}

impl DatumError {
    pub fn invalid_text(type_name: impl Into<String>, value: impl Into<String>) -> Self {
        DatumError::InvalidTextRepresentation { type_name: type_name.into(), value: value.into() }
    }
    /// `integer out of range` and its kin.
    pub fn out_of_range(type_name: &str) -> Self {
        DatumError::NumericValueOutOfRange(format!("{type_name} out of range"))
    }
    /// The DETAIL line that PostgreSQL sends with this error, if any.
    pub fn detail(&self) -> Option<String> {
        match self {
            DatumError::NumericFieldOverflow { precision, scale } => {
                let bound = precision - scale;
                let power = if bound == 0 { "1".to_string() } else { format!("10^{bound}") };
                Some(format!(
                    "A field with precision {precision}, scale {scale} must round to an absolute value less than {power}."
                ))
            }
            _ => None,
        }
    }
}
