//! Expressions, by PostgreSQL's precedence (manual 4.1.6), climbing from loose to tight.

use super::ast::*;
use super::lexer::Tok;
use super::parser::{DEPTH_MAX, Parser};
use super::words;
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::plan::{FrameExclude, FrameUnits};

// Binding powers, loosest first.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARISON: u8 = 5;
const RANGE: u8 = 6;
const OTHER_OP: u8 = 7;
const ADD: u8 = 8;
const MULTIPLY: u8 = 9;
const POWER: u8 = 10;
const AT_ZONE: u8 = 11;
const COLLATE: u8 = 12;
const SIGN: u8 = 13;

impl Parser<'_> {
    pub fn expr(&mut self) -> Result<Expr> {
        self.nested(|p| p.expr_above(0))
    }
    /// PostgreSQL's `b_expr`, near enough: no AND, OR, NOT, BETWEEN, IN, LIKE, IS outside parentheses.
    pub fn restricted_expr(&mut self) -> Result<Expr> {
        self.nested(|p| p.expr_above(RANGE))
    }
    pub fn expr_list(&mut self) -> Result<Vec<Expr>> {
        self.comma_list(Self::expr)
    }

    /// An expression of operators that bind tighter than `min`.
    fn expr_above(&mut self, min: u8) -> Result<Expr> {
        let mut left = self.prefix(min)?;
        // Chains lean left: bound their length by what the passes' stacks bear.
        let mut links = 0;
        let mut compared = false;
        loop {
            links += 1;
            if links + self.depth > 5 * DEPTH_MAX {
                return Err(PlanError::new(PlanErrorKind::StatementTooComplex(format!(
                    "expression of more than {} operators in a row",
                    5 * DEPTH_MAX
                )))
                .at(self.at()));
            }
            let at = self.at();
            let boxed = |e: Expr| Box::new(e);
            match self.peek().clone() {
                Tok::Op(op) if op == "::" => {
                    self.pos += 1;
                    let ty = self.type_name()?;
                    left = Expr::new(at, ExprKind::Cast { expr: boxed(left), ty });
                }
                Tok::Punct('[') => left = self.subscript(left)?,
                Tok::Op(op) => {
                    let power = match op.as_str() {
                        "<" | ">" | "=" | "<=" | ">=" | "<>" => COMPARISON,
                        "+" | "-" => ADD,
                        "*" | "/" | "%" => MULTIPLY,
                        "^" => POWER,
                        ":=" | "=>" | ".." => return Ok(left),
                        _ => OTHER_OP,
                    };
                    if power <= min {
                        return Ok(left);
                    }
                    if power == COMPARISON && std::mem::replace(&mut compared, true) {
                        return self.unexpected();
                    }
                    self.pos += 1;
                    left = self.infix(left, OperatorName::plain(&op), power, at)?;
                }
                Tok::Ident { name, quoted: false } => match name.as_str() {
                    "or" if OR > min => {
                        self.pos += 1;
                        let right = self.nested(|p| p.expr_above(OR))?;
                        left = match left {
                            Expr { at, kind: ExprKind::Or(mut args) } if links > 1 => {
                                args.push(right);
                                links -= 1;
                                Expr::new(at, ExprKind::Or(args))
                            }
                            l => Expr::new(at, ExprKind::Or(vec![l, right])),
                        };
                    }
                    "and" if AND > min => {
                        self.pos += 1;
                        let right = self.nested(|p| p.expr_above(AND))?;
                        left = match left {
                            Expr { at, kind: ExprKind::And(mut args) } if links > 1 => {
                                args.push(right);
                                links -= 1;
                                Expr::new(at, ExprKind::And(args))
                            }
                            l => Expr::new(at, ExprKind::And(vec![l, right])),
                        };
                    }
                    "is" if IS > min => {
                        self.pos += 1;
                        left = self.is_test(left, at)?;
                    }
                    "isnull" if IS > min => {
                        self.pos += 1;
                        left = Expr::new(at, ExprKind::IsNull { expr: boxed(left), negated: false });
                    }
                    "notnull" if IS > min => {
                        self.pos += 1;
                        left = Expr::new(at, ExprKind::IsNull { expr: boxed(left), negated: true });
                    }
                    "between" | "in" | "like" | "ilike" | "similar" if RANGE > min => {
                        left = self.range_test(left, false, at)?;
                    }
                    "not"
                        if RANGE > min
                            && ["between", "in", "like", "ilike", "similar"]
                                .iter()
                                .any(|w| self.is_at(1, w)) =>
                    {
                        self.pos += 1;
                        left = self.range_test(left, true, at)?;
                    }
                    "at" if AT_ZONE > min && self.is_at(1, "time") && self.is_at(2, "zone") => {
                        self.pos += 3;
                        let zone = self.nested(|p| p.expr_above(AT_ZONE))?;
                        left = Expr::call(at, "timezone", vec![zone, left]);
                    }
                    "collate" if COLLATE > min => {
                        self.pos += 1;
                        let mut collation = vec![self.label()?];
                        while self.eat_punct('.') {
                            collation.push(self.label()?);
                        }
                        left = Expr::new(at, ExprKind::Collate { expr: boxed(left), collation });
                    }
                    "operator" if OTHER_OP > min && *self.peek_at(1) == Tok::Punct('(') => {
                        let op = self.operator_call()?;
                        left = self.infix(left, op, OTHER_OP, at)?;
                    }
                    "overlaps" if OTHER_OP > min => {
                        return Err(PlanError::not_supported("OVERLAPS").at(at));
                    }
                    _ => return Ok(left),
                },
                _ => return Ok(left),
            }
        }
    }
    /// `OPERATOR(schema.op)`
    fn operator_call(&mut self) -> Result<OperatorName> {
        self.expect("operator")?;
        self.expect_punct('(')?;
        let mut schema = None;
        while !matches!(self.peek(), Tok::Op(_)) {
            schema = Some(self.label()?);
            self.expect_punct('.')?;
        }
        let Tok::Op(name) = self.next() else { return self.unexpected() };
        self.expect_punct(')')?;
        Ok(OperatorName { schema, name })
    }
    pub fn any_operator(&mut self) -> Result<OperatorName> {
        if self.is("operator") {
            return self.operator_call();
        }
        match self.next() {
            Tok::Op(name) => Ok(OperatorName { schema: None, name }),
            _ => Err(self.unexpected_at(self.pos.saturating_sub(1))),
        }
    }
    /// What follows an infix operator: an operand, or ANY/ALL.
    fn infix(&mut self, left: Expr, op: OperatorName, power: u8, at: usize) -> Result<Expr> {
        if self.is_any(&["any", "some", "all"]) && *self.peek_at(1) == Tok::Punct('(') {
            let all = self.is("all");
            self.pos += 2;
            let expr = Box::new(left);
            let kind = if self.is_query_ahead() {
                let query = Box::new(self.query()?);
                ExprKind::QuantifiedQuery { expr, op, all, query, negated: false }
            } else {
                ExprKind::Quantified { expr, op, all, array: Box::new(self.expr()?) }
            };
            self.expect_punct(')')?;
            return Ok(Expr::new(at, kind));
        }
        let right = self.nested(|p| p.expr_above(power))?;
        Ok(Expr::new(at, ExprKind::Binary { op, left: Box::new(left), right: Box::new(right) }))
    }
    fn is_test(&mut self, left: Expr, at: usize) -> Result<Expr> {
        let negated = self.eat("not");
        let expr = Box::new(left);
        let kind = if self.eat("null") {
            ExprKind::IsNull { expr, negated }
        } else if self.eat("true") {
            ExprKind::IsBool { expr, value: Some(true), negated }
        } else if self.eat("false") {
            ExprKind::IsBool { expr, value: Some(false), negated }
        } else if self.eat("unknown") {
            ExprKind::IsBool { expr, value: None, negated }
        } else if self.eat_all(&["distinct", "from"]) {
            let right = Box::new(self.nested(|p| p.expr_above(IS))?);
            ExprKind::IsDistinct { left: expr, right, negated }
        } else if self.is_any(&["document", "normalized", "nfc", "nfd", "nfkc", "nfkd", "json"]) {
            return Err(
                PlanError::not_supported(format!("IS {}", self.word().unwrap_or("").to_uppercase())).at(at)
            );
        } else {
            return self.unexpected();
        };
        Ok(Expr::new(at, kind))
    }
    /// BETWEEN, IN, LIKE, ILIKE, SIMILAR TO.
    fn range_test(&mut self, left: Expr, negated: bool, at: usize) -> Result<Expr> {
        let expr = Box::new(left);
        if self.eat("between") {
            let symmetric = self.eat("symmetric") || {
                self.eat("asymmetric");
                false
            };
            let low = Box::new(self.restricted_expr()?);
            self.expect("and")?;
            let high = Box::new(self.restricted_expr()?);
            return Ok(Expr::new(at, ExprKind::Between { expr, low, high, negated, symmetric }));
        }
        if self.eat("in") {
            self.expect_punct('(')?;
            let kind = if self.is_query_ahead() {
                let query = Box::new(self.query()?);
                ExprKind::QuantifiedQuery { expr, op: OperatorName::plain("="), all: false, query, negated }
            } else {
                ExprKind::InList { expr, list: self.expr_list()?, negated }
            };
            self.expect_punct(')')?;
            return Ok(Expr::new(at, kind));
        }
        let (op, not_op, escape_function) = if self.eat("like") {
            ("~~", "!~~", "like_escape")
        } else if self.eat("ilike") {
            ("~~*", "!~~*", "like_escape")
        } else {
            self.expect_all(&["similar", "to"])?;
            ("~", "!~", "similar_to_escape")
        };
        let name = OperatorName::plain(if negated { not_op } else { op });
        if self.is_any(&["any", "some", "all"]) && *self.peek_at(1) == Tok::Punct('(') {
            return self.infix(*expr, name, RANGE, at);
        }
        let mut pattern = self.nested(|p| p.expr_above(RANGE))?;
        let similar = escape_function == "similar_to_escape";
        if self.eat("escape") {
            let escape = self.nested(|p| p.expr_above(RANGE))?;
            pattern = Expr::call(at, escape_function, vec![pattern, escape]);
        } else if similar {
            pattern = Expr::call(at, escape_function, vec![pattern]);
        }
        Ok(Expr::new(at, ExprKind::Binary { op: name, left: expr, right: Box::new(pattern) }))
    }
    fn subscript(&mut self, left: Expr) -> Result<Expr> {
        let at = left.at;
        self.expect_punct('[')?;
        let expr = Box::new(left);
        let lower = if self.is_punct(':') { None } else { Some(Box::new(self.expr()?)) };
        let kind = if self.eat_punct(':') {
            let upper = if self.is_punct(']') { None } else { Some(Box::new(self.expr()?)) };
            ExprKind::Slice { expr, lower, upper }
        } else {
            let Some(index) = lower else { return self.unexpected() };
            ExprKind::Subscript { expr, index }
        };
        self.expect_punct(']')?;
        Ok(Expr::new(at, kind))
    }

    fn prefix(&mut self, min: u8) -> Result<Expr> {
        let at = self.at();
        match self.peek().clone() {
            Tok::Op(op) if op == "-" || op == "+" => {
                self.pos += 1;
                let operand = self.nested(|p| p.expr_above(SIGN))?;
                // As in PostgreSQL's doNegate: a signed literal is one literal.
                if let (ExprKind::Number(n), "-") = (&operand.kind, op.as_str()) {
                    let n = n.strip_prefix('-').map_or_else(|| format!("-{n}"), str::to_string);
                    return Ok(Expr::new(at, ExprKind::Number(n)));
                }
                Ok(Expr::new(at, ExprKind::Unary { op: OperatorName::plain(&op), expr: Box::new(operand) }))
            }
            Tok::Op(op) if !matches!(op.as_str(), "::" | ":=" | "=>" | ".." | "*") => {
                self.pos += 1;
                let operand = self.nested(|p| p.expr_above(OTHER_OP))?;
                Ok(Expr::new(at, ExprKind::Unary { op: OperatorName::plain(&op), expr: Box::new(operand) }))
            }
            Tok::Ident { name, quoted: false } if name == "not" && min < NOT => {
                self.pos += 1;
                let operand = self.nested(|p| p.expr_above(NOT - 1))?;
                Ok(Expr::new(at, ExprKind::Not(Box::new(operand))))
            }
            Tok::Ident { name, quoted: false }
                if name == "operator" && *self.peek_at(1) == Tok::Punct('(') =>
            {
                let op = self.operator_call()?;
                let operand = self.nested(|p| p.expr_above(OTHER_OP))?;
                Ok(Expr::new(at, ExprKind::Unary { op, expr: Box::new(operand) }))
            }
            _ => self.primary(),
        }
    }

    fn primary(&mut self) -> Result<Expr> {
        let at = self.at();
        let lit = |kind| Ok(Expr::new(at, kind));
        match self.peek().clone() {
            Tok::Number(n) => {
                self.pos += 1;
                lit(ExprKind::Number(n))
            }
            Tok::String(s) => {
                self.pos += 1;
                lit(ExprKind::String(s))
            }
            Tok::BitString(s) => {
                self.pos += 1;
                lit(ExprKind::BitString(s))
            }
            Tok::Param(n) => {
                if n == 0 {
                    return Err(PlanError::new(PlanErrorKind::UndefinedParameter(0)).at(at));
                }
                self.pos += 1;
                self.parameters = self.parameters.max(n);
                let param = Expr::new(at, ExprKind::Param(n));
                self.field_selections(param)
            }
            Tok::Punct('(') => self.parenthesised(),
            Tok::Ident { quoted, name } => {
                if !quoted && let Some(expr) = self.special_form(&name, at)? {
                    return Ok(expr);
                }
                self.name_or_call(at)
            }
            _ => self.unexpected(),
        }
    }
    pub fn is_query_ahead(&self) -> bool {
        // `((SELECT ...))` and `(SELECT ...) UNION ...` count, too
        let mut ahead = 0;
        while *self.peek_at(ahead) == Tok::Punct('(') {
            ahead += 1;
        }
        ["select", "values", "with", "table"].iter().any(|w| self.is_at(ahead, w))
            && (ahead == 0 || !self.closes_before_end(ahead))
    }
    /// Whether `((select 1) + 2` rather than `((select 1) union ...`: the parenthesis that `ahead` opened closes and an
    /// operator or comma follows inside the outer one.
    fn closes_before_end(&self, ahead: usize) -> bool {
        let mut depth = ahead;
        let mut i = ahead;
        loop {
            match self.peek_at(i) {
                Tok::End => return false,
                Tok::Punct('(') => depth += 1,
                Tok::Punct(')') => {
                    depth -= 1;
                    if depth < ahead {
                        // what follows decides
                        return !matches!(self.peek_at(i + 1), Tok::Punct(')' | ';') | Tok::End)
                            && !["union", "intersect", "except", "order", "limit", "offset", "fetch", "for"]
                                .iter()
                                .any(|w| self.is_at(i + 1, w));
                    }
                }
                _ => {}
            }
            i += 1;
        }
    }
    fn parenthesised(&mut self) -> Result<Expr> {
        let at = self.at();
        self.pos += 1;
        if self.is_query_ahead() {
            let query = Box::new(self.nested(|p| p.query())?);
            self.expect_punct(')')?;
            let expr = Expr::new(at, ExprKind::ScalarQuery(query));
            return self.field_selections(expr);
        }
        let first = self.expr()?;
        if self.eat_punct(',') {
            let mut items = vec![first];
            items.extend(self.expr_list()?);
            self.expect_punct(')')?;
            return Ok(Expr::new(at, ExprKind::Row { items, explicit: false }));
        }
        self.expect_punct(')')?;
        self.field_selections(first)
    }
    /// `(expr).field`, `(expr).*`
    fn field_selections(&mut self, mut expr: Expr) -> Result<Expr> {
        while self.is_punct('.') {
            let at = self.at();
            self.pos += 1;
            if self.is_op("*") {
                return Err(PlanError::not_supported("expansion of a row expression with .*").at(at));
            }
            let name = self.label()?;
            expr = Expr::new(at, ExprKind::Field { expr: Box::new(expr), name });
        }
        Ok(expr)
    }

    /// Forms that begin with a key word; `None`: an ordinary name.
    fn special_form(&mut self, word: &str, at: usize) -> Result<Option<Expr>> {
        let opens = *self.peek_at(1) == Tok::Punct('(');
        let done = |kind| Ok(Some(Expr::new(at, kind)));
        match word {
            "null" => {
                self.pos += 1;
                done(ExprKind::Null)
            }
            "true" | "false" => {
                self.pos += 1;
                done(ExprKind::Bool(word == "true"))
            }
            "default" => {
                self.pos += 1;
                done(ExprKind::Default)
            }
            "case" => self.case(at).map(Some),
            "cast" if opens => {
                self.pos += 2;
                let expr = Box::new(self.expr()?);
                self.expect("as")?;
                let ty = self.type_name()?;
                self.expect_punct(')')?;
                done(ExprKind::Cast { expr, ty })
            }
            "exists" if opens => {
                self.pos += 2;
                let query = Box::new(self.nested(|p| p.query())?);
                self.expect_punct(')')?;
                done(ExprKind::Exists(query))
            }
            "array" => {
                self.pos += 1;
                if self.eat_punct('(') {
                    let query = Box::new(self.nested(|p| p.query())?);
                    self.expect_punct(')')?;
                    return done(ExprKind::ArrayQuery(query));
                }
                self.array_items(at).map(Some)
            }
            "row" if opens => {
                self.pos += 2;
                let items = if self.is_punct(')') { vec![] } else { self.expr_list()? };
                self.expect_punct(')')?;
                done(ExprKind::Row { items, explicit: true })
            }
            "coalesce" if opens => {
                self.pos += 1;
                let args = self.paren_list(Self::expr)?;
                done(ExprKind::Coalesce(args))
            }
            "greatest" | "least" if opens => {
                self.pos += 1;
                let args = self.paren_list(Self::expr)?;
                done(ExprKind::MinMax { greatest: word == "greatest", args })
            }
            "nullif" if opens => {
                self.pos += 2;
                let a = Box::new(self.expr()?);
                self.expect_punct(',')?;
                let b = Box::new(self.expr()?);
                self.expect_punct(')')?;
                done(ExprKind::NullIf(a, b))
            }
            "grouping" if opens => {
                self.pos += 1;
                let args = self.paren_list(Self::expr)?;
                done(ExprKind::Grouping(args))
            }
            "extract" if opens => {
                self.pos += 2;
                let field_at = self.at();
                let field = match self.next() {
                    Tok::Ident { name, .. } => name,
                    Tok::String(s) => s,
                    _ => return Err(self.unexpected_at(self.pos - 1)),
                };
                self.expect("from")?;
                let arg = self.expr()?;
                self.expect_punct(')')?;
                Ok(Some(Expr::call(at, "extract", vec![Expr::new(field_at, ExprKind::String(field)), arg])))
            }
            "position" if opens => {
                self.pos += 2;
                let needle = self.restricted_expr()?;
                self.expect("in")?;
                let hay = self.restricted_expr()?;
                self.expect_punct(')')?;
                Ok(Some(Expr::call(at, "position", vec![hay, needle])))
            }
            "substring" if opens => {
                self.pos += 2;
                self.substring(at).map(Some)
            }
            "overlay" if opens => {
                self.pos += 2;
                let mut args = vec![self.expr()?];
                if self.eat("placing") {
                    args.push(self.expr()?);
                    self.expect("from")?;
                    args.push(self.expr()?);
                    if self.eat("for") {
                        args.push(self.expr()?);
                    }
                } else {
                    while self.eat_punct(',') {
                        args.push(self.expr()?);
                    }
                }
                self.expect_punct(')')?;
                Ok(Some(Expr::call(at, "overlay", args)))
            }
            "trim" if opens => {
                self.pos += 2;
                self.trim(at).map(Some)
            }
            "normalize" | "treat" | "xmlelement" | "xmlconcat" | "xmlforest" | "xmlparse" | "xmlpi"
            | "xmlroot" | "xmlserialize" | "xmlexists"
                if opens =>
            {
                Err(PlanError::not_supported(word.to_uppercase()).at(at))
            }
            "current_date" | "current_time" | "current_timestamp" | "localtime" | "localtimestamp"
            | "current_user" | "current_role" | "session_user" | "user" | "current_catalog" => {
                self.value_function(word, at).map(Some)
            }
            "current_schema" if !opens => self.value_function(word, at).map(Some),
            "interval" if matches!(self.peek_at(1), Tok::String(_)) || opens => self.interval_literal(at),
            _ => self.typed_literal(word, at),
        }
    }
    fn value_function(&mut self, word: &str, at: usize) -> Result<Expr> {
        const NAMES: [&str; 11] = [
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "current_user",
            "current_role",
            "session_user",
            "user",
            "current_catalog",
            "current_schema",
        ];
        self.pos += 1;
        let Some(name) = NAMES.into_iter().find(|n| *n == word) else { return self.unexpected() };
        let timed = matches!(name, "current_time" | "current_timestamp" | "localtime" | "localtimestamp");
        let precision = if timed && self.eat_punct('(') {
            let p = self.integer()?;
            self.expect_punct(')')?;
            Some(p.clamp(0, 6) as i32)
        } else {
            None
        };
        Ok(Expr::new(at, ExprKind::ValueFunction { name, precision }))
    }
    /// `INTERVAL '1' DAY`, `INTERVAL(3) '1.5'`
    fn interval_literal(&mut self, at: usize) -> Result<Option<Expr>> {
        let save = self.pos;
        self.pos += 1;
        let mut modifiers = vec![];
        if self.is_punct('(') {
            match self.paren_list(Self::integer) {
                Ok(m) if matches!(self.peek(), Tok::String(_)) => modifiers = m,
                _ => {
                    self.pos = save;
                    return Ok(None);
                }
            }
        }
        let value_at = self.at();
        let value = self.string()?;
        let (interval_fields, field_modifiers) = self.interval_fields()?;
        if !field_modifiers.is_empty() {
            modifiers = field_modifiers;
        }
        let ty =
            TypeName { schema: None, name: "interval".into(), modifiers, interval_fields, array: false, at };
        let expr = Box::new(Expr::new(value_at, ExprKind::String(value)));
        Ok(Some(Expr::new(at, ExprKind::Cast { expr, ty })))
    }
    /// `DATE '2020-01-01'`, `double precision '1'`, `pg_catalog.int4 '1'`: a type name right before a string.
    fn typed_literal(&mut self, word: &str, at: usize) -> Result<Option<Expr>> {
        if words::is_reserved(word) || (words::is_type_func(word) && word != "binary") {
            return Ok(None);
        }
        // Cheap test first: a string must follow the type within a few tokens.
        let near = (1..=8).any(|i| matches!(self.peek_at(i), Tok::String(_)));
        let starts =
            matches!(self.peek_at(1), Tok::String(_) | Tok::Punct('(') | Tok::Punct('.') | Tok::Punct('['))
                || ["precision", "varying", "with", "without", "character", "char"]
                    .iter()
                    .any(|w| self.is_at(1, w));
        if !near || !starts {
            return Ok(None);
        }
        let save = self.pos;
        if let Ok(ty) = self.type_name()
            && matches!(self.peek(), Tok::String(_))
        {
            let value_at = self.at();
            let value = self.string()?;
            let expr = Box::new(Expr::new(value_at, ExprKind::String(value)));
            return Ok(Some(Expr::new(at, ExprKind::Cast { expr, ty })));
        }
        self.pos = save;
        Ok(None)
    }
    fn case(&mut self, at: usize) -> Result<Expr> {
        self.expect("case")?;
        let operand = if self.is("when") { None } else { Some(Box::new(self.expr()?)) };
        let mut whens = Vec::new();
        while self.eat("when") {
            let condition = self.expr()?;
            self.expect("then")?;
            whens.push((condition, self.expr()?));
        }
        if whens.is_empty() {
            return self.unexpected();
        }
        let otherwise = if self.eat("else") { Some(Box::new(self.expr()?)) } else { None };
        self.expect("end")?;
        Ok(Expr::new(at, ExprKind::Case { operand, whens, otherwise }))
    }
    fn array_items(&mut self, at: usize) -> Result<Expr> {
        self.expect_punct('[')?;
        let mut items = Vec::new();
        if !self.is_punct(']') {
            loop {
                let at = self.at();
                items.push(if self.is_punct('[') {
                    self.nested(|p| p.array_items(at))?
                } else {
                    self.expr()?
                });
                if !self.eat_punct(',') {
                    break;
                }
            }
        }
        self.expect_punct(']')?;
        Ok(Expr::new(at, ExprKind::Array(items)))
    }
    fn substring(&mut self, at: usize) -> Result<Expr> {
        let one = |at| Expr::new(at, ExprKind::Number("1".into()));
        let mut args = vec![self.expr()?];
        if self.eat("from") {
            args.push(self.expr()?);
            if self.eat("for") {
                args.push(self.expr()?);
            }
        } else if self.eat("for") {
            let len = self.expr()?;
            if self.eat("from") {
                args.push(self.expr()?);
            } else {
                args.push(one(at));
            }
            // As in PostgreSQL: the length of `FOR` alone is cast to int4.
            let ty = TypeName {
                schema: None,
                name: "int4".into(),
                modifiers: vec![],
                interval_fields: None,
                array: false,
                at,
            };
            args.push(Expr::new(len.at, ExprKind::Cast { expr: Box::new(len), ty }));
        } else if self.eat("similar") {
            args.push(self.expr()?);
            self.expect("escape")?;
            args.push(self.expr()?);
        } else {
            while self.eat_punct(',') {
                args.push(self.expr()?);
            }
        }
        self.expect_punct(')')?;
        Ok(Expr::call(at, "substring", args))
    }
    fn trim(&mut self, at: usize) -> Result<Expr> {
        let name = if self.eat("leading") {
            "ltrim"
        } else if self.eat("trailing") {
            "rtrim"
        } else {
            self.eat("both");
            "btrim"
        };
        let mut args = Vec::new();
        if self.eat("from") {
            args = self.expr_list()?;
        } else {
            let first = self.expr()?;
            if self.eat("from") {
                args = self.expr_list()?;
                args.push(first);
            } else {
                args.push(first);
                while self.eat_punct(',') {
                    args.push(self.expr()?);
                }
            }
        }
        self.expect_punct(')')?;
        Ok(Expr::call(at, name, args))
    }

    /// A column, or a call.
    fn name_or_call(&mut self, at: usize) -> Result<Expr> {
        let first_word = self.word().map(str::to_string);
        let quoted_or_name = self.is_name();
        let first = match &first_word {
            Some(w) if words::is_reserved(w) => return self.unexpected(),
            _ => self.label()?,
        };
        let mut parts = vec![first];
        while self.is_punct('.') {
            self.pos += 1;
            if self.is_op("*") {
                self.pos += 1;
                return Ok(Expr::new(at, ExprKind::Star(parts)));
            }
            parts.push(self.label()?);
        }
        if self.is_punct('(') && !(parts.len() == 1 && first_word.as_deref().is_some_and(words::is_col_name))
        {
            let call = self.call(parts)?;
            return Ok(Expr::new(at, ExprKind::Call(Box::new(call))));
        }
        if parts.len() == 1 && !quoted_or_name {
            self.pos -= 1;
            return self.unexpected();
        }
        Ok(Expr::new(at, ExprKind::Column(parts)))
    }
    /// At the opening parenthesis of a call.
    pub fn call(&mut self, name: Vec<String>) -> Result<Call> {
        self.expect_punct('(')?;
        let mut call = Call::plain(name, vec![]);
        if self.eat_op("*") {
            call.star = true;
        } else if !self.is_punct(')') {
            call.distinct = self.eat("distinct");
            if !call.distinct {
                self.eat("all");
            }
            loop {
                if self.eat("variadic") {
                    call.variadic = true;
                }
                let name =
                    if self.is_name() && matches!(self.peek_at(1), Tok::Op(o) if o == "=>" || o == ":=") {
                        let name = self.name()?;
                        self.pos += 1;
                        Some(name)
                    } else {
                        None
                    };
                call.args.push(Argument { name, expr: self.expr()? });
                if !self.eat_punct(',') {
                    break;
                }
            }
            if self.eat_all(&["order", "by"]) {
                call.order_by = self.order_items()?;
            }
        }
        self.expect_punct(')')?;
        if self.eat_all(&["within", "group"]) {
            self.expect_punct('(')?;
            self.expect_all(&["order", "by"])?;
            call.within_group = self.order_items()?;
            self.expect_punct(')')?;
        }
        if self.is("filter") && *self.peek_at(1) == Tok::Punct('(') {
            self.pos += 2;
            self.expect("where")?;
            call.filter = Some(self.expr()?);
            self.expect_punct(')')?;
        }
        if self.is_any(&["ignore", "respect"]) && self.is_at(1, "nulls") {
            return Err(PlanError::not_supported("IGNORE/RESPECT NULLS").at(self.at()));
        }
        if self.eat("over") {
            call.over = Some(if self.is_punct('(') {
                Over::Spec(self.window_spec()?)
            } else {
                Over::Name(self.name()?)
            });
        }
        Ok(call)
    }
    pub fn window_spec(&mut self) -> Result<WindowSpec> {
        let at = self.at();
        self.expect_punct('(')?;
        let base = if self.is_name() && !self.is_any(&["partition", "order", "range", "rows", "groups"]) {
            Some(self.name()?)
        } else {
            None
        };
        let partition_by = if self.eat_all(&["partition", "by"]) { self.expr_list()? } else { vec![] };
        let order_by = if self.eat_all(&["order", "by"]) { self.order_items()? } else { vec![] };
        let frame = self.frame()?;
        self.expect_punct(')')?;
        Ok(WindowSpec { base, partition_by, order_by, frame, at })
    }
    fn frame(&mut self) -> Result<Option<Frame>> {
        let at = self.at();
        let units = if self.eat("range") {
            FrameUnits::Range
        } else if self.eat("rows") {
            FrameUnits::Rows
        } else if self.eat("groups") {
            FrameUnits::Groups
        } else {
            return Ok(None);
        };
        let (start, end) = if self.eat("between") {
            let start = self.frame_bound()?;
            self.expect("and")?;
            (start, self.frame_bound()?)
        } else {
            (self.frame_bound()?, Bound::CurrentRow)
        };
        let wrong = |what: &str| Err(PlanError::new(PlanErrorKind::WindowingError(what.into())).at(at));
        match (&start, &end) {
            (Bound::UnboundedFollowing, _) => return wrong("frame start cannot be UNBOUNDED FOLLOWING"),
            (_, Bound::UnboundedPreceding) => return wrong("frame end cannot be UNBOUNDED PRECEDING"),
            (Bound::CurrentRow, Bound::Preceding(_)) => {
                return wrong("frame starting from current row cannot have preceding rows");
            }
            (Bound::Following(_), Bound::CurrentRow | Bound::Preceding(_)) => {
                return wrong("frame starting from following row cannot have preceding rows");
            }
            _ => {}
        }
        let exclude = if self.eat("exclude") {
            if self.eat_all(&["current", "row"]) {
                FrameExclude::CurrentRow
            } else if self.eat("group") {
                FrameExclude::Group
            } else if self.eat("ties") {
                FrameExclude::Ties
            } else {
                self.expect_all(&["no", "others"])?;
                FrameExclude::NoOthers
            }
        } else {
            FrameExclude::NoOthers
        };
        Ok(Some(Frame { units, start, end, exclude, at }))
    }
    fn frame_bound(&mut self) -> Result<Bound> {
        if self.eat_all(&["current", "row"]) {
            return Ok(Bound::CurrentRow);
        }
        if self.eat("unbounded") {
            if self.eat("preceding") {
                return Ok(Bound::UnboundedPreceding);
            }
            self.expect("following")?;
            return Ok(Bound::UnboundedFollowing);
        }
        let offset = self.expr()?;
        if self.eat("preceding") {
            return Ok(Bound::Preceding(offset));
        }
        self.expect("following")?;
        Ok(Bound::Following(offset))
    }
    pub fn order_items(&mut self) -> Result<Vec<OrderItem>> {
        self.comma_list(|p| {
            let expr = p.expr()?;
            let mut item = OrderItem { expr, descending: false, nulls_first: None, using: None };
            if p.eat("desc") {
                item.descending = true;
            } else if p.eat("using") {
                let op = p.any_operator()?;
                match op.name.as_str() {
                    "<" => {}
                    ">" => item.descending = true,
                    _ => return Err(PlanError::not_supported(format!("ORDER BY USING {op}")).at(p.at())),
                }
                item.using = Some(op);
            } else {
                p.eat("asc");
            }
            if p.eat("nulls") {
                item.nulls_first = Some(p.eat("first"));
                if item.nulls_first == Some(false) {
                    p.expect("last")?;
                }
            }
            Ok(item)
        })
    }
}
