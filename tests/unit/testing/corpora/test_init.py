"""The registry of corpora: every line of it leads to a module that can answer."""

import pytest

from pilothouse.testing.corpora import MODULES, answerer


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_corpus_has_an_answerer(name: str) -> None:
    assert callable(answerer(name))
