"""What ships: capabilities and commands, named as strings so that listing them imports nothing."""

from __future__ import annotations

CAPABILITIES: tuple[str, ...] = (
    "pilothouse.cluster.workloads.factory:CAPABILITY",
    "pilothouse.cluster.scheduler.factory:CAPABILITY",
    "pilothouse.cluster.nodeagent.factory:CAPABILITY",
    "pilothouse.delivery.gitops.factory:CAPABILITY",
)
"""In the order they start."""

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module with `register(subparsers)`, one line of help)
    "up": ("pilothouse.app.commands.up", "start the platform in the foreground"),
    "down": ("pilothouse.app.commands.down", "stop the platform and everything it started"),
    "status": ("pilothouse.app.commands.status", "show what runs and whether it is healthy"),
    "doctor": ("pilothouse.app.commands.doctor", "check what this machine allows and say how to fix it"),
    "fault": ("pilothouse.app.commands.fault", "rehearse failures: delay, refuse, cut or crash what you choose"),
    "test": ("pilothouse.testing.cli", "run a command against a fresh control plane of its own"),
    "corpus": ("pilothouse.testing.corpora.cli", "answer recorded cases, one line of JSON each"),
    "clock": ("pilothouse.app.commands.clock", "show virtual time, or let it pass"),
    "demo": ("pilothouse.app.commands.demo", "take a chart in Git to a running application, step by step"),
    "get": ("pilothouse.app.cli.get", "list objects, or show one"),
    "describe": ("pilothouse.app.cli.describe", "show an object, its conditions and events"),
    "apply": ("pilothouse.app.cli.apply", "apply manifests from files"),
    "create": ("pilothouse.app.cli.apply", "create objects from files"),
    "delete": ("pilothouse.app.cli.delete", "delete objects"),
    "patch": ("pilothouse.app.cli.change", "patch an object"),
    "scale": ("pilothouse.app.cli.change", "set the number of replicas"),
    "label": ("pilothouse.app.cli.change", "set or remove labels"),
    "annotate": ("pilothouse.app.cli.change", "set or remove annotations"),
    "rollout": ("pilothouse.app.cli.rollout", "watch, restart or undo a rollout"),
    "logs": ("pilothouse.app.cli.streams.logs", "print the log of a container"),
    "exec": ("pilothouse.app.cli.streams.command", "run a command in a container"),
    "attach": ("pilothouse.app.cli.streams.command", "connect to the program of a container"),
    "port-forward": ("pilothouse.app.cli.streams.forward", "make ports of a Pod reachable on this machine"),
    "wait": ("pilothouse.app.cli.wait", "wait until a condition holds"),
    "api-resources": ("pilothouse.app.cli.resources", "list the kinds the server knows"),
    "version": ("pilothouse.app.cli.version", "print the versions of client and server"),
    "url": ("pilothouse.cluster.nodeagent.cli", "print the address a Service answers at on this machine"),
    "app": ("pilothouse.delivery.gitops.cli", "work with GitOps applications"),
    "chart": ("pilothouse.delivery.charts.cli", "install, render, lint and share Helm charts"),
    "image": ("pilothouse.delivery.images.cli", "build and list images"),
}
