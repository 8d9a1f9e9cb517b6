"""Bodies: duplicate keys are found whatever the text looks like, and never seen where there are none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilothouse.cluster.apiserver.http.bodies import has_duplicates, read_body
from pilothouse.cluster.apiserver.http.yamlbody import parse_yaml


@pytest.mark.parametrize(
    ("text", "is_double"),
    [
        ('{"a":1,"b":{"a":2}}', False),
        ('{"a":1,"a":2}', True),
        ('{"a":1,"a" :2}', True),
        ('{"a":1,"\\u0061":2}', True),
        ('{"a":{"b":1,"b":1}}', True),
        ('[{"a":1},{"a":1,"c":[{"d":1,"d":2}]}]', True),
        ('{"a":"x\\":y","b":"\\":"}', False),
        ('{"a":"\\":","a" :1}', True),
        ('{"a" : 1, "b"\n:2}', False),
        ("[]", False),
    ],
)
def test_texts(text: str, *, is_double: bool) -> None:
    assert has_duplicates(text.encode(), json.loads(text)) is is_double


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='ab":,\\ \n{}'),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(alphabet='ab":\\ ', max_size=3), below, max_size=4),
    max_leaves=12,
)


@given(_VALUES, st.sampled_from((None, 1)), st.sampled_from(((",", ":"), (", ", ": "), (" ,", " : "))))
def test_a_value_written_once_has_no_duplicates(value: object, indent: int | None, separators: tuple[str, str]) -> None:
    text = json.dumps(value, indent=indent, separators=separators)
    assert not has_duplicates(text.encode(), json.loads(text))


@given(
    st.dictionaries(st.text(alphabet='ab":\\ ', max_size=3), _VALUES, min_size=1, max_size=4),
    st.sampled_from((":", " :", "\t: ")),
)
def test_a_repeated_key_is_always_found(value: dict[str, object], colon: str) -> None:
    members = [f"{json.dumps(key)}{colon}{json.dumps(item)}" for key, item in value.items()]
    text = "{" + ",".join([*members, members[0]]) + "}"
    assert has_duplicates(text.encode(), json.loads(text))


@given(_VALUES)
def test_json_in_a_yaml_body_reads_as_yaml_does(value: object) -> None:
    text = json.dumps({"a": value}).encode()
    read = read_body(text, "application/yaml", want_duplicates=True)
    assert (read.value, read.yaml_duplicates) == parse_yaml(text)


@pytest.mark.parametrize(
    ("text", "value", "repeated"),
    [
        (b'{"a":1,"a":2}', {"a": 2}, ['line 1: key "a" already set in map']),
        (b'{"a":1.0}', {"a": 1}, []), (b'{"a":[1e3]}', {"a": [1000]}, []), (b"{a: 1}", {"a": 1}, []),
        (b'{"a":"1.5, 2.5"}', {"a": "1.5, 2.5"}, []),
    ],
)  # fmt: skip
def test_what_is_not_plain_json_is_read_as_yaml(text: bytes, value: object, repeated: list[str]) -> None:
    read = read_body(text, "application/yaml", want_duplicates=True)
    assert (read.value, read.yaml_duplicates) == (value, repeated)
