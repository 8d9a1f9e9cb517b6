"""Asking whether a user may do something."""

from __future__ import annotations

from pilothouse.api.cel import Environment
from pilothouse.api.cel.library.authorizer import AUTHORIZER, Decision, Question, authorizer
from pilothouse.api.cel.types import Type


def test_the_question_reaches_the_caller() -> None:
    asked: list[Question] = []

    def decide(question: Question) -> Decision:
        asked.append(question)
        return Decision(question.verb == "create", "because")

    text = (
        "authorizer.group('apps').resource('deployments').subresource('scale').namespace('a').name('b').check('create').allowed()"
        " && !authorizer.path('/x').check('get').allowed() && authorizer.serviceAccount('a', 'b').path('/')"
        ".check('create').reason() != ''"
    )
    program = Environment({"authorizer": Type("opaque", AUTHORIZER)}).compile(text)
    assert program.evaluate({"authorizer": authorizer(decide)}, 2_000_000).value is True
    assert asked[0] == Question(group="apps", resource="deployments", subresource="scale", namespace="a", name="b", verb="create")
    assert asked[2].service_account == "a/b"


def test_a_check_costs_so_much_that_few_fit() -> None:
    program = Environment({"authorizer": Type("opaque", AUTHORIZER)}).compile(
        "[1, 2, 3].all(i, authorizer.path('/x').check('get').allowed())"
    )
    assert program.evaluate({"authorizer": authorizer(lambda question: Decision(True))}).is_over_budget
