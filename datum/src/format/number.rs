//! Numbers by template: `to_char(number, ...)` and `to_number`.

use super::{literal, ordinal};
use crate::{DatumError, Numeric};

/// Width of roman numbers, and of what does not fit them.
const ROMAN_WIDTH: usize = 15;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    Comma,
    Point,
    Zero,
    Nine,
    Blank,
    Exponent,
    Fill,
    Currency,
    Minus,
    Plus,
    Bracket,
    Roman {
        upper: bool,
    },
    EitherSign,
    LocaleSign,
    Ordinal {
        upper: bool,
    },
    Shift,
    /// `C` and `SP`: read, and without effect.
    Nothing,
}
#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Key(Key),
    Char(char),
}
#[derive(Clone, Copy, Debug, PartialEq, Default)]
enum SignSide {
    #[default]
    None,
    Before,
    After,
}

/// A parsed template.
#[derive(Clone, Debug, Default)]
struct Template {
    nodes: Vec<Node>,
    /// Digits before and after the point, and after `V`.
    pre: usize,
    post: usize,
    multi: usize,
    lsign: SignSide,
    pre_lsign: usize,
    zero_start: usize,
    zero_end: usize,
    decimal: bool,
    locale_sign: bool,
    blank: bool,
    fill: bool,
    minus: bool,
    plus: bool,
    bracket: bool,
    roman: bool,
    has_multi: bool,
    zero: bool,
    exponent: bool,
}

const KEYS: &[(&str, Key)] = &[
    (",", Key::Comma),
    (".", Key::Point),
    ("0", Key::Zero),
    ("9", Key::Nine),
    ("B", Key::Blank),
    ("C", Key::Nothing),
    ("D", Key::Point),
    ("EEEE", Key::Exponent),
    ("FM", Key::Fill),
    ("G", Key::Comma),
    ("L", Key::Currency),
    ("MI", Key::Minus),
    ("PL", Key::Plus),
    ("PR", Key::Bracket),
    ("RN", Key::Roman { upper: true }),
    ("SG", Key::EitherSign),
    ("SP", Key::Nothing),
    ("S", Key::LocaleSign),
    ("TH", Key::Ordinal { upper: true }),
    ("V", Key::Shift),
];

fn syntax<V>(text: &str) -> Result<V, DatumError> {
    Err(DatumError::SyntaxError(text.into()))
}

