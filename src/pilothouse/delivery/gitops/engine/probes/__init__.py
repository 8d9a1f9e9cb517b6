"""Health probes, the pure part: what is declared, where to ask, what answers mean, and what many of them amount to.

`specs` reads a declaration, `targets` finds addresses of an object, `answers` reads what came back, `quorum` counts votes and
`standing` remembers enough of the past not to be upset by one answer. `adapters.health` asks.
"""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.probes.answers import Answer
from pilothouse.delivery.gitops.engine.probes.specs import ANNOTATION, KEY, Plan, Probe, read_plan
from pilothouse.delivery.gitops.engine.probes.standing import Standing, advance

__all__ = ["ANNOTATION", "KEY", "Answer", "Plan", "Probe", "Standing", "advance", "read_plan"]
