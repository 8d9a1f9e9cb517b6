"""matchConditions: expressions that must all hold for a hook to be called or a policy to apply.

Callers: `webhooks` and `policies`; a hook without conditions never loads the language.
Source: the match conditions of the reference server: any false one skips the hook, an error counts only when none is false.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pilothouse.cluster.apiserver.authz.rbac import MASTERS, Rbac
from pilothouse.cluster.apiserver.backend import Backend
from pilothouse.cluster.apiserver.context import Attributes, Obj, User

if TYPE_CHECKING:
    from pilothouse.api.cel import Program
    from pilothouse.api.cel.library.authorizer import Decision, Question

BUDGET = 2_500_000
"""Cost of all conditions of one hook for one request: a quarter of what rules of one object may cost."""


class ConditionFailed(Exception):
    """Conditions of a hook could not be evaluated, and none of them is false."""


class Conditions:
    """The compiled conditions of one hook or policy; compiled when first asked."""

    __slots__ = ("_compile", "_programs", "_raw")

    def __init__(self, raw: list[Obj], compile_with: Callable[[str], Program] | None = None) -> None:
        """Keep conditions that validation accepted."""
        self._raw, self._compile = raw, compile_with
        self._programs: list[Program] | None = None

    def hold(self, names: dict[str, Any]) -> bool:
        """Whether all conditions hold for what the names stand for; raises `ConditionFailed`."""
        problems: list[str] = []
        left = BUDGET
        for program in self._compiled():
            outcome = program.evaluate(names, max(left, 0))
            left -= outcome.cost
            if outcome.error:
                problems.append(outcome.error)
            elif outcome.value is False:
                return False
        if problems:
            raise ConditionFailed(problems[0] if len(problems) == 1 else f"[{', '.join(problems)}]")
        return True

    def _compiled(self) -> list[Program]:
        if self._programs is None:
            from pilothouse.api.validation.admission.conditions import compile_condition

            compile_with = self._compile or compile_condition
            self._programs = [compile_with(condition["expression"]) for condition in self._raw]
        return self._programs


def conditions_of(raw: list[Obj], compile_with: Callable[[str], Program] | None = None) -> Conditions | None:
    """Return conditions, None when there are none."""
    return Conditions(raw, compile_with) if raw else None


def names_of(backend: Backend, user: User, request: Obj) -> dict[str, Any]:
    """Return what the names of an expression stand for, given the `request` of an AdmissionReview."""
    from pilothouse.api.cel import adapter
    from pilothouse.api.cel.library.authorizer import authorizer
    from pilothouse.api.validation.admission.conditions import REQUEST

    adapt = adapter(REQUEST)
    shown = request if adapt is None else adapt(request)
    rbac = Rbac(backend)

    def decide(question: Question) -> Decision:
        return _decision(rbac, user, question)

    return {"object": request["object"], "oldObject": request["oldObject"], "request": shown, "authorizer": authorizer(decide)}


def _decision(rbac: Rbac, user: User, question: Question) -> Decision:
    from pilothouse.api.cel.library.authorizer import Decision

    if question.service_account:
        namespace, _, name = question.service_account.partition("/")
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        user = User(f"system:serviceaccount:{namespace}:{name}", "", groups)
    if question.path:
        wanted = Attributes(question.verb, False, path=question.path)
    else:
        wanted = Attributes(question.verb, True, question.group, "*", question.resource, question.subresource,
                            question.namespace, question.name)  # fmt: skip
    return Decision(MASTERS in user.groups or rbac.allows(user, wanted))
