"""One control plane for one test: started in an instant, isolated, gone without a trace.

It is what `pilothouse up` runs (store in memory, API server with TLS on a free port, the real controllers, fake nodes if wanted)
in a thread of the test's process. Tests call it from a plain function (`environment.apply(...)`) or from a coroutine
(`await environment.aio.apply(...)`); programs under test use `.kubeconfig`, Python code on the SDK uses `.client`.

With virtual time each call from outside enters when the control plane is at rest, so that a run depends on nothing but the calls
and the seed. Time passes only while `wait_for` waits and by `advance`.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

from pilothouse.api.meta import Tree
from pilothouse.kit.aio import offload
from pilothouse.kit.clock import rfc3339
from pilothouse.kit.errors import PilothouseError
from pilothouse.kit.faults import FaultPlan
from pilothouse.sdk.client import Client, PatchType
from pilothouse.sdk.kinds import Kind
from pilothouse.sdk.manager import Manager
from pilothouse.testing.conditions import Condition, event_line
from pilothouse.testing.objects import Manifests, Trees
from pilothouse.testing.plane import Plane
from pilothouse.testing.program import Program
from pilothouse.testing.settings import PROGRAMS, read_settings
from pilothouse.testing.threads.calls import AsyncCalls
from pilothouse.testing.threads.looping import HoppingTransport, LoopThread
from pilothouse.wire.http.messages import Peer

T = TypeVar("T")
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
SUMMARY_EVENTS, SUMMARY_REFUSALS, SUMMARY_OUTPUT = 12, 6, 15


class Environment:
    """A control plane of its own: `with Environment(nodes=1) as environment: ...`; options are those of `settings.Settings`."""

    def __init__(self, *, data_dir: Path | None = None, keep: bool = False, **options: Any) -> None:
        """Prepare; `start` does the work. `keep` leaves the directory where it is at the end."""
        self.settings = read_settings(options)
        self._given_dir, self._keep = data_dir, keep
        self.data_dir = data_dir or Path("/nonexistent")
        self._thread: LoopThread | None = None
        self._plane: Plane | None = None
        self._programs: list[Program] = []
        self._left: Callable[[], object] = lambda: None

    def start(self) -> Self:
        """Return once requests are answered, the controllers run, and all that was to be installed is; raises what is wrong."""
        self.data_dir = self._given_dir or Path(tempfile.mkdtemp(prefix="ph-"))
        is_ours = self._given_dir is None and not self._keep
        self._left = weakref.finalize(self, _clear, self._programs, self.data_dir if is_ours else None)
        try:
            self._plane = Plane(self.settings, self.data_dir)
            self._thread = LoopThread("control-plane", self._plane.new_loop)
            self._thread.start()
            self._thread.wait(self._plane.start(), START_TIMEOUT_S)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop everything and remove what was written; safe to call twice."""
        thread, plane = self._thread, self._plane
        self._thread = None
        try:
            _clear(self._programs, None)
            if thread is not None and plane is not None and thread.loop is not None:
                thread.wait(plane.stop(), STOP_TIMEOUT_S)
        finally:
            if thread is not None:
                thread.stop()
            self._left()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_exc: object) -> None:
        """Stop."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Start, from a coroutine."""
        return await offload(self.start)

    async def __aexit__(self, *_exc: object) -> None:
        """Stop, from a coroutine."""
        await offload(self.stop)

    @property
    def plane(self) -> Plane:
        """The parts; for its own loop only."""
        if self._plane is None or self._thread is None:
            raise RuntimeError("the control plane is not running: start it first, and use it before it is stopped")
        return self._plane

    @property
    def url(self) -> str:
        """Where it listens: `https://127.0.0.1:PORT`."""
        return self.plane.lifecycle.url

    @property
    def kubeconfig(self) -> str:
        """The path of a kubeconfig file for kubectl and clients in any language.

        Its current context is for what is tested; the context `test` is for the test, so fault plans do not strike it.
        """
        return str(self.plane.lifecycle.kubeconfig_path)

    @property
    def env(self) -> dict[str, str]:
        """The variables of this process with those that lead programs to this control plane and to no other."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KUBERNETES_SERVICE_")}
        local = ",".join(part for part in (os.environ.get("NO_PROXY", ""), "127.0.0.1,localhost") if part)
        existing = {"USE_EXISTING_CLUSTER": "true"}  # for envtest of controller-runtime: it is to start none of its own
        return {
            **existing, **kept, "KUBECONFIG": self.kubeconfig, "KUBE_CONFIG_PATH": self.kubeconfig, "NO_PROXY": local,
            "no_proxy": local,
        }  # fmt: skip

    @property
    def client(self) -> Client:
        """A client in process for code on the SDK, usable on any event loop; it is the user of the kubeconfig."""
        return self.client_as(PROGRAMS, "system:masters")

    def client_as(self, user: str, *groups: str) -> Client:
        """Return a client in process that is somebody else, who may do what RBAC allows them."""
        assert self._thread is not None
        transport = HoppingTransport(
            self._thread, self.plane.entering, Peer(common_name=user, organizations=groups), "pilothouse"
        )
        return Client(transport)

    @property
    def aio(self) -> AsyncCalls:
        """The same calls for coroutines: `await environment.aio.wait_for(...)`."""
        plane = self.plane
        assert self._thread is not None
        return AsyncCalls(plane, self._thread)

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        __tracebackhide__ = True  # a failure is about the test, not about how the call got here
        plane = self.plane
        assert self._thread is not None
        if self._thread.is_current:
            coroutine.close()
            raise RuntimeError("this call blocks the control plane's own loop: await the method of `.aio` instead")
        try:
            return self._thread.wait(plane.entered(coroutine))
        except PilothouseError as error:
            raise error.with_traceback(None) from None

    def get(self, kind: str | Kind, name: str, namespace: str = "default") -> Tree:
        """Return one object; raises `ApiNotFound`. Kinds are given as kubectl takes them: `Deployment`, `deploy`, `pods`."""
        return self._call(self.plane.objects.get(kind, name, namespace))

    def list(self, kind: str | Kind, namespace: str = "default", labels: str = "") -> Trees:
        """Return the objects of a namespace ("" for all of them) that match a label selector."""
        return self._call(self.plane.objects.list(kind, namespace, labels))

    def create(self, tree: Tree, namespace: str = "default") -> Tree:
        """Create an object; raises `ApiAlreadyExists`."""
        return self._call(self.plane.objects.create(tree, namespace))

    def apply(self, manifests: Manifests, namespace: str = "default") -> Trees:
        """Apply a file, a folder, YAML text or trees; definitions are served when it returns."""
        return self._call(self.plane.objects.apply(manifests, namespace))

    def patch(
        self, kind: str | Kind, name: str, patch: Any, namespace: str = "default", *, patch_type: PatchType = "merge",
        subresource: str = "",
    ) -> Tree:  # fmt: skip
        """Patch an object: `patch("deploy", "web", {"spec": {"replicas": 3}})`; `subresource="status"` for its status."""
        return self._call(self.plane.objects.patch(kind, name, patch, namespace, patch_type, subresource))

    def delete(self, kind: str | Kind, name: str, namespace: str = "default", *, propagation: str = "") -> None:
        """Ask for deletion (`Background`, `Foreground` or `Orphan`); `wait_for(..., "delete")` waits for the end."""
        self._call(self.plane.objects.delete(kind, name, namespace, propagation))

    def wait_for(
        self, kind: str | Kind, name: str, condition: Condition = "Ready", namespace: str = "default", *,
        timeout_s: float | None = None,
    ) -> Tree:  # fmt: skip
        """Return the object once the condition holds; raises `NotReached` with all that is known about it.

        `condition` is a condition type (`Available`, `Ready=False`), `exists`, `delete`, `jsonpath=.status.phase=Running`, or a
        function of the object. With virtual time, time passes while it waits, and `timeout_s` is of that time.
        """
        __tracebackhide__ = True
        return self._call(self.plane.wait_for(kind, name, condition, namespace, timeout_s))

    def advance(self, seconds: float) -> None:
        """Let virtual time pass; returns when all that became due is done."""
        self._call(self.plane.advance(seconds))

    @property
    def now(self) -> str:
        """The time of the control plane as objects write it."""
        return rfc3339(self.plane.clock.now())

    def inject(self, faults: str | Path | dict[str, Any] | FaultPlan | None, client: str = PROGRAMS) -> None:
        """Put a fault plan in force (a shipped one by name, a file, or itself) for requests of `client`; None ends it."""
        self.plane.inject(faults, client)

    @property
    def faults(self) -> Trees:
        """The rules of the fault plan with how many requests each saw and struck."""
        return self.plane.lifecycle.faults.state()

    def run_operator(self, setup: Callable[[Manager], object]) -> Manager:
        """Run controllers on the SDK inside the control plane, on its clock, until the end: `setup(manager)` adds them."""
        return self._call(self.plane.run_operator(setup))

    def start_program(self, *command: str, cwd: str | Path | None = None, env: Mapping[str, str] | None = None) -> Program:
        """Start a program beside the test, such as an operator; it finds the control plane by `.env` and ends with it."""
        own = {} if env is None else env
        log = Path(self.kubeconfig).with_name(f"program-{len(self._programs)}.log")
        program = Program(command, {**self.env, **own}, log, cwd)
        self._programs.append(program)
        return program

    def summary(self) -> str:
        """Return what somebody looks for when a test failed: Events, refused requests, struck faults, output of programs."""
        try:
            events = self._call(self.plane.objects.newest_events(SUMMARY_EVENTS))
        except Exception as error:  # noqa: BLE001 - a report about a failure must not fail
            return f"it does not answer: {error!r}"
        refused = list(self.plane.lifecycle.refused)[-SUMMARY_REFUSALS:]
        parts = {
            "newest Events": [event_line(event) for event in events],
            "newest requests of programs that were refused": refused,
            "faults": [f"{rule['action']} at {rule['point']}: struck {rule['struck']} of {rule['seen']}" for rule in self.faults],
            **{program.title: program.output().splitlines()[-SUMMARY_OUTPUT:] for program in self._programs},
        }
        lines = [f"{self.url}, time {self.now}"]
        for title, found in parts.items():
            lines += [f"{title}:", *(f"  {line}" for line in found)] if found else []
        return "\n".join(lines)


def _clear(programs: list[Program], data_dir: Path | None) -> None:
    """End what runs beside the test and remove what was written; also at the end of a process that never called `stop`."""
    for program in reversed(programs):
        program.stop()
    if data_dir is not None:
        shutil.rmtree(data_dir, ignore_errors=True)
