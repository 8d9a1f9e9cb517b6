import pytest

from pilothouse.delivery.charts.engine.execution.definitions import CodeCache
from pilothouse.delivery.charts.engine.execution.faults import BudgetExceeded, ExecError
from pilothouse.delivery.charts.engine.execution.templates import TemplateSet
from pilothouse.delivery.charts.engine.functions import standard_functions
from pilothouse.kit.clock import Entropy


def run(source: str, data: object = None) -> str:
    templates = TemplateSet(standard_functions(1_700_000_000.0, Entropy(7)), CodeCache())
    templates.add("t", source)
    return templates.execute("t", data)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{{ "hello world" | title | trunc 7 }}', "Hello W"),
        ('{{ list 1 2 | toJson }}{{ list "b" "a" | sortAlpha }}', "[1,2][a b]"),
        ('{{ dict "a" 1 | toYaml }}', "a: 1"),
        ("{{ add 1 2.7 }} {{ div 7 2 }} {{ addf 0.1 0.2 }}", "3 3 0.3"),
        ('{{ semverCompare "^1.2" "1.9.0" }} {{ semverCompare ">1.0" "1.0.0" }}', "true false"),
        ('{{ regexReplaceAll "a(b+)" "xabby" "${1}-" }}', "xbb-y"),
        ('{{ date "2006-01-02" 0 }} {{ duration "95" }}', "1970-01-01 1m35s"),
        ('{{ mustDateModify "1ns" (toDate "2006-01-02" "2021-03-04") | date "05.000000000" }}', "00.000000001"),
        ('{{ dict "t" (toDate "2006-01-02" "2021-03-04") | toToml }}', "t = 2021-03-04T00:00:00Z\n"),
        ('{{ (fromToml "a = 1\\nbad").Error }}', "toml: line 2: unexpected EOF; expected key separator '='"),
        ('{{ dict "k" "a\u2028b" | toYaml }}', "k: 'a\u2028  b'"),
        ('{{ b64enc "hi" }} {{ sha256sum "x" | trunc 8 }}', "aGk= 2d711642"),
        (
            '{{ fromYaml "a: [" | toJson }}',
            '{"Error":"error converting YAML to JSON: yaml: line 1: did not find expected node content"}',
        ),
        ('{{ (dict "a" (dict "b" 1)) | dig "a" "b" 0 }}', "1"),
        ('{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson }}', '{"a":1,"b":3}'),
        ('{{ camelcase "http_server" }} {{ snakecase "FooBar" }}', "HttpServer foo_bar"),
        ('{{ urlParse "https://a:1/p?q=1" | values | len }}', "8"),
    ],
)
def test_results(source: str, text: str) -> None:
    assert run(source) == text


def test_the_same_seed_gives_the_same_randoms() -> None:
    assert run("{{ randAlphaNum 12 }}") == run("{{ randAlphaNum 12 }}")
    assert len(run("{{ uuidv4 }}")) == 36


def test_argument_types_are_checked() -> None:
    with pytest.raises(ExecError, match="wrong type for value; expected int; got float64"):
        run('{{ trunc .n "x" }}', {"n": 1.0})
    with pytest.raises(ExecError, match="expected string; found 1"):
        run("{{ upper 1 }}")


@pytest.mark.parametrize(
    "source",
    [
        '{{ repeat 2147483647 "x" }}',
        "{{ until 100000000 }}",
        "{{ randAscii 100000000 }}",
        '{{ range until 100 }}{{ genPrivateKey "ecdsa" }}{{ end }}',
    ],
)
def test_bombs_are_refused(source: str) -> None:
    with pytest.raises(BudgetExceeded):
        run(source)


def test_certificates_are_signed_by_their_authority() -> None:
    out = run('{{ $ca := genCA "ca" 1 }}{{ (genSignedCert "x" nil (list "a.b") 1 $ca).Cert }}')
    assert out.startswith("-----BEGIN CERTIFICATE-----")


def test_nothing_can_be_put_into_a_nil_map() -> None:
    with pytest.raises(ExecError, match="error calling set: assignment to entry in nil map"):
        run('{{ set nil "a" 1 }}')
    assert run('{{ hasKey nil "a" }}{{ keys nil }}') == "false[]"


def test_the_length_of_no_value() -> None:
    with pytest.raises(ExecError, match="on zero Value"):
        run("{{ len nil }}")
    with pytest.raises(ExecError, match="len of nil pointer"):
        run("{{ len .a }}", {})


SECRETS = (
    '{{ randAlphaNum 8 }}{{ uuidv4 }}{{ $ca := genCA "ca" 365 }}{{ $ca.Cert }}{{ $ca.Key }}'
    '{{ (genSignedCert "x" nil (list "a.b") 30 $ca).Cert }}{{ genPrivateKey "ed25519" }}{{ genPrivateKey "ecdsa" }}'
    '{{ (genCAWithKey "e" 3 (genPrivateKey "ecdsa")).Cert }}'
)


def test_a_seed_makes_everything_the_same_again() -> None:
    assert run(SECRETS) == run(SECRETS)
