"""Conditions of triggers."""

from typing import Any

import pytest

from pilothouse.delivery.gitops.notifications.engine.expressions import ExpressionError, compile_expression, variables_of
from pilothouse.delivery.gitops.notifications.engine.expressions.values import shown
from pilothouse.kit.clock import parse_rfc3339

APP = {
    "metadata": {"name": "shop", "labels": {"team": "payments"}, "finalizers": ["a", "b"]},
    "spec": {"source": {"repoURL": "git@github.com:acme/shop.git"}},
    "status": {
        "health": {"status": "Healthy", "lastTransitionTime": "2026-01-01T10:00:05Z"},
        "sync": {"status": "Synced", "revision": "abc"},
        "operationState": {
            "phase": "Succeeded", "finishedAt": "2026-01-01T10:00:00Z", "syncResult": {"revision": "abc"}, "retryCount": 2,
        },
        "resources": [{"kind": "Service", "health": {"status": "Healthy"}}, {"kind": "ConfigMap"}],
    },
}  # fmt: skip


def value(text: str) -> Any:
    return compile_expression(text).evaluate(variables_of(APP, parse_rfc3339("2026-01-01T10:10:00Z")))


@pytest.mark.parametrize(
    "text",
    [
        "app.status.operationState != nil and app.status.operationState.phase in ['Succeeded']",
        "app.status.operationState.phase not in ['Error', \"Failed\"]",
        "!time.Parse(app.status.health.lastTransitionTime).Before(time.Parse(app.status.operationState.finishedAt))",
        "time.Now().Sub(time.Parse(app.status.operationState.finishedAt)).Minutes() >= 5",
        "time.Now().Sub(time.Parse(app.status.operationState.finishedAt)) > time.Minute",
        "app.status.conditions?.first == nil && app.gone?.deeper?.still == nil",
        "(app.status.sync.status == 'OutOfSync' or app.metadata.name startsWith 'sh') and true",
        "len(app.metadata.finalizers) == 2 and len('four') == 4",
        "any(app.status.resources, {.kind == 'Service' && .health.status == 'Healthy'})",
        "all(app.status.resources, # != nil) and none(app.status.resources, {.kind == 'Pod'})",
        "count(app.status.resources, {.health != nil}) == 1",
        "len(filter(app.status.resources, {.kind contains 'Map'})) == 1",
        "map(app.status.resources, .kind)[1] == 'ConfigMap'",
        "app.metadata.labels['team'] in {payments: 1}",
        "app.metadata.labels.team matches '^pay.*s$'",
        "upper(app.metadata.name) == 'SHOP' and strings.ReplaceAll('a-b', '-', '_') == 'a_b'",
        "repo.RepoURLToHTTPS(app.spec.source.repoURL) == 'https://github.com/acme/shop.git'",
        "repo.FullNameByRepoURL(app.spec.source.repoURL) == 'acme/shop'",
        "app.status.operationState.retryCount * 2 + 1 == 5 and 7 % 4 == 3 and 2 ** 3 == 8 and -1 < 0",
        "(app.metadata.nothing ?? 'x') == 'x' and (1 > 2 ? 'a' : 'b') == 'b'",
        "app.metadata.name[0:2] == 'sh' and 'tab\\t' endsWith '\\t' and `raw` == 'raw'",
        "not (app.metadata.name == 'x') and 1 != true",
    ],
)
def test_what_holds(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("app.", "unexpected the end"),
        ("app.x ==", "unexpected the end"),
        ("(1", "unexpected the end"),
        ("1 2", "unexpected '2' at 3"),
        ("a @ b", "unexpected '@' at 3"),
        ("exec('ls')", "function exec at 1"),
        ("'open", 'unexpected "\'"'),
        ("1 not 2", "unexpected '2'"),
        ("(" * 60 + "1" + ")" * 60, "too deep"),
        ("1" * 9000, "longer"),
    ],
)
def test_what_cannot_be_read(text: str, complaint: str) -> None:
    with pytest.raises(ExpressionError, match=complaint):
        compile_expression(text)


@pytest.mark.parametrize(
    "text",
    [
        "app.gone.status", "nobody.x", "app.metadata.name > 1", "1 and true", "time.Later()", "time.Parse('soon')", "1 / 0",
        "app.metadata.finalizers[7]", "app.metadata.name()", "len(1)", "'a' matches '('", "10.0 ** 1000", "any(1, # == 1)",
        "time.Now().Nonsense", "repo.GetCommitMetadata('abc')", "upper()", "sync.GetInfoItem(app, 'x')",
        "int('x')",
    ],
)  # fmt: skip
def test_what_fails(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_how_values_are_shown() -> None:
    found = [shown(each) for each in (None, True, 2.0, 1.5, "a", [1, "b"], {"b": 1, "a": None})]
    assert found == ["<nil>", "true", "2", "1.5", "a", "[1 b]", "map[a:<nil> b:1]"]
