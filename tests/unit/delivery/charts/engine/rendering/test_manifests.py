import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilothouse.delivery.charts.engine.rendering.manifests import sort_rendered, split_documents
from pilothouse.delivery.charts.errors import RenderFailed

HOOK = """kind: Job
metadata:
  annotations:
    helm.sh/hook: pre-install, test
    helm.sh/hook-weight: "-5"
"""


def test_install_order_and_hooks() -> None:
    manifests, hooks = sort_rendered(
        {
            "a/z.yaml": "kind: Deployment\n---\nkind: Odd",
            "a/b.yaml": "kind: Namespace",
            "a/h.yaml": HOOK,
            "a/_p.yaml": "kind: Ignored",
        }
    )
    assert [m.kind for m in manifests] == ["Namespace", "Deployment", "Odd"]
    assert (hooks[0].events, hooks[0].weight, hooks[0].is_test) == (("pre-install", "test"), -5, True)


def test_bad_yaml_names_the_file() -> None:
    with pytest.raises(RenderFailed, match=r"YAML parse error on a/b.yaml: error converting YAML to JSON"):
        sort_rendered({"a/b.yaml": "a: b: c"})


def test_split() -> None:
    assert split_documents("---\na: 1\n---\nb: 2\n") == ["a: 1", "b: 2"]
    assert split_documents("---\n---\na: 1") == ["---\na: 1"]
    assert split_documents("a: 1 \n\n---   \n\n  b: 2\n--- c") == ["a: 1", "b: 2", "c"]


@settings(max_examples=300)
@given(st.text(alphabet="-\n a", max_size=40))
def test_documents_are_parted_as_by_the_expression_of_helm(text: str) -> None:
    parts = re.split(r"(?:^|[ \t\n\f\r]*\n)---[ \t\n\f\r]*", text.strip())
    assert split_documents(text) == [part for part in parts if part.strip()]
