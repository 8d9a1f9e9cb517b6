"""Flags that several verbs share, and how their values are read."""

from __future__ import annotations

import argparse

from pilothouse.kit.errors import Invalid

HOME = "argocd"
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def add_cluster_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags that choose a cluster and the namespace of the applications."""
    parser.add_argument("--kubeconfig", help="kubeconfig file (default: $KUBECONFIG, then the local instance)")
    parser.add_argument("--context", default="", help="context of the kubeconfig")
    parser.add_argument(
        "-n", "-N", "--namespace", "--app-namespace", default=HOME, help=f"namespace of the applications (default: {HOME})"
    )


def add_name(parser: argparse.ArgumentParser) -> None:
    """Add the name of one application, and the cluster's flags."""
    parser.add_argument("name", metavar="NAME", help="the application, or NAMESPACE/NAME")
    add_cluster_flags(parser)


def add_names(parser: argparse.ArgumentParser) -> None:
    """Add the names of applications or a selector, and the cluster's flags."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="applications")
    parser.add_argument("-l", "--selector", default="", help="applications whose labels match")
    add_cluster_flags(parser)


def add_output(parser: argparse.ArgumentParser, *formats: str) -> None:
    """Add `-o`."""
    parser.add_argument("-o", "--output", choices=formats, default="", help="another form of output")


def seconds(text: str) -> float:
    """Read a time span: a number of seconds, or one with units as in 1m30s."""
    total, digits = 0.0, ""
    try:
        for letter in text:
            if letter in _UNITS:
                total, digits = total + float(digits) * _UNITS[letter], ""
            else:
                digits += letter
        return total + (float(digits) if digits else 0.0)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span, write 90, 90s or 1m30s") from None


def pair(text: str, flag: str) -> tuple[str, str]:
    """Return name and value of NAME=VALUE; raises `Invalid`."""
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise Invalid(f"{flag} {text!r} has no value", fix=f"write {flag} NAME=VALUE")
    return name, value


class Pick:
    """Resources chosen by `GROUP:KIND:NAME`; `*` stands for all, a leading `!` takes out."""

    def __init__(self, texts: list[str]) -> None:
        """Read the flags; raises `Invalid`."""
        self.rules = [_rule(text) for text in texts]

    def takes(self, entry: dict[str, str]) -> bool:
        """Whether a resource is chosen."""
        kept = [rule for rule in self.rules if not rule[0]]
        out = [rule for rule in self.rules if rule[0]]
        return (not kept or any(_fits(rule, entry) for rule in kept)) and not any(_fits(rule, entry) for rule in out)


def _rule(text: str) -> tuple[bool, str, str, str, str]:
    is_out = text.startswith("!")
    parts = text.removeprefix("!").split(":")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise Invalid(
            f"--resource {text!r} names no resource", fix="write GROUP:KIND:NAME as in apps:Deployment:web or :Service:web"
        )
    namespace, _, name = parts[2].rpartition("/")
    return is_out, parts[0], parts[1], namespace or "*", name


def _fits(rule: tuple[bool, str, str, str, str], entry: dict[str, str]) -> bool:
    names = (entry.get("group") or "", entry["kind"], entry.get("namespace") or "", entry["name"])
    return all(wanted in {"*", found} for wanted, found in zip(rule[1:], names, strict=True))
