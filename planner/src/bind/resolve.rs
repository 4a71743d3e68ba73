//! Type conversion by PostgreSQL's rules (manual chapter 10): which operator, function and common type, and the casts that
//! they need. The algorithms are those of `parse_coerce.c`, `parse_func.c` and `parse_oper.c`.

use crate::bind::Binder;
use crate::error::{PlanError, PlanErrorKind, Result};
use crate::parse::ast::OperatorName;
use crate::scalar::Scalar;
use datum::{CastContext, Datum, EvalContext, Operator, SqlType, TypeId};

const UNKNOWN: TypeId = TypeId::UNKNOWN;

pub fn category(ty: TypeId) -> char {
    ty.info().map_or('X', |i| i.category)
}
fn preferred(ty: TypeId) -> bool {
    ty.info().is_some_and(|i| i.preferred)
}
pub fn is_polymorphic(ty: TypeId) -> bool {
    matches!(
        ty,
        TypeId::ANYELEMENT
            | TypeId::ANYARRAY
            | TypeId::ANYNONARRAY
            | TypeId::ANYCOMPATIBLE
            | TypeId::ANYCOMPATIBLEARRAY
            | TypeId::ANY
    )
}
fn is_array_like(ty: TypeId) -> bool {
    ty.element().is_some()
}
/// The same bits under both names.
pub fn is_binary_coercible(from: TypeId, to: TypeId) -> bool {
    from == to
        || matches!((from, to), (TypeId::VARCHAR, TypeId::TEXT) | (TypeId::TEXT, TypeId::VARCHAR))
        || (to == TypeId::OID && from.is_reg())
        || (from == TypeId::OID && to.is_reg())
}

