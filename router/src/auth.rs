//! From a fresh connection to a session: TLS, start-up parameters, SCRAM-SHA-256, role and database.

use crate::error::{SqlError, SqlResult, SqlState};
use crate::server::{Registration, Services};
use crate::session::LogIn;
use crate::session::settings::Settings;
use crate::wire::startup::{self, Opening, Startup};
use crate::wire::{Frontend, Wire, WireError, backend, scram};
use catalog::descriptor::privilege;
use std::sync::Arc;
use tokio::net::TcpStream;

pub use crate::wire::scram::{is_verifier, make_verifier};

/// Brings a connection to a session; `None` when it has ended (a cancel request, a refusal, a client that went).
pub async fn open(services: &Arc<Services>, stream: TcpStream) -> Option<(Wire, Registration, LogIn)> {
    let options = &services.options;
    let (mut wire, startup) = match startup::open(stream, options.tls.clone(), options.tls_required).await {
        Ok((mut wire, Opening::Cancel { pid, secret })) => {
            services.cancel(pid, &secret);
            // In order: a client over TLS takes a bare end for a failed cancel.
            wire.shutdown().await;
            return None;
        }
        Ok((wire, Opening::Session(startup))) => (wire, startup),
        Err(e) => {
            tracing::debug!(error = %e, "connection ended before its start-up packet");
            return None;
        }
    };
    match log_in(services, &mut wire, &startup).await {
        Ok(log_in) => {
            let registration = services.register(log_in.user_id, startup.minor);
            for (name, value) in log_in.settings.reported() {
                backend::parameter_status(&mut wire.out, name, &value);
            }
            let handle = &registration.handle;
            startup::backend_key(&mut wire.out, handle.pid, handle.secret());
            Some((wire, registration, log_in))
        }
        Err(Refusal::Sql(error)) => {
            services.metrics.errors.with_label_values(&[error.code().0]).inc();
            startup::refuse(wire, &error.with_severity(crate::error::Severity::Fatal)).await;
            None
        }
        Err(Refusal::Gone) => None,
    }
}

enum Refusal {
    Sql(SqlError),
    Gone,
}
impl From<SqlError> for Refusal {
    fn from(e: SqlError) -> Self {
        Refusal::Sql(e)
    }
}
impl From<WireError> for Refusal {
    fn from(e: WireError) -> Self {
        match e {
            WireError::Protocol(text) => Refusal::Sql(SqlError::protocol(text)),
            _ => Refusal::Gone,
        }
    }
}

async fn log_in(services: &Arc<Services>, wire: &mut Wire, startup: &Startup) -> Result<LogIn, Refusal> {
    let parameter = |name: &str| startup.parameters.get(name).filter(|v| !v.is_empty());
    let user = parameter("user").ok_or_else(|| {
        SqlError::new(
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            "no PostgreSQL user name specified in startup packet",
        )
    })?;
    let role = services.catalog.role_for_login(user).await?;
    let verifier = role.as_ref().map(|r| r.1.scram_verifier.as_str()).filter(|v| !v.is_empty());
    authenticate(wire, user, verifier).await?;
    let (user_id, role) = role.ok_or_else(|| wrong_password(user))?;
    if !role.login {
        return Err(SqlError::new(
            SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
            format!("role \"{user}\" is not permitted to log in"),
        )
        .into());
    }
    let database = parameter("database").unwrap_or(user);
    let mut snapshot = match services.catalog.current() {
        Some(s) => s,
        None => services.catalog.refresh().await?,
    };
    if snapshot.database(database).is_none() || snapshot.role_by_id(user_id).is_none() {
        // It may have been made a moment ago, elsewhere.
        snapshot = services.catalog.refresh().await?;
    }
    let (database_id, descriptor) = snapshot.database(database).ok_or_else(|| {
        SqlError::new(SqlState::INVALID_CATALOG_NAME, format!("database \"{database}\" does not exist"))
    })?;
    let roles = snapshot.role_closure(user_id);
    let may_connect = role.superuser
        || roles.contains(&descriptor.owner)
        || descriptor.grants.is_empty()
        || descriptor.grants.iter().any(|g| {
            (g.grantee == 0 || roles.contains(&g.grantee)) && g.privileges & privilege::CONNECT != 0
        });
    if !may_connect {
        return Err(SqlError::new(
            SqlState::INSUFFICIENT_PRIVILEGE,
            format!("permission denied for database \"{database}\""),
        )
        .with_detail("User does not have CONNECT privilege.")
        .into());
    }
    let settings = settings(startup, user, role.superuser)?;
    Ok(LogIn {
        user_id,
        user: Arc::from(user.as_str()),
        database_id,
        database: Arc::from(database.as_str()),
        settings,
        snapshot,
    })
}

