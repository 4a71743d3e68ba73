//! SCRAM-SHA-256 over pgwire's exchange: verifiers in PostgreSQL's form, and the two server steps.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use pgwire::api::auth::sasl::scram::{
    SCRAM_ITERATIONS, ScramSecret, ScramServerAuth, ScramServerAuthWaitingForClientFinal, gen_salted_password,
};

/// Bytes of salt in a verifier, as PostgreSQL's.
const SALT_BYTES: usize = 16;
pub const MECHANISM: &str = "SCRAM-SHA-256";

/// Makes the verifier of a password: `SCRAM-SHA-256$4096:salt$stored:server`. The password itself is never stored.
pub fn make_verifier(password: &str) -> String {
    let salt: [u8; SALT_BYTES] = rand::random();
    verifier_with_salt(password, &salt)
}

fn verifier_with_salt(password: &str, salt: &[u8]) -> String {
    let salted = gen_salted_password(password, salt, SCRAM_ITERATIONS);
    match ScramSecret::verifier_from_salted_password(salt.to_vec(), salted, SCRAM_ITERATIONS) {
        ScramSecret::Verifier { salt, iterations, stored_key, server_key } => format!(
            "{MECHANISM}${iterations}:{}${}:{}",
            STANDARD.encode(salt),
            STANDARD.encode(stored_key),
            STANDARD.encode(server_key)
        ),
        // The constructor above makes no other.
        ScramSecret::SaltedPassword { .. } => String::new(),
    }
}

/// Whether text given as a password is a verifier already (pg_dumpall writes them).
pub fn is_verifier(text: &str) -> bool {
    parse_verifier(text).is_some()
}

fn parse_verifier(text: &str) -> Option<ScramSecret> {
    let rest = text.strip_prefix("SCRAM-SHA-256$")?;
    let (head, keys) = rest.split_once('$')?;
    let (iterations, salt) = head.split_once(':')?;
    let (stored, server) = keys.split_once(':')?;
    let (stored_key, server_key) = (STANDARD.decode(stored).ok()?, STANDARD.decode(server).ok()?);
    if stored_key.len() != 32 || server_key.len() != 32 {
        return None;
    }
    Some(ScramSecret::Verifier {
        salt: STANDARD.decode(salt).ok()?,
        iterations: iterations.parse().ok()?,
        stored_key,
        server_key,
    })
}

/// The server between the client's first and final message.
pub struct Exchange(ScramServerAuthWaitingForClientFinal);

/// Takes the client's SASLInitialResponse (mechanism, length, first message); gives the server's first message.
/// `verifier` absent (no such role, or no password): the exchange runs to its end against a made-up one, so that the
/// answer does not tell which roles exist.
///
/// # Errors
/// What is wrong with the message.
pub fn begin(message: &Bytes, verifier: Option<&str>, role: &str) -> Result<(Vec<u8>, Exchange), String> {
    let end = message.iter().position(|b| *b == 0).ok_or("malformed SASLInitialResponse")?;
    if &message[..end] != MECHANISM.as_bytes() {
        return Err("client selected an invalid SASL authentication mechanism".to_owned());
    }
    let first = message.get(end + 5..).ok_or("malformed SASLInitialResponse")?;
    let secret = verifier.and_then(parse_verifier).unwrap_or_else(|| made_up(role));
    let (reply, waiting) = ScramServerAuth::new()
        .on_client_first_message_with_secret(first, secret)
        .map_err(|e| e.to_string())?;
    Ok((reply.into_bytes(), Exchange(waiting)))
}

/// A verifier that no password fits; its salt depends on the role alone, so that asking twice tells nothing.
fn made_up(role: &str) -> ScramSecret {
    use sha2::Digest;
    static PROCESS_SECRET: std::sync::LazyLock<[u8; 32]> = std::sync::LazyLock::new(rand::random);
    let mut hash = sha2::Sha256::new();
    hash.update(*PROCESS_SECRET);
    hash.update(role.as_bytes());
    let salt = hash.finalize()[..SALT_BYTES].to_vec();
    ScramSecret::Verifier {
        salt,
        iterations: SCRAM_ITERATIONS,
        stored_key: rand::random::<[u8; 32]>().to_vec(),
        server_key: rand::random::<[u8; 32]>().to_vec(),
    }
}

impl Exchange {
    /// Takes the client's final message; gives the server's signature if the password is right.
    ///
    /// # Errors
    /// The password is wrong or the message malformed.
    pub fn finish(&self, message: &Bytes) -> Result<Vec<u8>, String> {
        self.0.on_client_final_message(message).map(String::into_bytes).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_has_postgres_form() {
        // Made by PostgreSQL 15 from the password "secret" would differ only by its salt; the form is the same.
        let v = make_verifier("secret");
        assert!(is_verifier(&v), "{v}");
        assert_ne!(v, make_verifier("secret"), "each has its own salt");
        assert_eq!(
            verifier_with_salt("secret", b"0123456789abcdef"),
            verifier_with_salt("secret", b"0123456789abcdef")
        );
        assert!(!is_verifier("secret"));
        assert!(!is_verifier("SCRAM-SHA-256$4096:AA==$AA==:AA=="), "keys of 32 bytes");
    }

    #[test]
    fn a_malformed_first_message_is_an_error() {
        for bad in [
            &b""[..],
            b"SCRAM-SHA-256",
            b"SCRAM-SHA-256\0\0\0",
            b"OTHER\0\0\0\0\x01n",
            b"SCRAM-SHA-256\0\0\0\0\x01n",
        ] {
            assert!(begin(&Bytes::copy_from_slice(bad), None, "r").is_err());
        }
    }
}
