//! Statements that the router carries out itself: schema changes, roles and grants, transactions and session settings.
//! Names are checked for form only; the router looks them up inside its own transaction.

use super::ast::{Expr, Statement};
use datum::{SqlType, TypeId};

/// A name as written: parts that are absent come from the session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ObjectName {
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    /// Position in the statement, characters from 1.
    pub at: usize,
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(d) = &self.database {
            write!(f, "{d}.")?;
        }
        if let Some(s) = &self.schema {
            write!(f, "{s}.")?;
        }
        f.write_str(&self.name)
    }
}

#[derive(Clone, Debug)]
pub enum Ddl {
    CreateDatabase {
        name: String,
        if_not_exists: bool,
        owner: Option<String>,
        encoding: Option<String>,
        template: Option<String>,
    },
    DropDatabase {
        name: String,
        if_exists: bool,
    },
    RenameDatabase {
        name: String,
        to: String,
    },
    CreateSchema {
        name: String,
        if_not_exists: bool,
        owner: Option<String>,
    },
    DropSchema {
        names: Vec<String>,
        if_exists: bool,
        cascade: bool,
    },
    RenameSchema {
        name: String,
        to: String,
    },
    CreateTable(CreateTable),
    CreateTableAs {
        name: ObjectName,
        if_not_exists: bool,
        column_names: Vec<String>,
        query: Box<Statement>,
        with_data: bool,
    },
    DropTable {
        names: Vec<ObjectName>,
        if_exists: bool,
        cascade: bool,
    },
    AlterTable {
        name: ObjectName,
        if_exists: bool,
        actions: Vec<AlterTable>,
    },
    Truncate {
        names: Vec<ObjectName>,
        restart_identity: bool,
        cascade: bool,
    },
    CreateIndex(CreateIndex),
    DropIndex {
        names: Vec<ObjectName>,
        if_exists: bool,
        cascade: bool,
        concurrently: bool,
    },
    RenameIndex {
        name: ObjectName,
        if_exists: bool,
        to: String,
    },
    CreateSequence {
        name: ObjectName,
        if_not_exists: bool,
        options: SequenceOptions,
    },
    AlterSequence {
        name: ObjectName,
        if_exists: bool,
        options: SequenceOptions,
    },
    DropSequence {
        names: Vec<ObjectName>,
        if_exists: bool,
        cascade: bool,
    },
    RenameSequence {
        name: ObjectName,
        if_exists: bool,
        to: String,
    },
    CreateRole {
        name: String,
        user: bool,
        if_not_exists: bool,
        options: RoleOptions,
    },
    AlterRole {
        name: String,
        options: RoleOptions,
    },
    AlterRoleSet {
        name: Option<String>,
        variable: String,
        value: Option<SetValue>,
    },
    RenameRole {
        name: String,
        to: String,
    },
    DropRole {
        names: Vec<String>,
        if_exists: bool,
    },
    Grant {
        privileges: Vec<Privilege>,
        on: GrantObject,
        grantees: Vec<String>,
        grant_option: bool,
    },
    Revoke {
        privileges: Vec<Privilege>,
        on: GrantObject,
        grantees: Vec<String>,
        grant_option_for: bool,
        cascade: bool,
    },
    GrantRole {
        roles: Vec<String>,
        members: Vec<String>,
        admin_option: bool,
    },
    RevokeRole {
        roles: Vec<String>,
        members: Vec<String>,
        admin_option_for: bool,
    },
    /// ALTER ... OWNER TO.
    Owner {
        object: OwnedObject,
        owner: String,
    },
    Comment {
        on: CommentObject,
        text: Option<String>,
    },
    /// VACUUM and ANALYZE: nothing to do, but the tables must exist.
    Vacuum {
        analyze: bool,
        tables: Vec<ObjectName>,
    },
    Analyze {
        tables: Vec<ObjectName>,
    },
    /// CREATE EXTENSION and its kin, which the router may know by name.
    CreateExtension {
        name: String,
        if_not_exists: bool,
    },
    DropExtension {
        names: Vec<String>,
        if_exists: bool,
    },
    Reindex,
    Cluster,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub name: ObjectName,
    pub if_not_exists: bool,
    pub columns: Vec<ColumnDef>,
    /// Constraints of columns and of the table alike, in order of appearance.
    pub constraints: Vec<TableConstraint>,
    /// `WITH (fillfactor = 100)`: accepted storage parameters, of no effect.
    pub storage_parameters: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDef {
    pub name: String,
    pub ty: SqlType,
    pub not_null: bool,
    /// SQL text, checked against the type.
    pub default_sql: Option<String>,
    /// `smallserial`, `serial`, `bigserial`: the router makes the sequence and the default.
    pub serial: bool,
    pub identity: Option<Identity>,
    pub at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    pub always: bool,
    pub options: SequenceOptions,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableConstraint {
    PrimaryKey {
        name: Option<String>,
        columns: Vec<String>,
        include: Vec<String>,
    },
    Unique {
        name: Option<String>,
        columns: Vec<String>,
        include: Vec<String>,
    },
    /// `using_index`: ALTER TABLE ... ADD CONSTRAINT ... USING INDEX.
    UsingIndex {
        name: Option<String>,
        primary: bool,
        index: String,
    },
    Check {
        name: Option<String>,
        sql: String,
        not_valid: bool,
        /** The columns that it names. */
        columns: Vec<String>,
    },
    ForeignKey {
        name: Option<String>,
        columns: Vec<String>,
        table: ObjectName,
        referenced: Vec<String>,
        on_delete: String,
        on_update: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub enum AlterTable {
    AddColumn {
        column: ColumnDef,
        if_not_exists: bool,
        constraints: Vec<TableConstraint>,
    },
    DropColumn {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    AlterColumnType {
        name: String,
        ty: SqlType,
        using_sql: Option<String>,
    },
    SetDefault {
        column: String,
        sql: String,
    },
    DropDefault {
        column: String,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    AddIdentity {
        column: String,
        identity: Identity,
    },
    DropIdentity {
        column: String,
        if_exists: bool,
    },
    AddConstraint(TableConstraint),
    DropConstraint {
        name: String,
        if_exists: bool,
        cascade: bool,
    },
    ValidateConstraint {
        name: String,
    },
    RenameColumn {
        from: String,
        to: String,
    },
    RenameConstraint {
        from: String,
        to: String,
    },
    RenameTable {
        to: String,
    },
    SetSchema {
        to: String,
    },
    Owner {
        to: String,
    },
    /// Storage parameters and the like, accepted without effect.
    NoEffect {
        what: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateIndex {
    pub name: Option<String>,
    pub table: ObjectName,
    pub if_not_exists: bool,
    pub unique: bool,
    pub concurrently: bool,
    pub columns: Vec<IndexColumnDef>,
    pub include: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct IndexColumnDef {
    pub name: String,
    pub descending: bool,
    pub nulls_first: bool,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct SequenceOptions {
    pub ty: Option<TypeId>,
    pub start: Option<i64>,
    pub increment: Option<i64>,
    /// `Some(None)`: NO MINVALUE.
    pub min: Option<Option<i64>>,
    pub max: Option<Option<i64>>,
    pub cache: Option<i64>,
    pub cycle: Option<bool>,
    /// `Some(None)`: OWNED BY NONE.
    pub owned_by: Option<Option<(ObjectName, String)>>,
    /// `Some(None)`: RESTART without a value.
    pub restart: Option<Option<i64>>,
    pub name: Option<ObjectName>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct RoleOptions {
    pub login: Option<bool>,
    pub superuser: Option<bool>,
    pub create_role: Option<bool>,
    pub create_database: Option<bool>,
    pub inherit: Option<bool>,
    pub replication: Option<bool>,
    pub bypass_rls: Option<bool>,
    pub connection_limit: Option<i32>,
    /// `Some(None)`: PASSWORD NULL.
    pub password: Option<Option<String>>,
    pub valid_until: Option<String>,
    pub in_roles: Vec<String>,
    pub members: Vec<String>,
    pub admins: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privilege {
    /// A bit of `catalog::descriptor::privilege`; `u32::MAX`: ALL.
    pub bits: u32,
    /// Column privileges, as written.
    pub columns: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantObject {
    Tables(Vec<ObjectName>),
    AllTablesInSchemas(Vec<String>),
    Sequences(Vec<ObjectName>),
    AllSequencesInSchemas(Vec<String>),
    Databases(Vec<String>),
    Schemas(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedObject {
    Table(ObjectName),
    Sequence(ObjectName),
    Schema(String),
    Database(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommentObject {
    Table(ObjectName),
    Column(ObjectName, String),
    Database(String),
    Schema(String),
    Index(ObjectName),
    Sequence(ObjectName),
    /// Accepted without effect.
    Other(String),
}

/// The right-hand side of SET.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetValue {
    Default,
    /// Items of a list as text; most settings have one.
    Values(Vec<String>),
    /// SET ... FROM CURRENT
    Current,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IsolationLevel {
    Serializable,
    RepeatableRead,
    ReadCommitted,
    ReadUncommitted,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TransactionModes {
    pub isolation: Option<IsolationLevel>,
    pub read_only: Option<bool>,
    pub deferrable: Option<bool>,
}

#[derive(Clone, Debug)]
pub enum Session {
    Begin(TransactionModes),
    Commit {
        chain: bool,
    },
    Rollback {
        chain: bool,
    },
    Savepoint {
        name: String,
    },
    ReleaseSavepoint {
        name: String,
    },
    RollbackToSavepoint {
        name: String,
    },
    PrepareTransaction,
    /// SET TRANSACTION.
    SetTransaction(TransactionModes),
    /// SET SESSION CHARACTERISTICS AS TRANSACTION.
    SetSessionCharacteristics(TransactionModes),
    Set {
        name: String,
        value: SetValue,
        local: bool,
    },
    /// `None`: RESET ALL.
    Reset {
        name: Option<String>,
    },
    /// `None`: SHOW ALL.
    Show {
        name: Option<String>,
    },
    /// SET [SESSION] AUTHORIZATION; `None`: DEFAULT.
    SetSessionAuthorization {
        user: Option<String>,
    },
    /// SET ROLE; `None`: NONE.
    SetRole {
        role: Option<String>,
    },
    /// PREPARE name (types) AS statement. Types absent or unknown are inferred when the statement is planned.
    Prepare {
        name: String,
        types: Vec<Option<SqlType>>,
        statement: Box<Statement>,
    },
    /// Arguments as constant expressions; the router coerces them to the statement's parameter types (assignment casts)
    /// with `bind::execute_arguments`.
    Execute {
        name: String,
        arguments: Vec<Expr>,
    },
    /// `None`: ALL.
    Deallocate {
        name: Option<String>,
    },
    Discard(Discard),
    LockTable {
        tables: Vec<ObjectName>,
        mode: String,
        nowait: bool,
    },
    DeclareCursor {
        name: String,
        binary: bool,
        scroll: bool,
        hold: bool,
        query: Box<Statement>,
    },
    Fetch {
        name: String,
        count: FetchCount,
        is_move: bool,
    },
    /// `None`: ALL.
    CloseCursor {
        name: Option<String>,
    },
    Listen {
        channel: String,
    },
    /// `None`: `*`.
    Unlisten {
        channel: Option<String>,
    },
    Notify {
        channel: String,
        payload: Option<String>,
    },
    Checkpoint,
    Load,
    ShowJobs,
    PauseJob {
        id: i64,
    },
    ResumeJob {
        id: i64,
    },
    CancelJob {
        id: i64,
    },
    /// SHOW RANGES FROM TABLE/INDEX/DATABASE; `None`: all of the current database.
    ShowRanges {
        table: Option<ObjectName>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discard {
    All,
    Plans,
    Sequences,
    Temp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchCount {
    Forward(i64),
    Backward(i64),
    All,
    BackwardAll,
    First,
    Last,
    Absolute(i64),
    Relative(i64),
}

/// COPY as written.
#[derive(Clone, Debug)]
pub struct CopyStatement {
    pub source: CopySource,
    /// FROM STDIN rather than TO STDOUT.
    pub from: bool,
    pub options: crate::plan::CopyOptions,
    /// FORCE_QUOTE, FORCE_NOT_NULL, FORCE_NULL by column name; FORCE_QUOTE `None`: `*`.
    pub force_quote: Option<Vec<String>>,
    pub force_not_null: Vec<String>,
    pub force_null: Vec<String>,
    pub at: usize,
}

#[derive(Clone, Debug)]
pub enum CopySource {
    Table { name: ObjectName, columns: Vec<(String, usize)> },
    Query(Box<super::ast::Query>),
}
