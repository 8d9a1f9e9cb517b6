"""Log lines carry the fields of what they belong to."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from pilothouse.kit import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_json_lines_with_bound_fields() -> None:
    stream = io.StringIO()
    log.configure("info", "json", stream)
    logger = logging.getLogger("pilothouse.test")
    with log.bind(controller="web"), log.bind(object="ns/a"):
        logger.info("done %d", 3)
    logger.debug("not shown")
    line = json.loads(stream.getvalue())
    assert (line["msg"], line["level"], line["controller"], line["object"]) == ("done 3", "info", "web", "ns/a")


def test_console_lines_with_the_exception() -> None:
    stream = io.StringIO()
    log.configure("debug", "console", stream)
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("pilothouse.test").exception("failed")
    assert " E test: failed\n" in stream.getvalue()
    assert "ValueError: broken" in stream.getvalue()
