"""One stream for a post-renderer and back."""

import pytest

from pilothouse.delivery.charts.engine.rendering.merged import merge_with_sources, split_by_source
from pilothouse.delivery.charts.errors import RenderFailed

FILES = {"c/templates/a.yaml": "kind: A\nmetadata: {name: a, annotations: {x: v}}\n---\nkind: B\n", "c/templates/_h.tpl": "x"}


def test_there_and_back() -> None:
    stream = merge_with_sources(FILES)
    assert stream.count("postrenderer.helm.sh/postrender-filename: c/templates/a.yaml") == 2
    assert split_by_source(stream) == {
        "c/templates/a.yaml": "kind: A\nmetadata:\n  annotations:\n    x: v\n  name: a\n---\nkind: B\n"
    }


def test_new_documents_get_a_name_and_bad_ones_are_refused() -> None:
    assert split_by_source("kind: New\n") == {"generated-by-postrender-0.yaml": "kind: New\n"}
    for text in ("a: b: c", "[1]"):
        with pytest.raises(RenderFailed):
            split_by_source(text)