impl Template {
    fn parse(text: &str) -> Result<Template, DatumError> {
        let chars: Vec<char> = text.chars().collect();
        let mut template = Template::default();
        let mut at = 0;
        while at < chars.len() {
            // A keyword is written in one case: all upper or all lower.
            let found = KEYS.iter().find_map(|(name, key)| {
                let upper = name.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c));
                let lower =
                    name.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c.to_ascii_lowercase()));
                (upper || lower).then_some((name.len(), *key, upper))
            });
            match found {
                Some((length, key, upper)) => {
                    let key = match key {
                        Key::Roman { .. } => Key::Roman { upper },
                        Key::Ordinal { .. } => Key::Ordinal { upper },
                        key => key,
                    };
                    template.take(key)?;
                    template.nodes.push(Node::Key(key));
                    at += length;
                }
                None => template.nodes.extend(literal(&chars, &mut at).into_iter().map(Node::Char)),
            }
        }
        Ok(template)
    }

    fn take(&mut self, key: Key) -> Result<(), DatumError> {
        if self.exponent && key != Key::Exponent {
            return syntax("\"EEEE\" must be the last pattern used");
        }
        match key {
            Key::Nine => {
                if self.bracket {
                    return syntax("\"9\" must be ahead of \"PR\"");
                }
                let count = if self.has_multi {
                    &mut self.multi
                } else if self.decimal {
                    &mut self.post
                } else {
                    &mut self.pre
                };
                *count += 1;
            }
            Key::Zero => {
                if self.bracket {
                    return syntax("\"0\" must be ahead of \"PR\"");
                }
                if !self.zero && !self.decimal {
                    self.zero = true;
                    self.zero_start = self.pre + 1;
                }
                *(if self.decimal { &mut self.post } else { &mut self.pre }) += 1;
                self.zero_end = self.pre + self.post;
            }
            Key::Blank => self.blank |= self.pre == 0 && self.post == 0 && !self.zero,
            Key::Point => {
                if self.decimal {
                    return syntax("multiple decimal points");
                }
                if self.has_multi {
                    return syntax("cannot use \"V\" and decimal point together");
                }
                self.decimal = true;
            }
            Key::Fill => self.fill = true,
            Key::LocaleSign => {
                if self.locale_sign {
                    return syntax("cannot use \"S\" twice");
                }
                if self.plus || self.minus || self.bracket {
                    return syntax("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
                }
                if !self.decimal {
                    self.lsign = SignSide::Before;
                    self.pre_lsign = self.pre;
                } else if self.lsign == SignSide::None {
                    self.lsign = SignSide::After;
                }
                self.locale_sign = true;
            }
            Key::Minus | Key::Plus | Key::EitherSign => {
                if self.locale_sign {
                    return syntax(match key {
                        Key::Minus => "cannot use \"S\" and \"MI\" together",
                        Key::Plus => "cannot use \"S\" and \"PL\" together",
                        _ => "cannot use \"S\" and \"SG\" together",
                    });
                }
                self.minus |= key != Key::Plus;
                self.plus |= key != Key::Minus;
            }
            Key::Bracket => {
                if self.locale_sign || self.plus || self.minus {
                    return syntax("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
                }
                self.bracket = true;
            }
            Key::Roman { .. } => self.roman = true,
            Key::Shift => {
                if self.decimal {
                    return syntax("cannot use \"V\" and decimal point together");
                }
                self.has_multi = true;
            }
            Key::Exponent => {
                if self.exponent {
                    return syntax("cannot use \"EEEE\" twice");
                }
                let signs = self.locale_sign || self.bracket || self.minus || self.plus;
                if signs || self.blank || self.fill || self.roman || self.has_multi {
                    return syntax("\"EEEE\" is incompatible with other formats");
                }
                self.exponent = true;
            }
            Key::Comma | Key::Currency | Key::Ordinal { .. } | Key::Nothing => {}
        }
        Ok(())
    }
}

/// What a number is, for the steps that depend on its type.
pub(crate) enum Number<'a> {
    Exact(&'a Numeric),
    /// A float, and how many of its decimal digits mean something (15 or 6).
    Float(f64, usize),
}

/// # Errors
/// For the client: a template that contradicts itself.
pub(crate) fn to_char(number: Number<'_>, template: &str) -> Result<String, DatumError> {
    let mut t = Template::parse(template)?;
    if t.roman {
        let value = match number {
            Number::Exact(n) => n.round(0).to_i32()?,
            Number::Float(v, _) => Numeric::from_f64(v.round_ties_even()).to_i32()?,
        };
        return Ok(write(&t, '+', &roman(value), 0));
    }
    if t.exponent {
        return Ok(scientific(&t, &number));
    }
    let text = match number {
        Number::Exact(n) => {
            let shift = Numeric::new(crate::numeric::pow10(t.multi as u32), 0);
            let n = if t.has_multi { n.mul(&shift)? } else { n.clone() };
            let mut out = String::new();
            n.round(t.post as i32).write_into(&mut out);
            out
        }
        Number::Float(v, digits) => {
            let v = if t.has_multi { v * 10f64.powi(t.multi as i32) } else { v };
            if v.is_finite() {
                let whole = format!("{:.0}", v.abs()).len();
                t.post = if whole >= digits { 0 } else { t.post.min(digits - whole) };
                format!("{v:.*}", t.post)
            } else if v.is_nan() {
                "NaN".into()
            } else if v > 0.0 {
                "Infinity".into()
            } else {
                "-Infinity".into()
            }
        }
    };
    if t.has_multi {
        t.pre += t.multi;
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ('-', rest.to_string()),
        None => ('+', text),
    };
    let whole = digits.find('.').unwrap_or(digits.len());
    if whole > t.pre {
        let overflow = format!("{}.{}", "#".repeat(t.pre), "#".repeat(t.post));
        return Ok(write(&t, sign, &overflow, 0));
    }
    let spaces = t.pre - whole;
    Ok(write(&t, sign, &digits, spaces))
}

fn roman(value: i32) -> String {
    const SIGNS: [(i32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    if !(1..=3999).contains(&value) {
        return "#".repeat(ROMAN_WIDTH);
    }
    let mut rest = value;
    let mut out = String::new();
    for (worth, sign) in SIGNS {
        while rest >= worth {
            out.push_str(sign);
            rest -= worth;
        }
    }
    out
}

/// One digit (two where rounding makes it ten, as PostgreSQL prints it), `post` digits, and an exponent.
fn scientific(t: &Template, number: &Number<'_>) -> String {
    let finite = match number {
        Number::Exact(n) => n.is_finite(),
        Number::Float(v, _) => v.is_finite(),
    };
    if !finite {
        let mut out: Vec<char> = vec!['#'; t.pre + t.post + 6];
        out[0] = ' ';
        out[t.pre + 1] = '.';
        return out.into_iter().collect();
    }
    let (negative, mantissa, exponent) = match number {
        Number::Float(v, _) => {
            let text = format!("{:.*e}", t.post, v.abs());
            let (m, e) = text.split_once('e').unwrap_or((&text, "0"));
            (v.is_sign_negative(), m.to_string(), e.parse::<i64>().unwrap_or(0))
        }
        Number::Exact(n) => {
            let Numeric::Finite { digits, scale } = n else { return String::new() };
            let shown = digits.magnitude().to_string();
            let length = if shown == "0" { 1 + usize::from(*scale) } else { shown.len() };
            let exponent = length as i64 - 1 - i64::from(*scale);
            // The same digits with the point behind the first.
            let shifted =
                Numeric::new(num_bigint::BigInt::from(digits.magnitude().clone()), (length - 1) as u16);
            let mut mantissa = String::new();
            shifted.round(t.post as i32).write_into(&mut mantissa);
            (n.signum() < 0, mantissa, exponent)
        }
    };
    let sign = if negative { '-' } else { ' ' };
    let direction = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{mantissa}e{direction}{:02}", exponent.abs())
}

/// Writes a number's digits into the template. `spaces`: how many places before the point stay empty.
fn write(template: &Template, sign: char, number: &str, spaces: usize) -> String {
    let mut t = template.clone();
    if t.roman {
        // Only the fill mode counts beside a roman number.
        t = Template { nodes: t.nodes, fill: t.fill, roman: true, ..Template::default() };
    }
    let mut w = Writer {
        digits: number.chars().collect(),
        at: 0,
        place: 0,
        spaces,
        sign,
        sign_written: true,
        last_relevant: None,
        in_number: false,
        out: String::new(),
        zero_start: t.zero_start.saturating_sub(1),
    };
    if t.plus || t.minus {
        w.sign_written = !t.plus || t.minus;
    } else {
        if sign != '-' && t.fill {
            t.bracket = false;
        }
        w.sign_written = sign == '+' && t.fill && !t.locale_sign;
        if t.lsign == SignSide::Before && t.pre == t.pre_lsign {
            t.lsign = SignSide::After;
        }
    }
    if t.fill && t.decimal {
        w.last_relevant = last_relevant(&w.digits);
        if let Some(last) = w.last_relevant
            && t.zero_end > spaces
        {
            let zero = (w.digits.len() - 1).min(t.zero_end - spaces);
            w.last_relevant = Some(last.max(zero));
        }
    }
    let mut count = (t.post + t.pre) as i64 - 1;
    if !w.sign_written && spaces == 0 {
        count += 1;
    }
    for node in &t.nodes {
        match node {
            Node::Char(c) => w.out.push(*c),
            Node::Key(key) => match key {
                Key::Nine | Key::Zero | Key::Point => w.digit(&t, *key, count),
                Key::Comma if w.in_number => w.out.push(','),
                Key::Comma if !t.fill => w.out.push(' '),
                Key::Currency => w.out.push(' '),
                Key::Roman { upper } => {
                    let text = if *upper { number.to_string() } else { number.to_lowercase() };
                    w.out.push_str(&if t.fill { text } else { format!("{text:>ROMAN_WIDTH$}") });
                }
                Key::Ordinal { upper }
                    if !(t.roman || number.starts_with('#') || sign == '-' || t.decimal) =>
                {
                    w.out.push_str(ordinal(number, *upper));
                }
                Key::Minus if sign == '-' => w.out.push('-'),
                Key::Plus if sign == '+' => w.out.push('+'),
                Key::Minus | Key::Plus if !t.fill => w.out.push(' '),
                Key::EitherSign => w.out.push(sign),
                _ => {}
            },
        }
    }
    w.out
}

fn last_relevant(digits: &[char]) -> Option<usize> {
    let point = digits.iter().position(|c| *c == '.')?;
    Some((point + 1..digits.len()).rev().find(|i| digits[*i] != '0').unwrap_or(point))
}

struct Writer {
    digits: Vec<char>,
    /// The next digit.
    at: usize,
    /// Which place of the template.
    place: usize,
    spaces: usize,
    sign: char,
    sign_written: bool,
    last_relevant: Option<usize>,
    in_number: bool,
    out: String,
    zero_start: usize,
}
impl Writer {
    /// `0.1` by `9.9`: the zero before the point is a space.
    fn space_before_point(&self, t: &Template) -> bool {
        !t.zero && self.at == 0 && self.digits.first() == Some(&'0') && t.post != 0
    }
    fn last_is_point(&self) -> bool {
        self.last_relevant.is_some_and(|i| self.digits[i] == '.')
    }
    fn write_sign(&mut self, t: &Template) {
        if t.locale_sign {
            if t.lsign == SignSide::Before {
                self.out.push(self.sign);
                self.sign_written = true;
            }
            return;
        }
        if t.bracket {
            self.out.push(if self.sign == '+' { ' ' } else { '<' });
        } else if self.sign == '-' {
            self.out.push('-');
        } else if !t.fill {
            self.out.push(' ');
        }
        self.sign_written = true;
    }
    fn digit(&mut self, t: &Template, key: Key, count: i64) {
        if t.roman {
            return;
        }
        self.in_number = false;
        let starts = self.place >= self.spaces || t.zero && self.zero_start == self.place;
        if !self.sign_written && starts && (!self.space_before_point(t) || self.last_is_point()) {
            self.write_sign(t);
        }
        if self.place < self.spaces && (!t.zero || self.zero_start > self.place) {
            if !t.fill {
                self.out.push(' ');
            }
        } else if t.zero && self.place < self.spaces {
            self.out.push('0');
            self.in_number = true;
        } else {
            match self.digits.get(self.at).copied() {
                Some('.') if !self.last_is_point() || t.fill => self.out.push('.'),
                Some('.') | None => {}
                // A trailing zero that the fill mode drops.
                Some(_) if self.last_relevant.is_some_and(|last| self.at > last) && key != Key::Zero => {}
                Some(_) if self.space_before_point(t) => {
                    if !t.fill {
                        self.out.push(' ');
                    } else if self.last_is_point() {
                        self.out.push('0');
                    }
                }
                Some(digit) => {
                    self.out.push(digit);
                    self.in_number = true;
                }
            }
            self.at = (self.at + 1).min(self.digits.len());
        }
        let mut end = count + i64::from(self.spaces > 0) + i64::from(t.decimal);
        if self.last_relevant == Some(self.at) {
            end = self.place as i64;
        }
        if self.place as i64 + 1 == end {
            if self.sign_written && t.bracket {
                self.out.push(if self.sign == '+' { ' ' } else { '>' });
            } else if t.locale_sign && t.lsign == SignSide::After {
                self.out.push(self.sign);
            }
        }
        self.place += 1;
    }
}

/// Reads a number by template; `None` for an empty template.
///
/// # Errors
/// For the client.
pub(crate) fn to_number(text: &str, template: &str) -> Result<Option<Numeric>, DatumError> {
    if template.is_empty() {
        return Ok(None);
    }
    let t = Template::parse(template)?;
    if t.roman || t.exponent {
        let name = if t.roman { "RN" } else { "EEEE" };
        return Err(DatumError::FeatureNotSupported(format!("\"{name}\" not supported for input")));
    }
    let mut r = Reader {
        input: text.chars().collect(),
        at: 0,
        sign: ' ',
        digits: String::new(),
        pre: 0,
        post: 0,
        point: false,
    };
    for node in &t.nodes {
        if r.at >= r.input.len() {
            break;
        }
        match node {
            Node::Char(_) => r.at += 1,
            Node::Key(Key::Nine | Key::Zero) => {
                r.digit(&t, true);
                r.at += 1;
            }
            Node::Key(Key::Point) => {
                r.digit(&t, false);
                r.at += 1;
            }
            Node::Key(Key::Comma) => {
                if !(t.fill && r.pre + r.post == 0) && r.peek() == Some(',') {
                    r.at += 1;
                }
            }
            Node::Key(Key::Currency | Key::Minus | Key::Plus | Key::EitherSign) => r.skip_other(1),
            Node::Key(Key::Ordinal { .. }) if !t.decimal => r.skip_other(2),
            Node::Key(_) => {}
        }
    }
    let sign = if r.sign == '-' { "-" } else { "" };
    let value: Numeric = format!("{sign}{}", r.digits.trim_end_matches('.')).parse()?;
    let precision = (t.pre + t.multi + r.post).max(1) as i32;
    let value = value.coerce_typmod(crate::numeric::typmod(precision, r.post as i32))?;
    // 10 to the power of -multi.
    if t.has_multi {
        let ten = Numeric::new(10, 0);
        value.mul(&ten.power(&Numeric::new(-(t.multi as i64), 0))?).map(Some)
    } else {
        Ok(Some(value))
    }
}

struct Reader {
    input: Vec<char>,
    at: usize,
    sign: char,
    digits: String,
    pre: usize,
    post: usize,
    point: bool,
}
impl Reader {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at).copied()
    }
    /// Skips characters that no number has.
    fn skip_other(&mut self, count: usize) {
        for _ in 0..count {
            match self.peek() {
                Some(c) if !"0123456789.,+-".contains(c) => self.at += 1,
                _ => break,
            }
        }
    }
    fn digit(&mut self, t: &Template, is_digit: bool) {
        if self.peek() == Some(' ') {
            self.at += 1;
        }
        if self.sign == ' ' && is_digit && self.pre + self.post == 0 {
            match self.peek() {
                Some('<') if t.bracket => {
                    self.sign = '-';
                    self.at += 1;
                }
                Some(c @ ('-' | '+')) => {
                    self.sign = c;
                    self.at += 1;
                }
                _ => {}
            }
        }
        let mut read = false;
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                if self.point && self.post == t.post {
                    return;
                }
                self.digits.push(c);
                *(if self.point { &mut self.post } else { &mut self.pre }) += 1;
                read = true;
            }
            Some('.') if t.decimal && !self.point => {
                self.digits.push('.');
                self.point = true;
                read = true;
            }
            _ => {}
        }
        if self.sign != ' ' || self.pre + self.post == 0 {
            return;
        }
        // A sign behind the last digit.
        if t.locale_sign {
            if read && let Some(c @ ('-' | '+')) = self.input.get(self.at + 1).copied() {
                self.sign = c;
                self.at += 1;
            }
        } else if !read && let Some(c @ ('-' | '+')) = self.peek() {
            self.sign = c;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str, template: &str) -> String {
        let n: Numeric = text.parse().expect("numeric");
        to_char(Number::Exact(&n), template).expect("valid template")
    }

    #[test]
    fn numbers_print_as_the_manual_shows() {
        for (number, template, expected) in [
            ("-0.1", "99.99", "  -.10"),
            ("-0.1", "FM9.99", "-.1"),
            ("-0.1", "FM90.99", "-0.1"),
            ("0.1", "0.9", " 0.1"),
            ("12", "9990999.9", "    0012.0"),
            ("12", "FM9990999.9", "0012."),
            ("-485", "999", "-485"),
            ("485", "9 9 9", " 4 8 5"),
            ("1485", "9,999", " 1,485"),
            ("148.5", "999.999", " 148.500"),
            ("148.5", "FM999.999", "148.5"),
            ("148.5", "FM999.990", "148.500"),
            ("3148.5", "9G999D999", " 3,148.500"),
            ("-485", "999S", "485-"),
            ("-485", "999MI", "485-"),
            ("485", "999MI", "485 "),
            ("485", "PL999", "+ 485"),
            ("-485", "SG999", "-485"),
            ("-485", "9SG99", "4-85"),
            ("-485", "999PR", "<485>"),
            ("485", "RN", "        CDLXXXV"),
            ("5.2", "FMRN", "V"),
            ("482", "999th", " 482nd"),
            ("485", "\"Good number:\"999", "Good number: 485"),
            ("485.8", "\"Pre:\"999\" Post:\" .999", "Pre: 485 Post: .800"),
            ("12.45", "99V9", " 125"),
            ("0.0004859", "9.99EEEE", " 4.86e-04"),
            ("9.999", "9.9EEEE", " 10.0e+00"),
            ("1234", "99", " ##"),
        ] {
            assert_eq!(exact(number, template), expected, "{number} by {template}");
        }
    }

    #[test]
    fn a_template_that_contradicts_itself_is_refused() {
        let n = Numeric::one();
        for template in ["9.9.9", "9S9S", "S9PL", "9PR9", "9.9V9", "9EEEE9", "FM9EEEE"] {
            assert!(to_char(Number::Exact(&n), template).is_err(), "{template}");
        }
    }

    #[test]
    fn numbers_are_read_by_template() {
        for (text, template, expected) in [
            ("12,454.8-", "99G999D9S", "-12454.8"),
            ("-34,338,492", "99G999G999", "-34338492"),
            ("<564646.654564>", "999999.999999PR", "-564646.654564"),
            ("5.01-", "FM9.999999MI", "-5.01"),
            ("123456", "99G999", "12345"),
        ] {
            let got = to_number(text, template).expect("valid").expect("a number");
            let mut shown = String::new();
            got.write_into(&mut shown);
            assert_eq!(shown, expected, "{text} by {template}");
        }
    }
}
