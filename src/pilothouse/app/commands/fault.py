"""`pilothouse fault`: rehearse failures on a running platform."""

from __future__ import annotations

import argparse
import json
from typing import Any

import msgspec

from pilothouse.app.cli.access import Api, add_flags, seconds
from pilothouse.kit.errors import Invalid
from pilothouse.kit.faults import ATTRIBUTES, POINTS, read_plan, shipped_plans

PATH = "/debug/faults"
_ACTIONS = ("delay", "error", "throttle", "timeout", "drop", "stale", "cut", "expire", "crash")


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = subparsers.add_parser("fault", help="rehearse failures: delay, refuse, cut or crash what you choose")
    verbs = parser.add_subparsers(dest="what", required=True, metavar="VERB")
    adding = verbs.add_parser("add", help="add a rule to the plan", usage="pilothouse fault add POINT ACTION [OPTION ...]")
    adding.add_argument("point", help=f"where, * allowed: {', '.join(POINTS)}")
    adding.add_argument("action", choices=_ACTIONS, help="what happens there")
    for name in ("kind", "namespace", "name", "client", "agent", "key"):
        adding.add_argument(f"--{name}", metavar="GLOB", help=f"only where the {name} matches")
    adding.add_argument("--delay", metavar="TIME", default="0", help="wait first: 0.5, 2s, 1m")
    adding.add_argument("--code", type=int, default=500, help="what `error` answers (500)")
    adding.add_argument("--probability", type=float, default=1.0, metavar="P", help="strike this share of operations")
    adding.add_argument("--after", type=int, default=0, metavar="N", help="let N operations pass first")
    adding.add_argument("--count", type=int, metavar="N", help="strike at most N times")
    adding.add_argument(
        "--events", type=int, default=0, metavar="N", help="let N pieces of a watch pass before `cut` and `expire`"
    )
    adding.add_argument("--seed", type=int, help="seed of the plan's randomness: the same seed strikes the same operations")
    loading = verbs.add_parser("load", help="replace the plan by a shipped one or a file (JSON or YAML)")
    loading.add_argument("plan", help=f"a file with seed and rules, or one of {', '.join(shipped_plans())}")
    loading.add_argument("--client", default="*", metavar="GLOB", help="whom a shipped plan strikes (everybody)")
    loading.add_argument("--seed", type=int, default=1, help="seed of a shipped plan (1)")
    listing = verbs.add_parser("list", help="show the plan, and how often each rule struck")
    clearing = verbs.add_parser("clear", help="take the plan away")
    for each in (adding, loading, listing, clearing):
        add_flags(each, namespace=False)
        each.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do one verb."""
    api = Api(args)
    if args.what == "clear":
        api.send("DELETE", PATH).read()
        print("no faults")
        return 0
    if args.what == "add":
        current = api.json("GET", PATH)
        rules = [{key: value for key, value in rule.items() if key not in ("seen", "struck")} for rule in current["rules"]]
        seed = current["seed"] if args.seed is None else args.seed
        _load(api, {"seed": seed, "rules": [*rules, rule_of(args)]})
    elif args.what == "load":
        _load(api, plan_document(args.plan, args.client, args.seed))
    _show(api.json("GET", PATH))
    return 0


def rule_of(args: argparse.Namespace) -> dict[str, Any]:
    """Return the rule the flags describe."""
    match = {name: getattr(args, name) for name in ATTRIBUTES if getattr(args, name, None)}
    rule: dict[str, Any] = {"point": args.point, "action": args.action, "match": match, "delayS": seconds(args.delay)}
    rule |= {"probability": args.probability, "after": args.after, "code": args.code, "events": args.events}
    return rule if args.count is None else {**rule, "count": args.count}


def _load(api: Api, document: Any) -> None:
    read_plan(document)  # says what is wrong before anything is sent
    api.send("PUT", PATH, body=json.dumps(document).encode(), content_type="application/json").read()


def plan_document(plan: str, client: str, seed: int) -> Any:
    """Return the document of a shipped plan, striking `client`, or of a file; raises `Invalid` that lists the shipped ones."""
    import yaml

    plans = shipped_plans(client, seed)
    if plan in plans:
        return msgspec.to_builtins(plans[plan])
    try:
        with open(plan, encoding="utf-8") as file:
            return yaml.safe_load(file)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        fix = f"give a file, or one of {', '.join(plans)}"
        raise Invalid(f"{plan} cannot be read as a fault plan: {error}", fix=fix) from None


def _show(state: dict[str, Any]) -> None:
    if not state["rules"]:
        print("no faults")
        return
    print(f"seed {state['seed']}")
    rows = [("POINT", "ACTION", "WHERE", "WHEN", "SEEN", "STRUCK")]
    for rule in state["rules"]:
        where = " ".join(f"{key}={value}" for key, value in rule["match"].items()) or "everywhere"
        rows.append((rule["point"], _action(rule), where, _when(rule), str(rule["seen"]), str(rule["struck"])))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _action(rule: dict[str, Any]) -> str:
    text = f"error {rule['code']}" if rule["action"] == "error" else str(rule["action"])
    if rule["delayS"]:
        text = f"{rule['delayS']:g} s, then {text}" if rule["action"] != "delay" else f"delay {rule['delayS']:g} s"
    return text


def _when(rule: dict[str, Any]) -> str:
    parts = []
    if rule["probability"] < 1:
        parts.append(f"{rule['probability']:.0%}")
    if rule["after"]:
        parts.append(f"after {rule['after']}")
    if rule.get("count") is not None:
        parts.append("once" if rule["count"] == 1 else f"{rule['count']} times")
    if rule["events"]:
        parts.append(f"behind {rule['events']} events")
    return ", ".join(parts) or "always"