/// How one type becomes another.
enum Path {
    Same,
    Relabel,
    Cast(&'static datum::Cast),
    ArrayCast(&'static datum::Cast),
    ArrayRelabel,
    ViaText,
}

fn find_path(from: TypeId, to: TypeId, context: CastContext) -> Option<Path> {
    if from == to {
        return Some(Path::Same);
    }
    if is_binary_coercible(from, to)
        && !(from == TypeId::OID && context == CastContext::Explicit && !to.is_reg())
    {
        return Some(Path::Relabel);
    }
    if let Some(cast) = datum::cast::find_cast(from, to) {
        return if cast.context <= context { Some(Path::Cast(cast)) } else { None };
    }
    if let (Some(f), Some(t)) = (from.element(), to.element())
        && !matches!(from, TypeId::INT2VECTOR | TypeId::OIDVECTOR)
    {
        return match find_path(f, t, context)? {
            Path::Cast(c) => Some(Path::ArrayCast(c)),
            Path::Same | Path::Relabel => Some(Path::ArrayRelabel),
            _ if context == CastContext::Explicit => Some(Path::ViaText),
            _ => None,
        };
    }
    // Through text: to a string by assignment, from a string explicitly.
    let to_string = category(to) == 'S' && context >= CastContext::Assignment;
    let from_string = category(from) == 'S' && context == CastContext::Explicit;
    (to_string || from_string).then_some(Path::ViaText)
}

/// Whether a value of type `from` may become `to` in that context.
pub fn can_coerce(from: TypeId, to: TypeId, context: CastContext) -> bool {
    if from == UNKNOWN || from == to {
        return true;
    }
    match to {
        TypeId::ANY | TypeId::ANYELEMENT | TypeId::ANYCOMPATIBLE => true,
        TypeId::ANYNONARRAY => !is_array_like(from),
        TypeId::ANYARRAY | TypeId::ANYCOMPATIBLEARRAY => is_array_like(from),
        _ => find_path(from, to, context).is_some(),
    }
}

/// Index of the best candidate; `Err(true)`: ambiguous, `Err(false)`: none fits.
fn select_candidate(candidates: &[Vec<TypeId>], args: &[TypeId]) -> Result<usize, bool> {
    let mut left: Vec<usize> = (0..candidates.len())
        .filter(|i| args.iter().zip(&candidates[*i]).all(|(a, c)| can_coerce(*a, *c, CastContext::Implicit)))
        // polymorphic types must agree with each other, too
        .filter(|i| make_concrete(&candidates[*i], TypeId::VOID, args).is_some())
        .collect();
    let one = |left: &Vec<usize>| if left.len() == 1 { Some(left[0]) } else { None };
    if left.is_empty() {
        return Err(false);
    }
    if let Some(i) = one(&left) {
        return Ok(i);
    }
    let keep_best = |left: &mut Vec<usize>, score: &dyn Fn(usize) -> usize| {
        let best = left.iter().map(|i| score(*i)).max().unwrap_or(0);
        left.retain(|i| score(*i) == best);
    };
    // most exact matches
    keep_best(&mut left, &|i| {
        args.iter().zip(&candidates[i]).filter(|(a, c)| **a != UNKNOWN && a == c).count()
    });
    if let Some(i) = one(&left) {
        return Ok(i);
    }
    // most exact or preferred ones
    keep_best(&mut left, &|i| {
        args.iter()
            .zip(&candidates[i])
            .filter(|(a, c)| **a != UNKNOWN && (a == c || (preferred(**c) && category(**c) == category(**a))))
            .count()
    });
    if let Some(i) = one(&left) {
        return Ok(i);
    }
    let unknowns = args.iter().filter(|a| **a == UNKNOWN).count();
    if unknowns == 0 {
        return Err(true);
    }
    // the category that the unknown arguments should have
    let mut resolved = Vec::new();
    for (pos, _) in args.iter().enumerate().filter(|(_, a)| **a == UNKNOWN) {
        let categories: Vec<char> = left.iter().map(|i| category(candidates[*i][pos])).collect();
        let wanted = if categories.contains(&'S') {
            Some('S')
        } else if categories.iter().all(|c| *c == categories[0]) {
            Some(categories[0])
        } else {
            None
        };
        match wanted {
            Some(c) => {
                let any_preferred =
                    left.iter().any(|i| category(candidates[*i][pos]) == c && preferred(candidates[*i][pos]));
                resolved.push((pos, c, any_preferred));
            }
            None => {
                resolved.clear();
                break;
            }
        }
    }
    if !resolved.is_empty() {
        let fits = |i: usize| {
            resolved.iter().all(|(pos, c, pref)| {
                let ty = candidates[i][*pos];
                category(ty) == *c && (!pref || preferred(ty))
            })
        };
        let kept: Vec<usize> = left.iter().copied().filter(|i| fits(*i)).collect();
        if !kept.is_empty() {
            left = kept;
        }
        if let Some(i) = one(&left) {
            return Ok(i);
        }
    }
    // all known arguments of one type: take the unknown ones to have it too
    let mut known = args.iter().filter(|a| **a != UNKNOWN);
    if let Some(first) = known.next()
        && known.all(|k| k == first)
    {
        let fits: Vec<usize> = left
            .iter()
            .copied()
            .filter(|i| candidates[*i].iter().all(|c| can_coerce(*first, *c, CastContext::Implicit)))
            .collect();
        if let [i] = fits.as_slice() {
            return Ok(*i);
        }
    }
    Err(true)
}

/// What a call resolves to: the declared types of each actual argument (polymorphic ones made concrete), and the result.
pub struct Signature {
    pub args: Vec<TypeId>,
    pub result: TypeId,
}

/// One overload as the resolution sees it.
pub struct Overload {
    pub args: &'static [TypeId],
    pub variadic: bool,
    pub optional: u8,
    pub result: TypeId,
}

impl Overload {
    /// Its argument types for a call with `n` arguments, if it takes as many.
    fn expand(&self, n: usize, explicit_variadic: bool) -> Option<Vec<TypeId>> {
        if self.variadic && !explicit_variadic {
            let fixed = self.args.len().checked_sub(1)?;
            if n < fixed || (n == fixed && self.args.last() != Some(&TypeId::ANY)) {
                return None;
            }
            let mut out = self.args[..fixed].to_vec();
            out.resize(n, *self.args.last()?);
            return Some(out);
        }
        let min = self.args.len() - usize::from(self.optional).min(self.args.len());
        (min..=self.args.len()).contains(&n).then(|| self.args[..n].to_vec())
    }
}

/// Chooses among overloads; `Err(true)`: ambiguous.
pub fn choose_overload(
    overloads: &[Overload],
    actual: &[TypeId],
    explicit_variadic: bool,
) -> Result<(usize, Signature), bool> {
    let mut which = Vec::new();
    let mut types = Vec::new();
    for (i, o) in overloads.iter().enumerate() {
        if let Some(expanded) = o.expand(actual.len(), explicit_variadic) {
            which.push(i);
            types.push(expanded);
        }
    }
    let exact = types.iter().position(|t| t.as_slice() == actual && !actual.contains(&UNKNOWN));
    let chosen = match exact {
        Some(i) => i,
        None => match select_candidate(&types, actual) {
            Ok(i) => i,
            // Among equals the one that is not variadic wins.
            Err(true) => {
                let plain: Vec<usize> = (0..which.len()).filter(|i| !overloads[which[*i]].variadic).collect();
                let plain_types: Vec<Vec<TypeId>> = plain.iter().map(|i| types[*i].clone()).collect();
                if plain.len() == which.len() || plain.is_empty() {
                    return Err(true);
                }
                plain[select_candidate(&plain_types, actual)?]
            }
            Err(false) => return Err(false),
        },
    };
    let signature = make_concrete(&types[chosen], overloads[which[chosen]].result, actual).ok_or(false)?;
    Ok((which[chosen], signature))
}

/// Gives polymorphic types of a signature the types that the actual arguments imply. `None`: they contradict each other.
fn make_concrete(declared: &[TypeId], result: TypeId, actual: &[TypeId]) -> Option<Signature> {
    let mut element: Option<TypeId> = None;
    let mut compatible: Vec<TypeId> = Vec::new();
    for (d, a) in declared.iter().zip(actual) {
        if *a == UNKNOWN {
            continue;
        }
        match *d {
            TypeId::ANYELEMENT | TypeId::ANYNONARRAY => match element {
                Some(e) if e != *a => return None,
                _ => element = Some(*a),
            },
            TypeId::ANYARRAY => {
                let e = a.element()?;
                match element {
                    Some(have) if have != e => return None,
                    _ => element = Some(e),
                }
            }
            TypeId::ANYCOMPATIBLE => compatible.push(*a),
            TypeId::ANYCOMPATIBLEARRAY => compatible.push(a.element()?),
            _ => {}
        }
    }
    let compatible = if compatible.is_empty() { None } else { Some(common_type(&compatible)?) };
    let polymorphic = declared.iter().any(|d| is_polymorphic(*d) && *d != TypeId::ANY);
    let element = element.or(polymorphic.then_some(TypeId::TEXT));
    let compatible = compatible.or(polymorphic.then_some(TypeId::TEXT));
    let concrete = |ty: TypeId| match ty {
        TypeId::ANYELEMENT | TypeId::ANYNONARRAY => element,
        TypeId::ANYARRAY => element.and_then(TypeId::array),
        TypeId::ANYCOMPATIBLE => compatible,
        TypeId::ANYCOMPATIBLEARRAY => compatible.and_then(TypeId::array),
        other => Some(other),
    };
    let args = declared
        .iter()
        .zip(actual)
        .map(|(d, a)| match *d {
            TypeId::ANY => Some(if *a == UNKNOWN { TypeId::TEXT } else { *a }),
            // an array argument keeps its own type (int2vector is an array of int2)
            TypeId::ANYARRAY if *a != UNKNOWN => Some(*a),
            d => concrete(d),
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Signature { args, result: concrete(result)? })
}

/// `select_common_type`: of UNION, CASE, VALUES, ARRAY. `None`: they do not match.
pub fn common_type(types: &[TypeId]) -> Option<TypeId> {
    let mut current = UNKNOWN;
    for ty in types.iter().copied().filter(|t| *t != UNKNOWN) {
        if current == UNKNOWN {
            current = ty;
            continue;
        }
        if ty == current {
            continue;
        }
        if category(ty) != category(current) {
            return None;
        }
        if !preferred(current)
            && can_coerce(current, ty, CastContext::Implicit)
            && !can_coerce(ty, current, CastContext::Implicit)
        {
            current = ty;
        }
    }
    if current == UNKNOWN {
        return Some(TypeId::TEXT);
    }
    types.iter().all(|t| can_coerce(*t, current, CastContext::Implicit)).then_some(current)
}

/// Whether text input of the type depends on nothing but the text.
fn input_is_immutable(ty: TypeId, text: &str) -> bool {
    let iso = |t: &str| {
        let b = t.as_bytes();
        b.len() >= 8
            && b[..4].iter().all(u8::is_ascii_digit)
            && b[4] == b'-'
            && b.iter().all(|c| c.is_ascii_digit() || b"-:. ".contains(c))
    };
    match ty {
        TypeId::DATE | TypeId::TIMESTAMP => iso(text),
        TypeId::TIMESTAMPTZ => iso(text.trim_end_matches("+00")) && text.ends_with("+00"),
        _ if ty.is_reg() => text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty(),
        _ => ty.element().is_none_or(|e| !e.is_reg() && category(e) != 'D'),
    }
}

impl Binder<'_> {
    /// Gives an expression a type. `at`: where to point in errors.
    ///
    /// # Errors
    /// `CannotCoerce` (explicit), `DatatypeMismatch` never: callers check first where PostgreSQL words it otherwise.
    pub fn coerce(&mut self, expr: Scalar, to: SqlType, context: CastContext, at: usize) -> Result<Scalar> {
        let from = expr.ty();
        let explicit = context == CastContext::Explicit;
        if from.id == UNKNOWN {
            return self.coerce_unknown(expr, to, explicit, at);
        }
        let fail = || {
            PlanError::new(PlanErrorKind::CannotCoerce(format!("cannot cast type {} to {}", from.id, to.id)))
                .at(at)
        };
        let path = find_path(from.id, to.id, context).ok_or_else(fail)?;
        let arg = Box::new(expr);
        let out = match path {
            Path::Same if from.typmod == to.typmod || to.typmod < 0 => {
                if from.typmod != to.typmod && explicit {
                    return Ok(Scalar::Relabel { arg, ty: to });
                }
                return Ok(*arg);
            }
            Path::Same => return Ok(Scalar::Typmod { arg, ty: to, explicit }),
            Path::Relabel if to.typmod < 0 => Scalar::Relabel { arg, ty: to },
            Path::Relabel => Scalar::Typmod { arg, ty: to, explicit },
            Path::Cast(cast) => Scalar::Cast { cast, arg, ty: to, explicit },
            Path::ArrayCast(cast) => Scalar::CastArray { cast, arg, ty: to, explicit },
            Path::ArrayRelabel if to.typmod < 0 => Scalar::Relabel { arg, ty: to },
            Path::ArrayRelabel => Scalar::CastViaText { arg, ty: to },
            Path::ViaText if to.typmod >= 0 && explicit => {
                let plain = Scalar::CastViaText { arg, ty: to.id.plain() };
                Scalar::Typmod { arg: Box::new(plain), ty: to, explicit }
            }
            Path::ViaText => Scalar::CastViaText { arg, ty: to },
        };
        Ok(out)
    }
    fn coerce_unknown(&mut self, expr: Scalar, to: SqlType, explicit: bool, at: usize) -> Result<Scalar> {
        if to.id == UNKNOWN {
            return Ok(expr);
        }
        match expr {
            Scalar::Const { value: Datum::Null, .. } => Ok(Scalar::null(to)),
            Scalar::Const { value: Datum::Text(text), ty } => {
                // A written cast cuts strings silently, the input function does not.
                let input_ty = if explicit { to.id.plain() } else { to };
                let typmod = |s: Scalar| {
                    if explicit && to.typmod >= 0 {
                        Scalar::Typmod { arg: Box::new(s), ty: to, explicit }
                    } else {
                        s
                    }
                };
                if to.id == TypeId::INTERVAL || input_is_immutable(to.id, &text) {
                    let ty = if to.id == TypeId::INTERVAL { to } else { input_ty };
                    let value = datum::text_format::input(ty, &text, &EvalContext::default())
                        .map_err(|e| PlanError::from(e).at(at))?;
                    return Ok(typmod(Scalar::Const { value, ty }));
                }
                let arg = Box::new(Scalar::Const { value: Datum::Text(text), ty });
                Ok(typmod(Scalar::CastViaText { arg, ty: input_ty }))
            }
            Scalar::Param { index, .. } => {
                let declared = self.parameters.get_mut(index);
                match declared {
                    Some(slot @ None) => {
                        *slot = Some(to.id.plain());
                        let param = Scalar::Param { index, ty: to.id.plain() };
                        if to.typmod >= 0 {
                            return Ok(Scalar::Typmod { arg: Box::new(param), ty: to, explicit });
                        }
                        Ok(param)
                    }
                    Some(Some(have)) => {
                        let have = *have;
                        if have.id == to.id {
                            return Ok(Scalar::Param { index, ty: have });
                        }
                        Err(PlanError::new(PlanErrorKind::AmbiguousParameter(format!(
                            "inconsistent types deduced for parameter ${}",
                            index + 1
                        )))
                        .with_detail(format!("{} versus {}", have.id, to.id))
                        .at(at))
                    }
                    None => Err(PlanError::new(PlanErrorKind::UndefinedParameter(index as u32 + 1)).at(at)),
                }
            }
            // a column of unknown type (of a subquery bound long ago) is text
            other => {
                let ty = TypeId::TEXT.plain();
                let text = Scalar::Relabel { arg: Box::new(other), ty };
                if to.id == TypeId::TEXT {
                    Ok(text)
                } else {
                    self.coerce(text, to, CastContext::Explicit, at)
                }
            }
        }
    }
    /// Unknown literals that nothing has given a type become text.
    pub fn settle(&mut self, expr: Scalar, at: usize) -> Result<Scalar> {
        if expr.ty().id == UNKNOWN {
            self.coerce(expr, TypeId::TEXT.plain(), CastContext::Implicit, at)
        } else {
            Ok(expr)
        }
    }
    /// The condition of `what` (WHERE, ON, ...).
    pub fn coerce_bool(&mut self, expr: Scalar, what: &str, at: usize) -> Result<Scalar> {
        if !can_coerce(expr.ty().id, TypeId::BOOL, CastContext::Assignment) || category(expr.ty().id) == 'S' {
            return Err(PlanError::new(PlanErrorKind::DatatypeMismatch(format!(
                "argument of {what} must be type boolean, not type {}",
                expr.ty().id
            )))
            .at(at));
        }
        self.coerce(expr, TypeId::BOOL.plain(), CastContext::Assignment, at)
    }
    /// Gives several expressions their common type.
    pub fn unify(&mut self, exprs: Vec<Scalar>, what: &str, ats: &[usize]) -> Result<(Vec<Scalar>, SqlType)> {
        let types: Vec<TypeId> = exprs.iter().map(|e| e.ty().id).collect();
        let at = |i: usize| ats.get(i).or(ats.first()).copied().unwrap_or(0);
        let Some(common) = common_type(&types) else {
            // As PostgreSQL: point at the first that differs in category.
            let first = types.iter().find(|t| **t != UNKNOWN).copied().unwrap_or(UNKNOWN);
            let bad =
                types.iter().position(|t| *t != UNKNOWN && category(*t) != category(first)).unwrap_or(0);
            return Err(PlanError::new(PlanErrorKind::DatatypeMismatch(format!(
                "{what} types {first} and {} cannot be matched",
                types[bad]
            )))
            .at(at(bad)));
        };
        let first = exprs.first().map(|e| e.ty());
        let same = exprs.iter().all(|e| Some(e.ty()) == first && e.ty().id == common);
        let ty = if same { first.unwrap_or(common.plain()) } else { common.plain() };
        let exprs = exprs
            .into_iter()
            .enumerate()
            .map(|(i, e)| self.coerce(e, ty, CastContext::Implicit, at(i)))
            .collect::<Result<Vec<_>>>()?;
        Ok((exprs, ty))
    }

    /// Finds the operator for operand types (`left` absent: prefix), and the types that the operands must have.
    pub fn find_operator(
        &self,
        name: &OperatorName,
        left: Option<TypeId>,
        right: TypeId,
        at: usize,
    ) -> Result<(&'static Operator, Signature)> {
        let all = if name.schema.as_deref().is_none_or(|s| s == "pg_catalog") {
            datum::operators::by_name(&name.name)
        } else {
            &[]
        };
        let candidates: Vec<&'static Operator> =
            all.iter().copied().filter(|o| o.left.is_some() == left.is_some()).collect();
        let exact =
            |l: Option<TypeId>, r: TypeId| candidates.iter().find(|o| o.left == l && o.right == r).copied();
        let concrete = |o: &'static Operator, actual: &[TypeId]| {
            let declared: Vec<TypeId> = o.left.into_iter().chain([o.right]).collect();
            make_concrete(&declared, o.result, actual).map(|s| (o, s))
        };
        let actual: Vec<TypeId> = left.into_iter().chain([right]).collect();
        let found = exact(left, right).or_else(|| match left {
            // One side unknown: first try that it is of the other's type.
            Some(l) if l == UNKNOWN && right != UNKNOWN => exact(Some(right), right),
            Some(l) if right == UNKNOWN && l != UNKNOWN => exact(Some(l), l),
            _ => None,
        });
        if let Some(o) = found
            && !actual.iter().all(|t| *t == UNKNOWN)
            && let Some(out) = concrete(o, &actual)
        {
            return Ok(out);
        }
        let types: Vec<Vec<TypeId>> =
            candidates.iter().map(|o| o.left.into_iter().chain([o.right]).collect()).collect();
        let spelled = match left {
            Some(l) => format!("{l} {name} {right}"),
            None => format!("{name} {right}"),
        };
        let undefined = || {
            PlanError::new(PlanErrorKind::UndefinedFunction(format!("operator does not exist: {spelled}")))
                .with_hint("No operator matches the given name and argument types. You might need to add explicit type casts.")
                .at(at)
        };
        match select_candidate(&types, &actual) {
            Ok(i) => concrete(candidates[i], &actual).ok_or_else(undefined),
            Err(true) => Err(PlanError::new(PlanErrorKind::AmbiguousFunction(format!(
                "operator is not unique: {spelled}"
            )))
            .with_hint(
                "Could not choose a best candidate operator. You might need to add explicit type casts.",
            )
            .at(at)),
            Err(false) => Err(undefined()),
        }
    }
    /// Applies an operator to bound operands.
    pub fn operator(
        &mut self,
        name: &OperatorName,
        left: Option<Scalar>,
        right: Scalar,
        at: usize,
    ) -> Result<Scalar> {
        let (operator, signature) =
            self.find_operator(name, left.as_ref().map(|l| l.ty().id), right.ty().id, at)?;
        let mut args = Vec::with_capacity(2);
        for (arg, ty) in left.into_iter().chain([right]).zip(&signature.args) {
            args.push(self.coerce(arg, ty.plain(), CastContext::Implicit, at)?);
        }
        Ok(Scalar::Operator { operator, args, ty: signature.result.plain() })
    }
    /// The operator `name` of one type with itself, and the type its operands must be cast to (varchar compares as text).
    pub fn self_operator(&self, name: &str, ty: TypeId, at: usize) -> Result<(&'static Operator, TypeId)> {
        let (operator, signature) = self.find_operator(&OperatorName::plain(name), Some(ty), ty, at)?;
        Ok((operator, signature.args[0]))
    }
}
