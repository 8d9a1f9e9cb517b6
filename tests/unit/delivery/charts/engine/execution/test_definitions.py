"""Files by content, with code that an earlier run compiled."""

from pilothouse.delivery.charts.engine.execution.definitions import INLINE, CodeCache, file_key
from pilothouse.delivery.charts.engine.functions import go_functions

SOURCE = '{{ define "a" }}{{ len . }}{{ end }}{{ define "empty" }}  {{ end }}text'


def test_rows_hold_what_was_reached() -> None:
    functions = go_functions()
    cache = CodeCache()
    found = cache.parse("t", SOURCE, functions)
    assert cache.parse("t", SOURCE, functions) is found
    code = cache.compile(found["a"]).code
    cache.parse(INLINE, "{{ 1 }}", functions)
    [key] = cache.rows()
    assert key == file_key("t", SOURCE)
    assert {name: (empty, body) for name, empty, body in cache.rows()[key]} == {
        "a": (False, code),
        "empty": (True, None),
        "t": (False, None),
    }


def test_stored_code_is_used_and_what_is_not_stored_is_compiled() -> None:
    functions = go_functions()
    first = CodeCache()
    code = first.compile(first.parse("t", SOURCE, functions)["a"]).code
    second = CodeCache(first.rows())
    found = second.parse("t", SOURCE, functions)
    assert second.compile(found["a"]).code is code and not second.has_news
    assert second.compile(found["a"]).template.name == "a"
    assert second.compile(found["a"]).sites
    second.compile(found["t"])
    assert second.has_news
    assert file_key("t", SOURCE) != file_key("tt", SOURCE[1:])
