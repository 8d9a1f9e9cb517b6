"""What holds for every test."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the cache of the user who runs the tests out of them, and them out of it."""
    before = os.environ.get("PILOTHOUSE_CACHE_DIR")
    os.environ["PILOTHOUSE_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    yield
    if before is None:
        del os.environ["PILOTHOUSE_CACHE_DIR"]
    else:
        os.environ["PILOTHOUSE_CACHE_DIR"] = before
