"""Health probes without I/O: declarations, votes, answers, addresses and hysteresis."""

import json

import pytest

from pilothouse.delivery.gitops.engine.health import Health
from pilothouse.delivery.gitops.engine.probes import Answer, Plan, Standing, advance, read_plan
from pilothouse.delivery.gitops.engine.probes.answers import (
    grpc_answer,
    grpc_request,
    http_answer,
    program_answer,
    prometheus_answer,
)
from pilothouse.delivery.gitops.engine.probes.quorum import decide, read_need
from pilothouse.delivery.gitops.engine.probes.specs import Probe, comparison
from pilothouse.delivery.gitops.engine.probes.targets import Target, filled, is_written_down, pod_selector, targets_of
from pilothouse.kit.errors import Invalid

YES, NO, SILENT = Answer(True), Answer(False, "down"), Answer(None, "timed out")


def test_one_probe_and_its_defaults() -> None:
    plan = read_plan("http: {port: 8080, probePath: /ready}")
    (probe,) = plan.probes
    assert (probe.kind, probe.port, probe.path, probe.timeout_s, probe.fails_as_unhealthy) == ("http", 8080, "/ready", 5.0, True)
    assert (plan.interval_s, plan.healthy_after, plan.unhealthy_after) == (10.0, 1, 3)
    assert not read_plan("program: {name: ledger}").probes[0].fails_as_unhealthy
    assert read_plan("program: {name: ledger}\nonFailure: unhealthy").probes[0].fails_as_unhealthy


def test_several_probes() -> None:
    text = json.dumps(
        {
            "probes": [
                {"http": {"port": "http", "pods": True}, "need": "50%", "timeout": "500ms"},
                {"name": "orders", "prometheus": {"server": "http://p", "query": "up", "compare": ">= 1"}},
                {"grpc": {"port": 50051, "service": "shop"}, "onFailure": "fallback"},
            ],
            "need": "2 of 3", "interval": "1m30s", "timeout": 2, "healthyAfter": 2, "unhealthyAfter": 4,
        }
    )  # fmt: skip
    plan = read_plan(text)
    assert [probe.timeout_s for probe in plan.probes] == [0.5, 2.0, 2.0]
    assert (plan.need.of(3), plan.probes[0].need.of(5), plan.interval_s) == (2, 3, 90.0)
    assert not plan.probes[2].fails_as_unhealthy


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("- a", "not a map"),
        ("{", "not YAML"),
        ("http: {prot: 1}", "unknown field 'prot'"),
        ("htp: {}", "unknown field 'htp'"),
        ("interval: 5s", "exactly one of"),
        ("http: {}\ntcp: {}", "exactly one of"),
        ("probes: []", "either one kind"),
        ("probes: [1]", "not a map"),
        ("http: 1", "not a map"),
        ("http: {}\ntimeout: 5m", "not between"),
        ("http: {}\ninterval: soon", "no duration"),
        ("http: {}\nneed: most", "not understood"),
        ("http: {port: 70000}", "no port"),
        ("http: {url: 'file:///etc/passwd'}", "http or https"),
        ("http: {}\nhealthyAfter: 0", "from 1 to 100"),
        ("program: {name: ../sh}", "name"),
        ("entryPoint: {}", "name"),
        ("prometheus: {query: up}", "server"),
        ("prometheus: {server: 'http://p', query: up, compare: many}", "no comparison"),
        ("http: {}\nonFailure: ignore", "fallback or unhealthy"),
        ("x" * 40_000, "longer"),
        (
            "a: &a [1]\n" + "".join(f"{n}: &{n} [{'*' + p}{(', *' + p) * 9}]\n" for p, n in zip("abcdef", "bcdefg", strict=True)),
            "YAML",
        ),
    ],
)
def test_what_is_not_understood_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        read_plan(text)


