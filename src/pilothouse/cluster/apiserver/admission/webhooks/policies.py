"""ValidatingAdmissionPolicies: expressions that the server evaluates itself, where a binding puts them in force.

Runs before the validating webhooks and matches requests as they do. Source: ValidatingAdmissionPolicy of admissionregistration
v1. Not done here: `Audit` as an action and audit annotations, because there is no audit log to write to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pilothouse.api.selectors import label_selector_from_object
from pilothouse.cluster.apiserver.admission.webhooks.conditions import BUDGET, ConditionFailed, names_of
from pilothouse.cluster.apiserver.admission.webhooks.hooks import GROUP, Hook, hook_of, rule_of
from pilothouse.cluster.apiserver.admission.webhooks.matching import Attributes, is_exempt, is_for, match
from pilothouse.cluster.apiserver.admission.webhooks.request import attributes_of
from pilothouse.cluster.apiserver.admission.webhooks.review import review_of
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Call, Obj
from pilothouse.cluster.apiserver.errors import forbidden
from pilothouse.cluster.apiserver.watchcache.cache import Change
from pilothouse.kit.errors import PilothouseError

if TYPE_CHECKING:
    from pilothouse.api.cel import Program
    from pilothouse.cluster.apiserver.admission.webhooks.stage import Objects

logger = logging.getLogger("pilothouse.apiserver.policies")
POLICIES, BINDINGS = "validatingadmissionpolicies", "validatingadmissionpolicybindings"
_ALL = [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*", "*"]}]
_CODES = {"Unauthorized": 401, "Forbidden": 403, "RequestEntityTooLarge": 413, "Invalid": 422}


class Denial(Exception):
    """A validation does not hold, or could not be evaluated; `reason` is the StatusReason to answer with."""

    def __init__(self, message: str, reason: str = "Invalid") -> None:
        """Keep the message for the client."""
        super().__init__(message)
        self.reason = reason


class Policy:
    """One binding and its policy; expressions are compiled when first used."""

    def __init__(self, policy: Obj, binding: Obj) -> None:
        """Read both; raises PilothouseError for a selector that cannot be read."""
        self.spec, self.bound = policy["spec"], binding["spec"]
        self.name, self.binding = policy["metadata"]["name"], binding["metadata"]["name"]
        constraints = self.spec.get("matchConstraints") or {}
        self.excluded = [rule_of(rule) for rule in constraints.get("excludeResourceRules") or ()]
        self.hook = _hook(self.name, {**constraints, "matchConditions": self.spec.get("matchConditions")})
        self.narrower = _hook(self.binding, self.bound.get("matchResources") or {})
        self.is_ignoring = self.spec.get("failurePolicy") == "Ignore"
        self._programs: dict[tuple[str, bool], Program] = {}

    def program(self, text: str, *, is_bool: bool = False) -> Program:
        """Return the program of an expression."""
        from pilothouse.api.validation.admission.policies import compile_policy

        key = (text, is_bool)
        if key not in self._programs:
            self._programs[key] = compile_policy(text, is_bool=is_bool)
        return self._programs[key]

    def denials(self, names: dict[str, Any]) -> list[Denial]:
        """Return what the validations say of a request."""
        names = {**names, "variables": {}}
        left = BUDGET
        for variable in self.spec.get("variables") or ():
            outcome = self.program(variable["expression"]).evaluate(names, max(left, 0))
            left -= outcome.cost
            if not outcome.error:
                names["variables"][variable["name"]] = outcome.value
        found: list[Denial] = []
        for validation in self.spec.get("validations") or ():
            outcome = self.program(validation["expression"], is_bool=True).evaluate(names, max(left, 0))
            left -= outcome.cost
            if outcome.error:
                if not self.is_ignoring:
                    found.append(Denial(f"expression '{validation['expression']}' resulted in error: {outcome.error}"))
            elif outcome.value is not True:
                found.append(Denial(self._message(validation, names), validation.get("reason") or "Invalid"))
        return found

    def _message(self, validation: Obj, names: dict[str, Any]) -> str:
        text = validation.get("messageExpression")
        if text:
            outcome = self.program(text).evaluate(names, BUDGET)
            if not outcome.error and isinstance(outcome.value, str) and outcome.value.strip():
                return outcome.value.strip()
        stated: str = (validation.get("message") or "").strip()
        return stated or f"failed expression: {validation['expression'].strip()}"


def _hook(name: str, raw: Obj) -> Hook:
    rules = raw.get("resourceRules") or _ALL
    return hook_of("", 0, {**raw, "name": name, "rules": rules, "matchConditions": raw.get("matchConditions") or []})


class Policies:
    """The admission stage."""

    def __init__(self, backend: Backend, objects: Objects) -> None:
        """Follow policies and bindings."""
        self.backend, self.objects = backend, objects
        self._policies: tuple[Policy, ...] | None = None
        self._prefixes = tuple(f"/registry/{GROUP}/{plural}/" for plural in (POLICIES, BINDINGS))
        backend.cache.on_change.append(self._on_change)

    def in_force(self) -> tuple[Policy, ...]:
        """Return the policies that bindings put in force; read when first asked for after a change."""
        if self._policies is None:
            self._policies = self._read()
        return self._policies

    def _read(self) -> tuple[Policy, ...]:
        policies = {item.name: item.object for item in self.backend.all_of(GROUP, POLICIES)}
        found: list[Policy] = []
        for item in self.backend.all_of(GROUP, BINDINGS):
            policy = policies.get(item.object["spec"].get("policyName", ""))
            if policy is None:
                continue
            try:
                found.append(Policy(policy, item.object))
            except (PilothouseError, KeyError, TypeError) as error:
                logger.error("policy of binding %s cannot be used: %s", item.name, error)
        return tuple(found)

    def _on_change(self, prefix: str, change: Change) -> Any:
        if prefix in self._prefixes:
            self._policies = None

    async def mutate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Policies change nothing."""

    async def validate(self, call: Call, obj: Obj, old: Obj | None) -> None:
        """Refuse or warn as the policies that concern the request say."""
        policies = self.in_force()
        if not policies or is_exempt(call.resource):
            return
        asked = attributes_of(call, obj, old, self.objects.shown)
        if asked is None:
            return
        for policy in policies:
            for denial in self._denials(policy, asked):
                self._act(call, policy, denial)

    def _act(self, call: Call, policy: Policy, denial: Denial) -> None:
        subject = f"ValidatingAdmissionPolicy '{policy.name}' with binding '{policy.binding}'"
        actions = policy.bound.get("validationActions") or []
        if "Warn" in actions:
            call.warn(f"Validation failed for {subject}: {denial}")
        if "Deny" in actions:
            text = f"{subject} denied request: {denial}"
            error = forbidden(call.resource, call.name, text, [{"message": str(denial)}])
            error.status_reason, error.code = denial.reason, _CODES.get(denial.reason, 422)
            raise error

    def _denials(self, policy: Policy, asked: Attributes) -> list[Denial]:
        invocation = match(self.backend, policy.hook, asked)
        if invocation is None or match(self.backend, policy.narrower, asked) is None:
            return []
        if any(is_for(rule, asked, asked.resource) for rule in policy.excluded):
            return []
        review = review_of(asked, invocation, "", "v1")
        try:
            if policy.hook.conditions is not None and not policy.hook.conditions.hold(self.backend, asked.user, review):
                return []
            found: list[Denial] = []
            names = names_of(self.backend, asked.user, review)
            names["namespaceObject"] = self.backend.look("", "namespaces", "", asked.namespace) if asked.namespace else None
            for params in self._params(policy, asked):
                found += policy.denials({**names, "params": params})
        except (ConditionFailed, PilothouseError) as error:
            return [] if policy.is_ignoring else [Denial(str(error) or getattr(error, "message", ""))]
        return found

    def _params(self, policy: Policy, asked: Attributes) -> list[Obj | None]:
        """Return the objects a binding names, one evaluation for each; [None] for a policy without params."""
        kind, reference = policy.spec.get("paramKind"), policy.bound.get("paramRef")
        if not kind or not reference:
            return [None]
        group, _, version = kind["apiVersion"].rpartition("/")
        resource = next((found for found in self.backend.scheme.in_version(group, version) if found.kind == kind["kind"]), None)
        found: list[Obj | None] = []
        if resource is not None:
            namespace = (reference.get("namespace") or asked.namespace) if resource.namespaced else ""
            items = [item for item in self.backend.all_of(group, resource.plural) if item.namespace == namespace]
            if reference.get("name"):
                found = [item.object for item in items if item.name == reference["name"]]
            else:
                selects = label_selector_from_object(reference.get("selector") or {}).matches
                found = [item.object for item in items if selects(item.object["metadata"].get("labels") or {})]
        if not found and reference.get("parameterNotFoundAction") == "Deny":
            text = "no params found for policy binding with `Deny` parameterNotFoundAction"
            raise ConditionFailed(f"failed to configure policy: {text}")
        return found
