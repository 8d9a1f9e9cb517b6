"""Rules of admission policies and their bindings: what they are for, and that every expression compiles.

Source: ValidatingAdmissionPolicy and MutatingAdmissionPolicy of admissionregistration v1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.api.findings import duplicate, internal_form, invalid, required, unsupported
from pilothouse.api.meta import names
from pilothouse.api.validation.admission.matching import match_resources, param_kind, param_reference
from pilothouse.api.validation.checks import Findings, Obj, one_of

if TYPE_CHECKING:
    from pilothouse.api.validation.admission.compiling import PolicyCompiler

_FAILURE = ("Fail", "Ignore")
_REINVOCATION = ("IfNeeded", "Never")
_ACTIONS = ("Audit", "Deny", "Warn")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized")
_PATCHES = {"ApplyConfiguration": "applyConfiguration", "JSONPatch": "jsonPatch"}
_MUTABLE = ("*", "CONNECT", "CREATE", "UPDATE")
_IDENTIFIER = re.compile("[_a-zA-Z][_a-zA-Z0-9]*")
_RESERVED = frozenset(
    (
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace",
        "null", "package", "return", "true", "var", "void", "while",
    )
)  # fmt: skip
MAX_ANNOTATION, MAX_ANNOTATIONS = 5 * 1024, 20
_TWICE = "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers "


def validating_policy(obj: Obj) -> Findings:
    """A ValidatingAdmissionPolicy."""
    spec, compiler = obj["spec"], _compiler(obj["spec"])
    out = _policy(spec, compiler)
    validations, annotations = spec.get("validations") or [], spec.get("auditAnnotations") or []
    if not validations and not annotations:
        text = "validations or auditAnnotations must contain at least one item"
        out += [required("spec.validations", text), required("spec.auditAnnotations", text)]
    for index, validation in enumerate(validations):
        out += _validation(validation, f"spec.validations[{index}]", compiler)
    if len(annotations) > MAX_ANNOTATIONS:
        shown = internal_form("AuditAnnotation", annotations)
        text = f"must not have more than {MAX_ANNOTATIONS} auditAnnotations"
        out.append(invalid("spec.auditAnnotations", shown, text))
    seen: set[str] = set()
    for index, annotation in enumerate(annotations):
        out += _annotation(obj["metadata"].get("name", ""), annotation, f"spec.auditAnnotations[{index}]", compiler)
        key = annotation.get("key", "")
        if key in seen:
            out.append(duplicate(f"spec.auditAnnotations[{index}].key", key))
        seen.add(key)
    return out


def mutating_policy(obj: Obj) -> Findings:
    """A MutatingAdmissionPolicy."""
    spec, compiler = obj["spec"], _compiler(obj["spec"])
    out = _policy(spec, compiler, _MUTABLE)
    if not spec.get("mutations"):
        out.append(required("spec.mutations", "mutations must contain at least one item"))
    for index, mutation in enumerate(spec.get("mutations") or ()):
        out += _mutation(mutation, f"spec.mutations[{index}]", compiler)
    return out + one_of("spec.reinvocationPolicy", spec.get("reinvocationPolicy"), _REINVOCATION, needed=True)


def _compiler(spec: Obj) -> PolicyCompiler:
    from pilothouse.api.validation.admission.compiling import PolicyCompiler

    return PolicyCompiler(has_params=bool(spec.get("paramKind")))


def _policy(spec: Obj, compiler: PolicyCompiler, operations: tuple[str, ...] = ()) -> Findings:
    from pilothouse.api.validation.admission.conditions import validate_conditions

    out = one_of("spec.failurePolicy", spec.get("failurePolicy"), _FAILURE)
    if spec.get("paramKind") is not None:
        out += param_kind(spec["paramKind"], "spec.paramKind")
    constraints = spec.get("matchConstraints")
    if constraints is None:
        out.append(required("spec.matchConstraints"))
    else:
        out += match_resources(constraints, "spec.matchConstraints")
        if not constraints.get("resourceRules"):
            out.append(required("spec.matchConstraints.resourceRules"))
        stated = [name for item in constraints.get("resourceRules") or () for name in item.get("operations") or ()]
        at = "spec.matchConstraints.resourceRules.operations"
        out += [unsupported(at, name, operations) for name in stated if operations and name not in operations]
    out += validate_conditions(spec.get("matchConditions") or [], "spec.matchConditions", compiler.condition)
    for index, variable in enumerate(spec.get("variables") or ()):
        out += _variable(variable, f"spec.variables[{index}]", compiler)
    return out


def _variable(variable: Obj, at: str, compiler: PolicyCompiler) -> Findings:
    name, text = variable.get("name", ""), variable.get("expression", "")
    out: Findings = []
    if not name.strip():
        out.append(required(f"{at}.name", "name is not specified"))
    else:
        if not _IDENTIFIER.fullmatch(name) or name in _RESERVED:
            out.append(invalid(f"{at}.name", name, "must be a valid CEL identifier"))
        out += [duplicate(f"{at}.name", name)] if compiler.has_variable(name) else []
    if not text.strip():
        return [*out, required(f"{at}.expression", "expression is not specified")]
    return out + compiled(text, f"{at}.expression", lambda text: compiler.variable(name, text), "")


def _validation(validation: Obj, at: str, compiler: PolicyCompiler) -> Findings:
    text, message, computed = (validation.get(field) or "" for field in ("expression", "message", "messageExpression"))
    out: Findings = []
    if not text.strip():
        out.append(required(f"{at}.expression", "expression is not specified"))
    else:
        out += compiled(text, f"{at}.expression", compiler.validation, "bool")
    if computed and not computed.strip():
        out.append(invalid(f"{at}.messageExpression", computed, "must be non-empty if specified"))
    elif computed:
        out += compiled(computed, f"{at}.messageExpression", compiler.message, "string")
    if message and not message.strip():
        out.append(invalid(f"{at}.message", message, "must be non-empty if specified"))
    elif "\n" in message.strip():
        out.append(invalid(f"{at}.message", message, "must not contain line breaks"))
    return out + one_of(f"{at}.reason", validation.get("reason"), _REASONS)


def _annotation(name: str, annotation: Obj, at: str, compiler: PolicyCompiler) -> Findings:
    key, text = annotation.get("key", ""), annotation.get("valueExpression") or ""
    out: Findings = []
    if name:
        full = f"{name}/{key}"
        out += [invalid(f"{at}.key", full, problem) for problem in names.qualified(full)]
    else:
        out.append(invalid(f"{at}.key", key, "requires metadata.name be non-empty"))
    if not text.strip():
        out.append(required(f"{at}.valueExpression", "valueExpression is not specified"))
    elif len(text.strip()) > MAX_ANNOTATION:
        out.append(required(f"{at}.valueExpression", f"must not exceed {MAX_ANNOTATION} bytes in length"))
    else:
        out += compiled(text, f"{at}.valueExpression", compiler.annotation, "one of [string null_type]")
    return out


def _mutation(mutation: Obj, at: str, compiler: PolicyCompiler) -> Findings:
    kind = mutation.get("patchType", "")
    if not kind:
        return [required(f"{at}.patchType")]
    field = _PATCHES.get(kind)
    if field is None:
        return [unsupported(f"{at}.patchType", kind, sorted(_PATCHES))]
    out: Findings = []
    stated = mutation.get(field)
    if stated is None:
        out.append(required(f"{at}.{field}", f"must be specified when patchType is {kind}"))
    elif not (stated.get("expression") or "").strip():
        out.append(required(f"{at}.{field}.expression"))
    else:
        wanted = "Object" if kind == "ApplyConfiguration" else "list(JSONPatch)"
        text = stated["expression"].strip()
        out += compiled(text, f"{at}.{field}.expression", lambda text: compiler.mutation(kind, text), wanted)
    for other in _PATCHES.values():
        if other != field and mutation.get(other) is not None:
            out.append(invalid(f"{at}.{other}", f"{{{other}}}", f"must not be specified when patchType is {kind}"))
    return out


def compiled(text: str, path: str, compile_with: Callable[[str], Any], wanted: str) -> Findings:
    """Return why an expression cannot be used, nothing when it can."""
    from pilothouse.api.cel import CompileError, WrongResult

    try:
        compile_with(text)
    except CompileError as error:
        return [invalid(path, text, f"compilation failed: {error}")]
    except WrongResult as error:
        return [invalid(path, text, f"must evaluate to {wanted} but got {error.found}")]
    return []


def policy_binding(obj: Obj) -> Findings:
    """A binding of either kind of policy."""
    spec = obj["spec"]
    out: Findings = [] if spec.get("policyName") else [required("spec.policyName")]
    out += param_reference(spec.get("paramRef"), "spec.paramRef")
    out += match_resources(spec.get("matchResources"), "spec.matchResources")
    if obj.get("kind") != "ValidatingAdmissionPolicyBinding":
        return out
    actions = spec.get("validationActions") or []
    if not actions:
        out.append(required("spec.validationActions", "at least one validation action is required"))
    for index, action in enumerate(actions):
        if action not in _ACTIONS:
            out.append(unsupported(f"spec.validationActions[{index}]", action, _ACTIONS))
        if action in actions[:index]:
            out.append(duplicate(f"spec.validationActions[{index}]", action))
    if "Deny" in actions and "Warn" in actions:
        out.append(invalid("spec.validationActions", actions, f"{_TWICE}serves no purpose)"))
    return out