def test_votes() -> None:
    assert decide([YES, YES, NO], read_need("2 of 3")).is_healthy is True
    assert decide([YES, NO, NO], read_need("2 of 3")).is_healthy is False
    assert decide([YES, NO, SILENT], read_need("2 of 3")).is_healthy is None
    assert decide([NO, SILENT], read_need("any")).is_healthy is None
    assert decide([NO, SILENT], read_need("all")).is_healthy is False
    outvoted = decide([YES, YES, SILENT], read_need(2))
    assert (outvoted.is_healthy, outvoted.warning) == (True, "timed out")
    assert decide([YES, NO], read_need("50%")).is_healthy is True
    assert decide([NO], read_need(2)).message == "0 of 1 are healthy, 2 needed: down"
    assert decide([Answer(False, "a", "Suspended"), Answer(False, "b", "Progressing")], read_need("all")).status == "Progressing"


def test_answers_of_http() -> None:
    assert http_answer(200, b'{"status": "ready"}').is_healthy is True
    assert http_answer(200, b'{"status":"ready","message":"9 orders"}').message == "9 orders"
    assert http_answer(200, b'{"status":"starting","message":"cold"}') == Answer(False, "status is 'starting', not 'ready': cold")
    assert http_answer(503, b'{"status": "ready"}') == Answer(False, "HTTP 503")
    assert http_answer(200, b"ok").is_healthy is False
    assert http_answer(200, b"[" * 100_000).is_healthy is False


def test_answers_of_programs() -> None:
    assert program_answer(0, 'log line\n{"status":"Suspended","message":"holiday"}\n') == Answer(False, "holiday", "Suspended")
    assert program_answer(0, '{"status":"ready"}').is_healthy is True
    for status, output in ((1, "no such ledger"), (0, ""), (0, "fine"), (0, '{"status":"Great"}'), (0, "[1]")):
        with pytest.raises(Invalid):
            program_answer(status, output)


def test_answers_of_grpc() -> None:
    assert grpc_request("") == b""
    assert grpc_request("shop") == b"\x0a\x04shop"
    assert grpc_request("x" * 200)[:3] == b"\x0a\xc8\x01"
    assert grpc_answer(b"\x08\x01").is_healthy is True
    assert grpc_answer(b"\x08\x02") == Answer(False, "NOT_SERVING")
    assert grpc_answer(b"") == Answer(False, "UNKNOWN")


def test_answers_of_prometheus() -> None:
    def answer(data: object, compare: str = "> 0.5") -> Answer:
        body = json.dumps({"status": "success", "data": data}).encode()
        return prometheus_answer(200, body, comparison(compare) if compare else None, compare)

    vector = {"resultType": "vector", "result": [{"metric": {}, "value": [1, "0.9"]}, {"metric": {}, "value": [1, "0.2"]}]}
    assert answer(vector) == Answer(False, "0.2 is not > 0.5 in 1 of 2")
    assert answer(vector, "").is_healthy is True
    assert answer({"resultType": "scalar", "result": [1, "0.6"]}).is_healthy is True
    empty = {"resultType": "vector", "result": []}
    assert answer(empty, "").is_healthy is False
    for data in (empty, {"resultType": "matrix", "result": []}, None, {"resultType": "vector", "result": [{"value": "x"}]}):
        with pytest.raises(Invalid):
            answer(data)
    with pytest.raises(Invalid, match="HTTP 400: bad query"):
        prometheus_answer(400, b'{"status":"error","error":"bad query"}', None, "")


