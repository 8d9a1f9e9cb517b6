"""Every verb of `pilothouse chart` runs a function that is there."""

import argparse
from collections.abc import Iterator
from types import FunctionType

from pilothouse.delivery.charts import cli


def verbs(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child in action.choices.values():
                yield child
                yield from verbs(child)


def test_every_verb_leads_somewhere() -> None:
    import importlib

    parser = argparse.ArgumentParser()
    cli.register(parser.add_subparsers())
    found = 0
    for verb in verbs(parser):
        run = verb.get_default("run")
        if isinstance(run, FunctionType) and run.__closure__:
            cells = dict(zip(run.__code__.co_freevars, (cell.cell_contents for cell in run.__closure__)))
            package = importlib.import_module(run.__module__).__dict__["_HERE"]
            assert callable(getattr(importlib.import_module(f"{package}.{cells['module']}"), cells["function"]))
            found += 1
    assert found > 20
