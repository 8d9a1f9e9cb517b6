"""Releases, repositories and registries by `pilothouse chart` against `pilothouse up`, and hand in hand with the real helm.

`make test` runs what needs no helm; `make e2e` also replays helm's own transcripts with `pilothouse chart` in helm's place, and
lets both tools work on the same releases, registries and signatures.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform import Platform, platform
from tests.e2e.test_transcripts import OLDER, SCENARIOS, need
from tests.e2e.transcript import Scenario, Session, difference

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: '7'\nmaintainers: [{name: m, email: m@example.com}]\n",
    "values.yaml": "color: blue\nnap: 0\nextra: false\n",
    "templates/objects.yaml": """apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {color: {{ .Values.color }}, revision: "{{ .Release.Revision }}"}
{{- if .Values.extra }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-extra}
stringData: {password: {{ .Values.color }}-secret}
{{- end }}
""",
    "templates/hook.yaml": """apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .Release.Name }}-hook
  annotations: {helm.sh/hook: "post-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: host, command: [sleep, "{{ .Values.nap }}"]}]
""",
    "templates/NOTES.txt": "color {{ .Values.color }}\n",
}


@pytest.fixture(scope="module")
def up() -> Iterator[Platform]:
    with platform() as running:
        yield running


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    for name, text in CHART.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONFIG", "CACHE", "DATA"):
        monkeypatch.setenv(f"HELM_{name}_HOME", str(tmp_path / f"helm-{name.lower()}"))


def ours(up: Platform, *arguments: str, status: int = 0) -> str:
    done = up.pilothouse("chart", *arguments)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def helm(up: Platform, *arguments: str, status: int = 0) -> str:
    environment = {**os.environ, "KUBECONFIG": str(up.kubeconfig)}
    command = [str(OLDER / "helm"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def color(up: Platform, name: str, namespace: str) -> str:
    return up.kubectl("get", "configmap", name, "-n", namespace, "-o", "jsonpath={.data.color}").stdout


def test_a_release_from_install_to_uninstall(up: Platform, chart: Path) -> None:
    assert "NOTES:\ncolor blue" in ours(up, "install", "web", str(chart), "-n", "shop", "--create-namespace", "--wait")
    changed = ("upgrade", "web", str(chart), "-n", "shop", "--set", "color=red,extra=true")
    text = ours(up, "diff", *changed, "--detailed-exitcode", status=2)
    assert "+   color: red" in text
    assert "red-secret" not in text
    ours(up, *changed)
    assert [line for line in ours(up, "diff", *changed).splitlines() if line[0] in "+-"] == [
        '-   revision: "2"',
        '+   revision: "3"',
    ]
    assert [row["status"] for row in json.loads(ours(up, "history", "web", "-n", "shop", "-o", "json"))] == [
        "superseded",
        "deployed",
    ]
    ours(up, "rollback", "web", "1", "-n", "shop")
    assert color(up, "web", "shop") == "blue"
    assert up.kubectl("get", "secret", "web-extra", "-n", "shop").returncode == 1
    assert 'release "web" uninstalled' in ours(up, "uninstall", "web", "-n", "shop", "--wait")
    assert up.kubectl("get", "configmap,secret,lease", "-n", "shop", "-o", "name").stdout.split() == [
        "configmap/kube-root-ca.crt"
    ]


def test_an_upgrade_that_was_killed_is_taken_over(up: Platform, chart: Path) -> None:
    ours(up, "install", "web", str(chart), "-n", "killed", "--create-namespace")
    command = [sys.executable, "-m", "pilothouse", "chart", "upgrade", "web", str(chart), "-n", "killed", "--set", "nap=60"]
    environment = {**os.environ, "KUBECONFIG": str(up.kubeconfig)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        up.kubectl("wait", "--for=create", "job/web-hook", "-n", "killed", "--timeout=30s")
        process.send_signal(signal.SIGKILL)
    assert '"status":"pending-upgrade"' in ours(up, "list", "-n", "killed", "-o", "json")
    text = ours(up, "upgrade", "web", str(chart), "-n", "killed", "--set", "color=red")
    assert "another operation holds the release; waiting" in text
    assert "never ended; going on from what is deployed" in text
    assert color(up, "web", "killed") == "red"
    statuses = [row["status"] for row in json.loads(ours(up, "history", "web", "-n", "killed", "-o", "json"))]
    assert statuses == ["superseded", "failed", "deployed"]


@contextlib.contextmanager
def registry(folder: Path, htpasswd: str = "") -> Iterator[str]:
    """Run Debian's docker-registry; yields its host and port."""
    program = shutil.which("docker-registry")
    if program is None:
        assert not os.environ.get("CI"), "docker-registry is missing"
        pytest.skip("docker-registry is missing; apt-get install docker-registry")
    port = 20_000 + os.getpid() % 20_000
    auth = ""
    if htpasswd:
        (folder / "htpasswd").write_text(htpasswd)
        auth = f"auth: {{htpasswd: {{realm: basic, path: {folder}/htpasswd}}}}\n"
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n{auth}"
        f"http: {{addr: '127.0.0.1:{port}'}}\n"
    )
    process = subprocess.Popen(
        [program, "serve", str(folder / "registry.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/v2/", timeout=1)
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                assert time.monotonic() < deadline, "docker-registry did not start"
                time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_charts_in_a_registry(up: Platform, chart: Path, tmp_path: Path) -> None:
    bcrypt = pytest.importorskip("bcrypt")
    password = f"me:{bcrypt.hashpw(b'pw', bcrypt.gensalt(4)).decode()}\n"
    with registry(tmp_path, password) as host:
        ours(up, "package", str(chart), "-d", str(tmp_path))
        archive, place = str(tmp_path / "web-0.1.0.tgz"), f"oci://{host}/charts"
        assert "UNAUTHORIZED" in ours(up, "push", archive, place, "--plain-http", status=1)
        ours(up, "registry", "login", host, "-u", "me", "-p", "wrong", "--plain-http", status=1)
        assert "Login Succeeded" in ours(up, "registry", "login", host, "-u", "me", "-p", "pw", "--plain-http")
        pushed = ours(up, "push", archive, place, "--plain-http")
        pulled = ours(up, "pull", f"{place}/web", "--plain-http", "--version", "^0.1", "-d", str(chart))
        assert pushed.replace("Pushed", "Pulled") == pulled
        assert (chart / "web-0.1.0.tgz").read_bytes() == (tmp_path / "web-0.1.0.tgz").read_bytes()
        ours(up, "install", "web", f"{place}/web:0.1.0", "--plain-http", "-n", "registry", "--create-namespace")
        assert color(up, "web", "registry") == "blue"
        assert "not found" in ours(up, "pull", f"{place}/none", "--plain-http", "--version", "1.0.0", status=1)
        parent = tmp_path / "parent"
        parent.mkdir()
        (parent / "Chart.yaml").write_text(
            f"apiVersion: v2\nname: p\nversion: 1.0.0\ndependencies: [{{name: web, version: ~0.1.0, repository: '{place}'}}]\n"
        )
        ours(up, "dependency", "update", str(parent), "--plain-http")
        assert (parent / "charts" / "web-0.1.0.tgz").is_file()


# With the real helm (make e2e).


def rows() -> list[object]:
    return [
        pytest.param(scenario, index, id=f"{scenario.name}:{row.line} {row.command[:50]}")
        for scenario in SCENARIOS["helm"].values()
        for index, row in enumerate(scenario.rows)
    ]


class InHelmsPlace:
    """Sessions in which `helm` is `pilothouse chart`; only `helm create` is helm's own."""

    def __init__(self, up: Platform, home: Path) -> None:
        self.up, self.home, self.current = up, home, None
        self.current: Session | None = None
        shim = home / "helm"
        shim.write_text(
            f'#!/bin/sh\n[ "$1" != create ] || exec {OLDER}/helm "$@"\nexec {sys.executable} -m pilothouse chart "$@"\n'
        )
        shim.chmod(0o755)

    def of(self, scenario: Scenario) -> Session:
        if self.current is None or self.current.scenario is not scenario:
            self.close()
            directory = self.home / scenario.name
            directory.mkdir()
            path = f"{self.home}:{Path(sys.executable).parent}"
            self.current = Session(scenario, directory, self.up.kubeconfig, path)
        return self.current

    def close(self) -> None:
        if self.current is not None:
            self.current.close()


@pytest.fixture(scope="module")
def in_helms_place(up: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InHelmsPlace]:
    sessions = InHelmsPlace(up, tmp_path_factory.mktemp("in-helms-place"))
    yield sessions
    sessions.close()


@pytest.mark.clients
@pytest.mark.parametrize(("scenario", "index"), rows())
def test_in_helms_place(in_helms_place: InHelmsPlace, scenario: Scenario, index: int) -> None:
    need("helm", OLDER)
    seen = in_helms_place.of(scenario).run_row(index)
    ours_only = ("  fix:", 'level=WARN msg="objects are always applied by the server', 'level=WARN msg="not ready"')
    seen.stderr = "".join(f"{line}\n" for line in seen.stderr.splitlines() if not line.startswith(ours_only))
    found = difference(scenario.rows[index], seen)
    assert not found, f"another answer than helm's:\n{found}"


@pytest.mark.clients
def test_helm_goes_on_with_our_releases(up: Platform, chart: Path) -> None:
    need("helm", OLDER)
    ours(up, "install", "web", str(chart), "-n", "ours", "--create-namespace", "--set", "color=red", "-l", "team=x")
    assert json.loads(helm(up, "list", "-n", "ours", "-o", "json"))[0]["chart"] == "web-0.1.0"
    assert "color: red" in helm(up, "get", "values", "web", "-n", "ours")
    assert helm(up, "get", "manifest", "web", "-n", "ours") == ours(up, "get", "manifest", "web", "-n", "ours")
    helm(up, "upgrade", "web", str(chart), "-n", "ours", "--reuse-values", "--set", "extra=true", "--wait")
    ours(up, "upgrade", "web", str(chart), "-n", "ours", "--set", "color=green")
    assert up.kubectl("get", "secret", "web-extra", "-n", "ours").returncode == 1, "what helm added and we no longer have is gone"
    helm(up, "rollback", "web", "2", "-n", "ours")
    assert color(up, "web", "ours") == "red"
    ours(up, "rollback", "web", "3", "-n", "ours")
    for tool in (helm, ours):
        rows = json.loads(tool(up, "history", "web", "-n", "ours", "-o", "json"))
        assert [row["status"] for row in rows] == ["superseded"] * 4 + ["deployed"]
        assert '"team":"x"' in tool(up, "get", "metadata", "web", "-n", "ours", "-o", "json")
    helm(up, "uninstall", "web", "-n", "ours")
    assert up.kubectl("get", "configmap,secret,lease", "-n", "ours", "-o", "name").stdout.split() == [
        "configmap/kube-root-ca.crt"
    ]


@pytest.mark.clients
@pytest.mark.parametrize("way", ["--server-side=true", "--server-side=false"])
def test_we_go_on_with_releases_of_helm(up: Platform, chart: Path, way: str) -> None:
    need("helm", OLDER)
    namespace = "theirs" + way[-4:].strip("=")
    helm(up, "install", "web", str(chart), "-n", namespace, "--create-namespace", "--set", "extra=true", way)
    for what in ("all", "hooks", "values", "notes"):
        assert ours(up, "get", what, "web", "-n", namespace) == helm(up, "get", what, "web", "-n", namespace)
    (chart / "templates" / "objects.yaml").write_text(
        CHART["templates/objects.yaml"].replace(', revision: "{{ .Release.Revision }}"', "")
    )
    ours(up, "upgrade", "web", str(chart), "-n", namespace, "--set", "color=red")
    data = json.loads(up.kubectl("get", "configmap", "web", "-n", namespace, "-o", "json").stdout)["data"]
    assert data == {"color": "red"}, "a field that left the chart is gone, however helm wrote it"
    helm(up, "upgrade", "web", str(chart), "-n", namespace, "--set", "color=blue")
    assert color(up, "web", namespace) == "blue"
    ours(up, "uninstall", "web", "-n", namespace)
    assert json.loads(helm(up, "list", "-n", namespace, "-o", "json")) == []


def without_times(tree: object) -> object:
    """Return a record without its times, and without the empty runs of hooks that did not run."""
    if isinstance(tree, dict):
        volatile = ("modtime", "schemamodtime", "first_deployed", "last_deployed")
        return {k: without_times(v) for k, v in tree.items() if k not in volatile and (k, v) != ("last_run", {"phase": ""})}
    return [without_times(item) for item in tree] if isinstance(tree, list) else tree


@pytest.mark.clients
@pytest.mark.parametrize("name", ["alertmanager", "contour", "grafana-loki", "kube-prometheus-stack", "prometheus", "haproxy"])
def test_what_is_stored_of_real_charts_is_what_helm_stores(up: Platform, name: str) -> None:
    need("helm", OLDER)
    found = sorted((Path(__file__).resolve().parents[3] / "shared/corpus/charts/charts-visible").glob(f"{name}-[0-9]*.tgz"))
    if not found:
        pytest.skip("the recorded charts are not here")
    arguments = ("install", "x", str(found[0]), "--dry-run=client", "-o", "json", "--set", "a.b=1,c=1.5,d=true")
    assert without_times(json.loads(ours(up, *arguments))) == without_times(json.loads(helm(up, *arguments)))


@pytest.mark.clients
def test_a_release_too_large_for_a_secret(up: Platform, chart: Path) -> None:
    need("helm", OLDER)
    for index in range(2):
        (chart / f"large{index}.bin").write_bytes(os.urandom(900_000))
    ours(up, "install", "web", str(chart), "-n", "large", "--create-namespace")
    assert color(up, "web", "large") == "blue"
    ours(up, "upgrade", "web", str(chart), "-n", "large", "--set", "color=red")
    ours(up, "rollback", "web", "-n", "large")
    assert json.loads(helm(up, "list", "-n", "large", "-o", "json"))[0]["revision"] == "3", "helm reads all but the large files"
    helm(up, "rollback", "web", "2", "-n", "large")
    assert color(up, "web", "large") == "red"
    ours(up, "uninstall", "web", "-n", "large")
    assert up.kubectl("get", "secret", "-n", "large", "-o", "name").stdout == ""


@pytest.mark.clients
def test_signatures_and_registries_of_both(up: Platform, chart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("helm", OLDER)
    if shutil.which("gpg") is None:
        pytest.skip("gpg is missing")
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    gpg = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run(
        [*gpg, "--quick-gen-key", "Tester <tester@example.com>", "rsa2048", "sign", "never"], check=True, capture_output=True
    )
    public, secret = tmp_path / "public.gpg", tmp_path / "secret.gpg"
    public.write_bytes(subprocess.run(["gpg", "--export"], check=True, capture_output=True).stdout)
    secret.write_bytes(subprocess.run([*gpg, "--export-secret-keys"], check=True, capture_output=True).stdout)
    subprocess.run(["gpgconf", "--kill", "all"], check=False)
    archive = tmp_path / "web-0.1.0.tgz"
    for signer, verifier in ((ours, helm), (helm, ours)):
        signer(up, "package", str(chart), "-d", str(tmp_path), "--sign", "--key", "tester", "--keyring", str(secret))
        text = verifier(up, "verify", str(archive), "--keyring", str(public))
        assert "Signed by: Tester <tester@example.com>" in text
        assert text == signer(up, "verify", str(archive), "--keyring", str(public))
        with registry(tmp_path) as host:
            signer(up, "push", str(archive), f"oci://{host}/{signer.__name__}", "--plain-http")
            (tmp_path / "pulled").mkdir(exist_ok=True)
            verifier(
                up, "pull", f"oci://{host}/{signer.__name__}/web", "--plain-http", "--verify", "--keyring", str(public),
                "-d", str(tmp_path / "pulled"),
            )  # fmt: skip
        assert (tmp_path / "pulled" / archive.name).read_bytes() == archive.read_bytes()
    archive.write_bytes(archive.read_bytes() + b"x")
    for tool in (ours, helm):
        assert "sha256 sum does not match" in tool(up, "verify", str(archive), "--keyring", str(public), status=1)