def test_addresses() -> None:
    meta = {"name": "web", "namespace": "shop"}
    service = {
        "apiVersion": "v1", "kind": "Service", "metadata": meta,
        "spec": {
            "clusterIP": "10.96.0.9", "selector": {"app": "web"},
            "ports": [{"name": "admin", "port": 81}, {"name": "http", "port": 80}],
        },
    }  # fmt: skip
    assert targets_of(Probe("http", "", path="ready"), service) == [Target("http", "10.96.0.9", 81, "/ready")]
    assert targets_of(Probe("http", "", port="http"), service)[0].port == 80
    pod = {
        "apiVersion": "v1", "kind": "Pod", "metadata": meta, "status": {"podIP": "fd00::1", "phase": "Running"},
        "spec": {"containers": [{"ports": [{"name": "http", "containerPort": 8080}]}]},
    }  # fmt: skip
    assert [each.netloc for each in targets_of(Probe("tcp", ""), pod)] == ["[fd00::1]:8080"]
    each = Probe("http", "", port="http", each_pod=True)
    assert pod_selector(each, service) == {"app": "web"}
    going = {**pod, "metadata": {**meta, "deletionTimestamp": "now"}}
    assert len(targets_of(each, service, [pod, going])) == 1
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"selector": {"matchLabels": {"a": "b"}}},
    }
    assert pod_selector(Probe("http", ""), deployment) == {"a": "b"}
    ingress = {
        "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": meta,
        "spec": {"rules": [{"host": "shop.example.com"}], "tls": [{"hosts": ["shop.example.com"]}]},
    }  # fmt: skip
    assert targets_of(Probe("http", ""), ingress) == [Target("https", "shop.example.com", 443)]
    url = Probe("http", "", url="http://{{ .metadata.name }}.{{metadata.namespace}}.svc:81/x?y=1")
    assert targets_of(url, service) == [Target("http", "web.shop.svc", 81, "/x?y=1")]
    assert filled("{{ .spec.ports[1].name }}", service) == "http"


def test_hosts_that_somebody_chose() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "10.96.0.9"}}
    assert not is_written_down(Probe("tcp", ""), service)
    assert is_written_down(Probe("tcp", "", host="db"), service)
    assert is_written_down(Probe("tcp", ""), {**service, "spec": {"type": "ExternalName", "externalName": "db.example.com"}})
    assert is_written_down(Probe("http", ""), {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress"})


@pytest.mark.parametrize(
    ("probe", "tree"),
    [
        (Probe("http", ""), {"apiVersion": "v1", "kind": "ConfigMap"}),
        (Probe("http", "", url="http://{{ .data.gone }}/"), {"apiVersion": "v1", "kind": "ConfigMap"}),
        (Probe("http", "", url="http://a b/"), {}),
        (Probe("http", "", url="http://a:99999/"), {}),
        (Probe("tcp", "", host="db"), {}),
        (Probe("http", "", port="metrics"), {"apiVersion": "v1", "kind": "Service", "spec": {"clusterIP": "10.96.0.1"}}),
        (Probe("http", ""), {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": {}}),
    ],
)
def test_addresses_that_cannot_be_told(probe: Probe, tree: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        targets_of(probe, tree)


def story(plan: Plan, *answers: Answer, step_s: float = 1.0) -> list[str]:
    """Return what is told after each answer; `-` where the probes tell nothing."""
    standing, found = Standing(0.0), []
    for number, answer in enumerate(answers):
        standing = advance(standing, answer, plan, number * step_s)
        found.append(standing.told.status if standing.told else "-")
    return found


def test_hysteresis() -> None:
    plan = Plan((), healthy_after=2, unhealthy_after=2, deadline_s=10)
    assert story(plan, YES, YES, NO, YES, NO, NO, YES, YES) == [
        "Progressing", "Healthy", "Healthy", "Healthy", "Healthy", "Degraded", "Degraded", "Healthy",
    ]  # fmt: skip
    assert story(plan, NO, NO, NO, step_s=6.0) == ["Progressing", "Progressing", "Degraded"]
    assert story(plan, SILENT, YES, YES, SILENT, SILENT, YES) == ["-", "-", "Healthy", "Healthy", "-", "-"]
    standing = advance(Standing(0.0), SILENT, plan, 0.0)
    assert (standing.told, standing.warning) == (None, "timed out")
    assert Standing(0.0).told == Health("Progressing", "waiting for the first answer of the health probe", "probe")
