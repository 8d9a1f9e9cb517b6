"""The real kubectl inside Pods: exec, attach, cp, port-forward, proxy, run, debug and followed logs."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.platform import Platform, platform

KUBECTL = shutil.which("kubectl", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not KUBECTL and not os.environ.get("CI"), reason="kubectl is missing; `make test` installs it"),
]
OLD = {"KUBECTL_REMOTE_COMMAND_WEBSOCKETS": "false", "KUBECTL_PORT_FORWARD_WEBSOCKETS": "false"}
"""What makes kubectl speak SPDY, as releases before 1.31 do."""
PODS = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: host
    workingDir: /usr
    command: [python3, -u, -m, http.server, "8000", --bind, 127.0.0.1]
  - {name: sleeper, image: host, command: [sleep, "600"]}
---
apiVersion: v1
kind: Pod
metadata: {name: open, labels: {app: open}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: host, workingDir: /etc, command: [python3, -m, http.server, "8000"], ports: [{containerPort: 8000}]}
---
apiVersion: v1
kind: Pod
metadata: {name: cat}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: c, image: host, stdin: true, command: [sh, -c, "echo ready; cat; sleep 600"]}
---
apiVersion: v1
kind: Service
metadata: {name: open}
spec: {selector: {app: open}, ports: [{port: 80, targetPort: 8000}]}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    with platform() as started:
        made = started.kubectl("apply", "-f", "-", text=PODS)
        assert made.returncode == 0, made.stderr
        ready = started.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=30s")
        assert ready.returncode == 0, ready.stderr
        yield started


@pytest.fixture(params=["websocket", "spdy"])
def protocol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "spdy":
        for name, value in OLD.items():
            monkeypatch.setenv(name, value)
    return str(request.param)


def test_exec_has_two_outputs_and_an_exit_code(running: Platform, protocol: str) -> None:
    done = running.kubectl("exec", "web", "-c", "c", "--", "sh", "-c", "pwd; echo bad >&2; exit 3")
    assert (done.returncode, done.stdout) == (3, "/usr\n")
    assert "bad\n" in done.stderr and "command terminated with exit code 3" in done.stderr


def test_exec_passes_input_to_its_end(running: Platform, protocol: str) -> None:
    text = "line\n" * 200_000
    assert running.kubectl("exec", "-i", "web", "-c", "c", "--", "sha256sum", text=text).stdout.split()[1] == "-"
    done = running.kubectl("exec", "-i", "web", "-c", "c", "--", "cat", text=text)
    assert done.stdout == text


def test_what_cannot_run_says_why(running: Platform) -> None:
    missing = running.kubectl("exec", "web", "-c", "c", "--", "no-such-program")
    assert missing.returncode == 1 and 'exec: "no-such-program": executable file not found in $PATH' in missing.stderr
    unknown = running.kubectl("exec", "web", "-c", "nobody", "--", "ls")
    assert "container nobody is not valid for pod web" in unknown.stderr


def test_a_terminal_has_the_size_of_the_users(running: Platform) -> None:
    assert KUBECTL is not None
    environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(KUBECTL, ["kubectl", "exec", "-it", "web", "-c", "c", "--", "sh"], environment)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 101, 0, 0))
    shown = b""
    with contextlib.suppress(OSError):  # the terminal of a program that is over
        while not shown.endswith((b"# ", b"$ ")):
            shown += os.read(terminal, 4096)
        os.write(terminal, b"while [ \"$(stty size)\" != '33 101' ]; do sleep 0.1; done; tty; exit 7\n")
        while data := os.read(terminal, 4096):
            shown += data
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 7
    assert b"/dev/pts/" in shown


def test_cp_there_and_back(running: Platform, tmp_path: Path) -> None:
    blob = tmp_path / "blob"
    blob.write_bytes(os.urandom(1 << 20))
    there = running.kubectl("cp", str(blob), "web:/tmp/blob", "-c", "c")
    assert there.returncode == 0, there.stderr
    back = running.kubectl("cp", "web:/tmp/blob", str(tmp_path / "back"), "-c", "c")
    assert back.returncode == 0, back.stderr
    assert (tmp_path / "back").read_bytes() == blob.read_bytes()


def test_attach_reaches_the_program(running: Platform) -> None:
    process = spawn(running, "attach", "-i", "cat")
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write("typed\n")
    process.stdin.flush()
    assert process.stdout.readline() == "typed\n"
    process.kill()
    process.wait()
    assert running.kubectl("logs", "cat").stdout == "ready\ntyped\n"


def spawn(running: Platform, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
    assert KUBECTL is not None
    return subprocess.Popen(
        [KUBECTL, *arguments], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def fetch(port: int, path: str = "/") -> bytes:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
        return bytes(answer.read())


@contextlib.contextmanager
def forwarding(running: Platform, *ports: str) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    process = spawn(running, "port-forward", "pod/web", "--address", "127.0.0.1", *ports)
    assert process.stdout is not None
    found = [re.search(r"127.0.0.1:(\d+)", process.stdout.readline()) for _ in ports]
    try:
        yield process, [int(match[1]) for match in found if match]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_port_forward_carries_connections_side_by_side(running: Platform, protocol: str) -> None:
    with forwarding(running, ":8000") as (_, (port,)):
        answers: list[bytes] = []
        threads = [threading.Thread(target=lambda: answers.append(fetch(port))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(answers) == 5 and all(b"Directory listing for /" in answer for answer in answers)


def test_a_port_nobody_listens_on_is_named(running: Platform) -> None:
    with forwarding(running, ":8001") as (process, (port,)):
        with pytest.raises((urllib.error.URLError, OSError)):
            fetch(port)
        assert process.stderr is not None
        assert "error forwarding port 8001 to pod web" in process.stderr.readline()


def test_proxy_to_a_pod_and_a_service(running: Platform) -> None:
    for target in ("pods/open", "pods/http:open:8000", "services/open:80"):
        shown = running.kubectl("get", "--raw", f"/api/v1/namespaces/default/{target}/proxy/hostname")
        assert shown.stdout == "open\n", (target, shown.stderr)
    refused = running.kubectl("get", "--raw", "/api/v1/namespaces/default/pods/web:8000/proxy/")
    assert "connection refused" in refused.stderr  # it listens on its loopback only


def test_run_and_debug(running: Platform) -> None:
    script = "echo started; cat; exit 5"
    done = running.kubectl(
        "run", "one", "-i", "--rm", "--image=host", "--restart=Never", "--", "sh", "-c", script, text="typed\n"
    )
    assert done.returncode == 5 and "typed\n" in done.stdout
    debug = running.kubectl("debug", "web", "--image=host", "--target=c", "-i", "--", "sh", "-c", "sleep 0.5; echo in $HOSTNAME")
    assert "in web" in debug.stdout, debug.stderr


def test_logs_are_followed_cut_and_joined(running: Platform) -> None:
    script = "for i in 1 2 3; do echo line $i; done; while ! test -e /tmp/go; do sleep 0.05; done; echo last"
    container = f'{{"name":"c","image":"host","command":["sh","-c","{script}"]}}'
    override = f'--overrides={{"spec":{{"containers":[{container}],"restartPolicy":"Never"}}}}'
    assert running.kubectl("run", "talker", "--image=host", override).returncode == 0
    running.kubectl("wait", "--for=condition=Ready", "pod/talker", "--timeout=20s")
    following = spawn(running, "logs", "-f", "talker")
    assert following.stdout is not None
    assert [following.stdout.readline() for _ in range(3)] == ["line 1\n", "line 2\n", "line 3\n"]
    assert running.kubectl("logs", "talker", "--tail=1").stdout == "line 3\n"
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z line 3\n$", running.kubectl("logs", "talker", "--tail=1", "--timestamps").stdout)
    assert running.kubectl("logs", "talker", "--limit-bytes=4").stdout == "line"
    time.sleep(1.1)
    assert running.kubectl("logs", "talker", "--since=1s").stdout == ""
    running.kubectl("exec", "talker", "--", "touch", "/tmp/go")
    assert following.communicate(timeout=20)[0] == "last\n"
    everything = running.kubectl("logs", "web", "--all-containers", "--prefix").stdout
    assert "[pod/web/c] Serving HTTP on" in everything


def test_our_own_verbs(running: Platform) -> None:
    done = running.pilothouse("exec", "web", "-c", "c", "--", "sh", "-c", "pwd; echo bad >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, "/usr\n", "bad\n")
    assert running.pilothouse("logs", "open").returncode == 0
    environment = {**os.environ, "KUBECONFIG": str(running.kubeconfig)}
    command = [sys.executable, "-m", "pilothouse", "port-forward", "pod/web", ":8000"]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        match = re.search(r"127.0.0.1:(\d+) -> 8000", process.stdout.readline())
        assert match and b"Directory listing for /" in fetch(int(match[1]))
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
