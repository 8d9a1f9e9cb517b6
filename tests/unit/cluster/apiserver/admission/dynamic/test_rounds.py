"""Who is to see an object again."""

from __future__ import annotations

from pilothouse.api.scheme import Scheme
from pilothouse.cluster.apiserver.admission.dynamic.matching import Attributes
from pilothouse.cluster.apiserver.admission.dynamic.rounds import Round
from pilothouse.cluster.apiserver.context import Call, User
from pilothouse.wire.http.messages import Request


def begun() -> Round:
    pods = Scheme().resource("", "v1", "pods")
    assert pods is not None
    call = Call(Request("POST", "/", [], {}, b""), User("u"), "create", pods)
    return Round(call, Attributes("CREATE", pods, User("u"), obj={"a": 1}))


def test_only_who_ran_before_a_change_and_asked_for_it() -> None:
    run = begun()
    assert run.is_due("first")
    run.ran("first", is_reinvocable=True)
    run.ran("other", is_reinvocable=False)
    run.replace({"a": 2})
    run.ran("last", is_reinvocable=True)
    run.output = run.asked.obj
    assert run.has_changed and run.begin_again({"a": 2})
    assert run.is_due("first") and not run.is_due("other") and not run.is_due("last")


def test_a_change_by_the_stages_between_counts_for_all() -> None:
    run = begun()
    run.replace({"a": 2})
    run.ran("last", is_reinvocable=True)
    run.output = run.asked.obj
    assert run.begin_again({"a": 3}) and run.is_due("last") and run.asked.obj == {"a": 3}


def test_nobody_asked() -> None:
    run = begun()
    run.ran("one", is_reinvocable=False)
    run.replace({"a": 2})
    run.output = run.asked.obj
    assert not run.begin_again({"a": 2})
