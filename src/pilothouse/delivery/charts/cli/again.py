"""Answer `chart template` from the last run that read the same, without loading the engine.

Only runs whose every input is on this machine's disk qualify: a chart at a path, values from files and flags. What asks a
cluster, a repository or another program always renders.
"""

from __future__ import annotations

import argparse
import os
import sys

from pilothouse.delivery.charts.adapters.answers import Answers

_ALWAYS_RENDERS = (
    "post_renderer", "lookup", "output_dir", "validate", "explain", "debug", "dependency_update", "name_template", "repo",
    "verify", "generate_name",
)  # fmt: skip
_SEEN = ("HELM_", "PILOTHOUSE_", "SOURCE_DATE_EPOCH")


def question_of(args: argparse.Namespace) -> Answers | None:
    """Return the question a command asks; None when it has to be rendered in any case."""
    chart = args.positional[-1]
    if args.dry_run != "client" or len(args.positional) > 2 or not os.path.exists(chart):
        return None
    if any(getattr(args, name) for name in _ALWAYS_RENDERS):
        return None
    files = [name for group in args.values for name in group.split(",")]
    files += [pair.partition("=")[2] for group in args.set_file for pair in group.split(",")]
    if not all(map(os.path.isfile, files)):
        return None
    asked = {name: value for name, value in vars(args).items() if not callable(value)}
    seen = {name: value for name, value in os.environ.items() if name.startswith(_SEEN)}
    return Answers(repr((sorted(asked.items()), sorted(seen.items()), os.getcwd())), [chart, *files])


def answered(question: Answers) -> bool:
    """Print what the last such run printed; False when there was none."""
    found = question.find()
    if found is None:
        return False
    sys.stderr.write(found[1].decode("utf-8", "surrogateescape"))
    sys.stdout.buffer.write(found[0])
    sys.stdout.flush()
    return True
