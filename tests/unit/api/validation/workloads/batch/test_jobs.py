"""Rules of Jobs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pilothouse.api.validation.workloads.batch.jobs import job, job_spec, job_update

_LABELS = {"controller-uid": "u", "job-name": "j"}


def _job(**spec: Any) -> dict[str, Any]:
    labels = {f"{prefix}{key}": value for prefix in ("", "batch.kubernetes.io/") for key, value in _LABELS.items()}
    pod = {
        "containers": [{"name": "c", "image": "x", "terminationMessagePolicy": "File"}],
        "restartPolicy": "Never",
        "dnsPolicy": "ClusterFirst",
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    return {"metadata": {"name": "j", "uid": "u"}, "spec": {"selector": {"matchLabels": labels}, "template": template, **spec}}


def test_a_selector_must_be_the_generated_one() -> None:
    wrong = _job(selector={"matchLabels": {"a": "b"}})
    assert [error.path for error in job(wrong)] == ["spec.selector", "spec.template.metadata.labels"]
    assert not job(_job())


def test_a_template_stays_and_is_shown_as_the_server_holds_it() -> None:
    new = _job()
    new["spec"]["template"] = copy.deepcopy(new["spec"]["template"])
    new["spec"]["template"]["spec"]["containers"][0]["image"] = "y"
    (error,) = job_update(new, _job())
    assert error.path == "spec.template"
    assert error.value["Spec"]["Containers"][0]["Image"] == "y"


@pytest.mark.parametrize(("status", "count"), [({}, 0), ({"startTime": "2026-01-01T00:00:00Z"}, 1)])
def test_placement_changes_only_before_a_suspended_job_starts(status: dict[str, Any], count: int) -> None:
    old = {**_job(suspend=True), "status": status}
    new = copy.deepcopy(old)
    new["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "fast"}
    assert len(job_update(new, old)) == count


def test_completions_follow_parallelism_only_in_an_indexed_job() -> None:
    indexed = {"completionMode": "Indexed"}
    old, new = _job(**indexed, completions=2, parallelism=2), _job(**indexed, completions=3, parallelism=3)
    assert not job_update(new, old)
    assert job_update(_job(completions=3), _job(completions=2))


@pytest.mark.parametrize(
    ("spec", "path", "text"),
    [
        ({"backoffLimitPerIndex": 1}, "backoffLimitPerIndex", "Invalid value: 1: requires indexed completion mode"),
        ({"maxFailedIndexes": 1}, "backoffLimitPerIndex", "Required value: when maxFailedIndexes is specified"),
        ({"maxFailedIndexes": -1}, "maxFailedIndexes", "Invalid value: -1: must be greater than or equal to 0"),
        ({"completionMode": "X"}, "completionMode", 'Unsupported value: "X": supported values: "NonIndexed", "Indexed"'),
        ({"completionMode": "Indexed"}, "completions", "Required value: when completion mode is Indexed"),
        (
            {"completionMode": "Indexed", "completions": 1, "parallelism": 100001}, "parallelism",
            "Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed",
        ),
        (
            {"completionMode": "Indexed", "completions": 1, "backoffLimitPerIndex": 1, "maxFailedIndexes": 2}, "maxFailedIndexes",
            "Invalid value: 2: must be less than or equal to completions",
        ),
        (
            {"completionMode": "Indexed", "completions": 100001, "backoffLimitPerIndex": 1}, "maxFailedIndexes",
            "Required value: must be specified when completions is above 100000",
        ),
        ({"managedBy": "x"}, "managedBy", 'Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")'),
        ({"managedBy": f"a.io/{'x' * 60}"}, "managedBy", "Too long: may not be more than 63 bytes"),
        ({"managedBy": ""}, "managedBy", "Required value"),
        (
            {"podReplacementPolicy": "X"}, "podReplacementPolicy",
            'Unsupported value: "X": supported values: "Failed", "TerminatingOrFailed"',
        ),
    ],
)  # fmt: skip
def test_the_spec_of_a_job(spec: dict[str, Any], path: str, text: str) -> None:
    assert (f"spec.{path}", text) in [(error.path, error.text()) for error in job_spec(_job(**spec)["spec"], "spec")]


def test_the_last_pod_of_an_indexed_job_needs_a_hostname() -> None:
    long = _job(completionMode="Indexed", completions=10)
    long["metadata"]["name"] = "j" * 62
    assert "will not able to create pod" in job(long)[-1].detail


def test_generated_labels_may_not_be_others() -> None:
    wrong = _job()
    labels = {**wrong["spec"]["template"]["metadata"]["labels"], "job-name": "other"}
    wrong["spec"]["template"] = {**wrong["spec"]["template"], "metadata": {"labels": labels}}
    wrong["spec"]["selector"] = {"matchLabels": {"controller-uid": "u"}}
    (error,) = job(wrong)
    assert (error.path, error.detail) == ("spec.template.metadata.labels[job-name]", "must be 'j'")


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        ("backoffLimitPerIndex", 2, "2"),
        ("managedBy", "a.io/b", '"a.io/b"'),
        ("successPolicy", {"rules": [{"succeededCount": 1}]}, '{"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}'),
        (
            "podFailurePolicy", {"rules": [{"action": "FailJob", "onPodConditions": [{"type": "a", "status": "True"}]}]},
            '{"Rules":[{"Action":"FailJob","OnExitCodes":null,"OnPodConditions":[{"Type":"a","Status":"True"}]}]}',
        ),
    ],
)  # fmt: skip
def test_policies_stay(field: str, value: Any, shown: str) -> None:
    base = {"completionMode": "Indexed", "completions": 2, "parallelism": 2}
    (error,) = job_update(_job(**base, **{field: value}), _job(**base))
    assert (error.path, error.text()) == (f"spec.{field}", f"Invalid value: {shown}: field is immutable")


def test_completions_of_an_indexed_job_change_with_parallelism() -> None:
    new, old = (_job(completionMode="Indexed", completions=count, parallelism=2) for count in (3, 2))
    (error,) = job_update(new, old)
    assert error.text() == "Invalid value: 3: can only be modified in tandem with spec.parallelism"
