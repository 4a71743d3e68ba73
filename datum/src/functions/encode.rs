//! `encode` and `decode`: hex, base64 and escape, with PostgreSQL's line breaks and errors.

use crate::DatumError;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);
/// Characters of a line of base64, as MIME has it.
const BASE64_LINE: usize = 76;

fn invalid(text: String) -> DatumError {
    DatumError::InvalidParameterValue(text)
}
fn unknown(format: &str) -> DatumError {
    invalid(format!("unrecognized encoding: \"{format}\""))
}

pub(crate) fn encode(bytes: &[u8], format: &str) -> Result<String, DatumError> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => Ok(hex::encode(bytes)),
        "base64" => {
            let text = BASE64.encode(bytes);
            let mut out = String::with_capacity(text.len() + text.len() / BASE64_LINE);
            for (i, c) in text.chars().enumerate() {
                if i > 0 && i % BASE64_LINE == 0 {
                    out.push('\n');
                }
                out.push(c);
            }
            Ok(out)
        }
        "escape" => {
            let mut out = String::with_capacity(bytes.len());
            for b in bytes {
                match b {
                    b'\\' => out.push_str("\\\\"),
                    0 | 0x80.. => out.push_str(&format!("\\{b:03o}")),
                    b => out.push(char::from(*b)),
                }
            }
            Ok(out)
        }
        _ => Err(unknown(format)),
    }
}

pub(crate) fn decode(text: &str, format: &str) -> Result<Vec<u8>, DatumError> {
    match format.to_ascii_lowercase().as_str() {
        "hex" => decode_hex(text),
        "base64" => decode_base64(text),
        "escape" => decode_escape(text),
        _ => Err(unknown(format)),
    }
}

fn decode_hex(text: &str) -> Result<Vec<u8>, DatumError> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut chars = text.chars().filter(|c| !matches!(c, ' ' | '\n' | '\t' | '\r'));
    let digit =
        |c: char| c.to_digit(16).ok_or_else(|| invalid(format!("invalid hexadecimal digit: \"{c}\"")));
    while let Some(high) = chars.next() {
        let high = digit(high)?;
        let low =
            chars.next().ok_or_else(|| invalid("invalid hexadecimal data: odd number of digits".into()))?;
        out.push((high * 16 + digit(low)?) as u8);
    }
    Ok(out)
}

fn decode_base64(text: &str) -> Result<Vec<u8>, DatumError> {
    let compact: String = text.chars().filter(|c| !matches!(c, ' ' | '\n' | '\t' | '\r')).collect();
    let padding = compact.find('=').unwrap_or(compact.len());
    if let Some(c) = compact.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='))) {
        return Err(invalid(format!("invalid symbol \"{c}\" found while decoding base64 sequence")));
    }
    if padding % 4 < 2 && padding < compact.len() {
        return Err(invalid("unexpected \"=\" while decoding base64 sequence".into()));
    }
    // Trailing bits that are not zero are cut off by PostgreSQL: let the engine see whole bytes only.
    let engine = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
            .with_decode_allow_trailing_bits(true),
    );
    engine.decode(compact.as_bytes()).map_err(|_| invalid("invalid base64 end sequence".into()))
}

fn decode_escape(text: &str) -> Result<Vec<u8>, DatumError> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        if bytes[i] != b'\\' {
            out.push(bytes[i]);
            i += 1;
        } else if let Some([a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7']) = bytes.get(i + 1..i + 4) {
            out.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
            i += 4;
        } else if bytes.get(i + 1) == Some(&b'\\') {
            out.push(b'\\');
            i += 2;
        } else {
            return Err(DatumError::MalformedText("invalid input syntax for type bytea".into()));
        }
    }
    Ok(out)
}

/// Text in a named encoding. Only UTF8 (and SQL_ASCII, which is no conversion) and LATIN1 are known.
pub(crate) fn convert_to(text: &str, encoding: &str) -> Result<Vec<u8>, DatumError> {
    match canonical(encoding).as_str() {
        "utf8" | "unicode" | "sqlascii" => Ok(text.as_bytes().to_vec()),
        "latin1" | "iso88591" => text
            .chars()
            .map(|c| {
                u8::try_from(c as u32).map_err(|_| {
                    let mut buffer = [0; 4];
                    let bytes = c.encode_utf8(&mut buffer).bytes();
                    let shown: Vec<String> = bytes.map(|b| format!("0x{b:02x}")).collect();
                    DatumError::UntranslatableCharacter(format!(
                        "character with byte sequence {} in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"",
                        shown.join(" ")
                    ))
                })
            })
            .collect(),
        _ => Err(invalid(format!("invalid destination encoding name \"{encoding}\""))),
    }
}
pub(crate) fn convert_from(bytes: &[u8], encoding: &str) -> Result<String, DatumError> {
    match canonical(encoding).as_str() {
        "utf8" | "unicode" | "sqlascii" => utf8(bytes),
        "latin1" | "iso88591" => Ok(bytes.iter().map(|b| char::from(*b)).collect()),
        _ => Err(invalid(format!("invalid source encoding name \"{encoding}\""))),
    }
}
fn canonical(encoding: &str) -> String {
    encoding.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

/// # Errors
/// `CharacterNotInRepertoire`: not UTF-8, or a zero byte.
pub(crate) fn utf8(bytes: &[u8]) -> Result<String, DatumError> {
    let bad = |rest: &[u8], length: usize| {
        let shown: Vec<String> = rest.iter().take(length.max(1)).map(|b| format!("0x{b:02x}")).collect();
        DatumError::CharacterNotInRepertoire(format!(
            "invalid byte sequence for encoding \"UTF8\": {}",
            shown.join(" ")
        ))
    };
    if let Some(at) = bytes.iter().position(|b| *b == 0) {
        return Err(bad(&bytes[at..], 1));
    }
    std::str::from_utf8(bytes).map(str::to_string).map_err(|e| {
        let rest = &bytes[e.valid_up_to()..];
        // PostgreSQL shows as many bytes as the first one announces.
        let announced = match rest.first() {
            Some(0xC0..=0xDF) => 2,
            Some(0xE0..=0xEF) => 3,
            Some(0xF0..=0xF7) => 4,
            _ => 1,
        };
        bad(rest, announced)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_breaks_lines_and_reads_them_back() {
        let bytes = [7u8; 100];
        let text = encode(&bytes, "base64").expect("known");
        assert_eq!(text.find('\n'), Some(76));
        assert_eq!(decode(&text, "BASE64"), Ok(bytes.to_vec()));
        assert!(decode("a", "base64").is_err());
        assert!(decode("a=", "base64").is_err());
        assert!(decode("?", "base64").is_err());
    }

    #[test]
    fn hex_and_escape_round_trip() {
        assert_eq!(decode("DEAD beef", "hex"), Ok(vec![0xde, 0xad, 0xbe, 0xef]));
        assert!(decode("abc", "hex").is_err());
        assert_eq!(encode(b"a\\\0\xff", "escape").as_deref(), Ok("a\\\\\\000\\377"));
        assert_eq!(decode("a\\\\\\000\\377", "escape"), Ok(b"a\\\0\xff".to_vec()));
    }
}
