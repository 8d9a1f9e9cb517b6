"""How the control plane of a test is to be: the arguments of `Environment`, of the fixture's marker and of `pilothouse test`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from pilothouse.app.lifecycle import Options
from pilothouse.app.standard import CAPABILITIES
from pilothouse.kit.errors import Invalid
from pilothouse.kit.faults import FaultPlan, read_plan, shipped_plans

PROGRAMS = "kubernetes-admin"
"""The user of the kubeconfig: whoever is tested, not the test itself and not the built-in controllers."""
NODES = "pilothouse.testing.nodes:CAPABILITY"
_NAMES = {name.partition(":")[0].split(".")[-2]: name for name in CAPABILITIES}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a control plane of a test has."""

    nodes: int = 0
    """Nodes whose Pods run without programs; with at least one there is a scheduler too."""
    controllers: bool | Sequence[str] = True
    """The built-in controllers (workloads, garbage collection, Namespaces), or a list out of workloads, scheduler, gitops."""
    crds: Sequence[str | Path] = ()
    """Files and folders of CustomResourceDefinitions to install."""
    apply: Sequence[Any] = ()
    """Manifests to apply before the test begins: paths, YAML text or trees."""
    faults: str | Path | dict[str, Any] | FaultPlan | None = None
    """A fault plan in force once all is set up: the name of a shipped one, a file, or the plan itself."""
    faults_client: str = PROGRAMS
    """Whom a shipped plan strikes (a glob of user names): those who use the kubeconfig or `.client`."""
    virtual_time: bool | Literal["auto", "manual"] = False
    """Let time pass only while the test waits (true, "auto"), or only by `advance` ("manual")."""
    seed: int | None = None
    """Repeat names, UIDs and faults; with virtual time 1 unless given."""
    job_duration_s: float = 0.0
    """How long Pods of Jobs run on the nodes."""
    timeout_s: float = 30.0
    """How long `wait_for` waits unless told otherwise."""
    store: Literal["memory", "log"] = "memory"
    port: int = 0


def read_settings(values: dict[str, Any]) -> Settings:
    """Return the settings given by keyword; raises TypeError that names what there is, `Invalid` for what cannot be."""
    known = {field.name for field in msgspec.structs.fields(Settings)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise TypeError(f"a control plane has no option {unknown[0]!r}; there are {', '.join(sorted(known))}")
    settings = Settings(**values)
    if not isinstance(settings.nodes, int) or settings.nodes < 0:
        raise Invalid(f"nodes is {settings.nodes!r}", fix="a number from 0 up")
    if settings.virtual_time not in (True, False, "auto", "manual"):
        raise Invalid(f"virtual_time is {settings.virtual_time!r}", fix='True, "auto", "manual" or False')
    return settings


def lifecycle_options(settings: Settings, data_dir: Path) -> Options:
    """Return how the lifecycle is to build it; raises `Invalid` for a controller there is not."""
    nodes = {"count": settings.nodes, "job_duration_s": settings.job_duration_s, "data_dir": str(data_dir / "nodes")}
    return Options(
        data_dir=data_dir,
        port=settings.port,
        is_port_required=settings.port != 0,
        store=settings.store,
        capabilities=_capabilities(settings),
        settings={"testing.nodes": nodes},
    )


def _capabilities(settings: Settings) -> tuple[str, ...]:
    chosen = settings.controllers
    names = (["workloads"] if chosen else []) if isinstance(chosen, bool) else list(chosen)
    for name in names:
        if name not in _NAMES or name == "nodeagent":
            raise Invalid(f"there are no controllers {name!r}", fix="workloads, scheduler, gitops; nodes come by nodes=1")
    if settings.nodes and "scheduler" not in names:
        names.append("scheduler")
    return (*(_NAMES[name] for name in names), *((NODES,) if settings.nodes else ()))


def fault_plan(plan: str | Path | dict[str, Any] | FaultPlan, client: str, seed: int | None) -> FaultPlan:
    """Return a plan from its name, file or document; raises `Invalid` that lists the shipped ones."""
    if isinstance(plan, FaultPlan):
        return plan
    if isinstance(plan, dict):
        return read_plan(plan)
    from pilothouse.app.commands.fault import plan_document

    return read_plan(plan_document(str(plan), client, 1 if seed is None else seed))


def plan_names() -> list[str]:
    """Return the names of the plans that ship."""
    return sorted(shipped_plans())
