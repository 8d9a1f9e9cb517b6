"""`pilothouse app`: GitOps applications from the command line, with the verbs and flags of `argocd app`.

Every verb is one row of `VERBS`; its module is imported when it is asked for. All of it works with the rights of whoever calls
it, on this platform and on any cluster a kubeconfig leads to. Exit status: 0 done, 1 error, 2 wrong usage, 3 timed out;
`app diff` has those of `argocd app diff`: 1 for a difference, 2 for an error.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from pilothouse.kit.arguments import Parser
from pilothouse.kit.errors import PilothouseError, TimedOut

_HERE = "pilothouse.delivery.gitops.cli"
VERBS: dict[str, tuple[str, str]] = {
    "create": ("changing.create", "create an application"),
    "get": ("showing.details", "show one application and its resources"),
    "list": ("showing.listing", "list applications with sync and health"),
    "diff": ("comparing.difference", "show what a sync would change"),
    "sync": ("syncing.sync", "sync now, and wait for the end"),
    "wait": ("syncing.wait", "wait until applications are synced and healthy"),
    "history": ("showing.history", "list what was deployed"),
    "rollback": ("syncing.rollback", "go back to what was deployed before"),
    "set": ("changing.edit", "change the source and the policy of an application"),
    "unset": ("changing.unset", "take parameters of a source back"),
    "delete": ("changing.delete", "delete applications and what they own"),
    "actions": ("actions", "list what resources of an application offer, or do it"),
    "logs": ("showing.logs", "print the logs of all Pods of an application"),
    "tree": ("showing.tree", "show what an application owns, down to its Pods"),
    "resources": ("showing.resources", "list the resources of an application"),
    "manifests": ("comparing.manifests", "print the manifests of an application"),
    "refresh": ("syncing.refresh", "look at the sources now"),
    "terminate-op": ("syncing.terminate", "end a running sync"),
    "sets": ("sets", "list and show ApplicationSets, or preview what one in a file generates"),
    "health": ("judging", "judge objects given as JSON lines on standard input"),
}
DIFF_FAILED, TIMED_OUT = 2, 3
EXIT_STATUS = {
    0: "done; `diff`: no difference",
    1: "an error, or a sync that failed or left something to prune; `diff`: there is a difference",
    2: "wrong usage; `diff`: an error",
    3: "`--timeout` is over; a sync goes on",
}
"""What the exit status of each verb means."""


class VerbParser(Parser):
    """The parser of one verb, which learns its flags when it is asked to parse."""

    module = ""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Take the flags from the verb's module, then parse."""
        if self.module:
            verb, self.module = importlib.import_module(f"{_HERE}.{self.module}"), ""
            verb.add_flags(self)
            self.set_defaults(run=partial(_run, verb.run))
        return super().parse_known_args(args, namespace)


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the noun `app` and the names of its verbs."""
    app = subparsers.add_parser("app", help="work with GitOps applications", allow_abbrev=False)
    verbs = app.add_subparsers(dest="app_verb", required=True, metavar="VERB", parser_class=VerbParser)
    for name, (module, text) in VERBS.items():
        verbs.add_parser(name, help=text, description=text, allow_abbrev=False).module = module


def _run(verb: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """Run a verb; what fails for want of time has an exit status of its own, and so has what fails while comparing."""
    try:
        return verb(args)
    except TimedOut as error:
        print(f"error: {error}", file=sys.stderr)
        return TIMED_OUT
    except PilothouseError as error:
        if args.app_verb != "diff":
            raise
        print(f"error: {error}", file=sys.stderr)
        return DIFF_FAILED
