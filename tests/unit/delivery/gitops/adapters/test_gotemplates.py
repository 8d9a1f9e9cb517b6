import pytest

from pilothouse.delivery.gitops.adapters.gotemplates import go_renderer
from pilothouse.delivery.gitops.errors import GeneratorFailed
from pilothouse.kit.clock import Entropy, ManualClock

RENDER = go_renderer(ManualClock(), Entropy(1))


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("{{ .name | upper }}-{{ .n }}", "A_B-5"),
        ("{{ normalize .name }}", "a-b"),
        ("{{ .long | slugify 7 true }}|{{ slugify .long }}", "one-two|one-two-three"),
        ("{{ toYaml .t }}", "a: 1\nb:\n- x"),
        ("{{ (fromYaml \"a: 5\").a }}{{ index (fromYamlArray \"[7]\") 0 }}", "57"),
        ("{{ .missing }}", "<no value>"),
    ],
)  # fmt: skip
def test_functions(text: str, result: str) -> None:
    params = {"name": "a_b", "n": 5, "long": "one two/three", "t": {"b": ["x"], "a": 1}}
    assert RENDER(text, params, ()) == result


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("{{ .missing.x }}", ["missingkey=error"], 'map has no entry for key "missing"'),
        ("{{ nope }}", [], 'failed to parse template {{ nope }}: template: base:1: function "nope" not defined'),
        ("{{ fromYaml \"[1]\" }}", [], "cannot unmarshal array into Go value of type map"),
        ("{{ fromYamlArray \"a\" }}", [], "cannot unmarshal string into Go value of type"),
        ("{{ env \"HOME\" }}", [], "not defined"),
        ("{{ include \"x\" . }}", [], "not defined"),
    ],
)  # fmt: skip
def test_failures(text: str, options: list[str], words: str) -> None:
    with pytest.raises(GeneratorFailed) as caught:
        RENDER(text, {}, options)
    assert words in caught.value.message