async fn authenticate(wire: &mut Wire, user: &str, verifier: Option<&str>) -> Result<(), Refusal> {
    let mut mechanisms = scram::MECHANISM.as_bytes().to_vec();
    mechanisms.extend_from_slice(&[0, 0]);
    startup::authentication(&mut wire.out, startup::AUTH_SASL, &mechanisms);
    wire.flush().await?;
    let Frontend::Password(first) = wire.next_auth().await? else {
        return Err(SqlError::protocol("expected SASL response").into());
    };
    let (reply, exchange) = scram::begin(&first, verifier, user).map_err(SqlError::protocol)?;
    startup::authentication(&mut wire.out, startup::AUTH_SASL_CONTINUE, &reply);
    wire.flush().await?;
    let Frontend::Password(last) = wire.next_auth().await? else {
        return Err(SqlError::protocol("expected SASL response").into());
    };
    let signature = exchange.finish(&last).map_err(|_| wrong_password(user))?;
    startup::authentication(&mut wire.out, startup::AUTH_SASL_FINAL, &signature);
    startup::authentication(&mut wire.out, startup::AUTH_OK, &[]);
    Ok(())
}

fn wrong_password(user: &str) -> SqlError {
    SqlError::new(SqlState::INVALID_PASSWORD, format!("password authentication failed for user \"{user}\""))
}

/// The session's settings from the start-up packet: parameters by name, and `options` as psql's PGOPTIONS.
fn settings(startup: &Startup, user: &str, superuser: bool) -> SqlResult<Settings> {
    let mut settings = Settings::new();
    settings.set_initial("session_authorization", user.to_owned());
    settings.set_initial("is_superuser", if superuser { "on" } else { "off" }.to_owned());
    for (name, value) in &startup.parameters {
        match name.as_str() {
            "user" | "database" => {}
            "replication" => {
                if crate::session::parameter::parse_bool(value) != Some(false) {
                    return Err(SqlError::unsupported("replication connections are not supported"));
                }
            }
            "options" => {
                for (name, value) in options(value)? {
                    settings.set_startup(&name, &value)?;
                }
            }
            _ => settings.set_startup(name, value)?,
        }
    }
    settings.take_changed();
    Ok(settings)
}

/// `-c name=value`, `--name=value`; a backslash keeps a space in the value.
fn options(text: &str) -> SqlResult<Vec<(String, String)>> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.extend(chars.next()),
            c if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            c => word.push(c),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    let bad = |w: &str| {
        SqlError::new(
            SqlState::SYNTAX_ERROR,
            format!("invalid command-line argument for server process: {w}"),
        )
    };
    let mut out = Vec::new();
    let mut words = words.into_iter();
    while let Some(w) = words.next() {
        let setting = match w.strip_prefix("--") {
            Some(rest) => rest.to_owned(),
            None => match w.strip_prefix("-c") {
                Some("") => words.next().ok_or_else(|| bad(&w))?,
                Some(rest) => rest.to_owned(),
                None => return Err(bad(&w)),
            },
        };
        let (name, value) = setting.split_once('=').ok_or_else(|| bad(&setting))?;
        out.push((name.replace('-', "_"), value.to_owned()));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_a_command_line() {
        let o = options("-c statement_timeout=5s --search-path=a\\ b -cjit=on").unwrap();
        let o: Vec<_> = o.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(o, [("statement_timeout", "5s"), ("search_path", "a b"), ("jit", "on")]);
        assert!(options("-x").is_err());
    }
}
