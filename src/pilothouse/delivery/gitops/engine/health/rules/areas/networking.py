"""Gateways, routes and meshes."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges import gateways
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, otherwise, phases, rules
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING, SUSPENDED, UNKNOWN

_VALIDATED = {
    "Accepted|1": (HEALTHY, "The resource has been validated"),
    "Warning|3": (DEGRADED, "{reason}"),
    "Pending|0": (SUSPENDED, "The resource has not yet been validated"),
    "Rejected|2": (DEGRADED, "{reason}"),
}
_SOLO = rules(
    conditions(*((f"*=* state={states}", *verdict) for states, verdict in _VALIDATED.items()), at="status.statuses"),
    phases("status.state", {s: (v[0], v[1].replace("{reason}", "{status.reason}")) for s, v in _VALIDATED.items()}),
    otherwise(PROGRESSING, "Update in progress"),
)
_SOLO_KINDS = (
    "gateway.solo.io/Gateway", "gateway.solo.io/MatchableHttpGateway", "gateway.solo.io/RouteOption",
    "gateway.solo.io/RouteTable", "gateway.solo.io/VirtualHostOption", "gateway.solo.io/VirtualService", "gloo.solo.io/Proxy",
    "gloo.solo.io/Settings", "gloo.solo.io/Upstream", "gloo.solo.io/UpstreamGroup",
)  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_SOLO_KINDS, _SOLO),
    "gateway.networking.k8s.io/BackendTLSPolicy": gateways.backend_tls_policy,
    "gateway.networking.k8s.io/GRPCRoute": gateways.route("GRPCRoute"),
    "gateway.networking.k8s.io/Gateway": gateways.gateway,
    "gateway.networking.k8s.io/GatewayClass": gateways.gateway_class,
    "gateway.networking.k8s.io/HTTPRoute": gateways.route("HTTPRoute"),
    "install.istio.io/IstioOperator": rules(
        phases(
            "status.status",
            {
                "0|NONE": (UNKNOWN, "Component is not present."),
                "1|UPDATING": (PROGRESSING, "Component is being updated to a different version."),
                "2|RECONCILING": (
                    PROGRESSING,
                    "Controller has started but not yet completed reconciliation loop for the component.",
                ),
                "3|HEALTHY": (HEALTHY, "Component is healthy."),
                "4|ERROR": (DEGRADED, "Component is in an error state."),
            },
        ),
        otherwise(PROGRESSING, "Waiting for Istio Control Plane"),
    ),
    "microgateway.airlock.com/_": gateways.airlock,
    "nmstate.io/NodeNetworkConfigurationPolicy": rules(
        conditions(
            *(
                (f"{kind}=True{' message!=' if said else ''}", status, "{reason}: {message}" if said else "{reason}")
                for kind, status in (
                    ("Available", HEALTHY),
                    ("Degraded", DEGRADED),
                    ("Progressing", PROGRESSING),
                    ("Ignored", SUSPENDED),
                )
                for said in (True, False)
            )
        ),
        otherwise(PROGRESSING, "Waiting for policy to be applied"),
    ),
    "operator.openshift.io/IngressController": rules(
        conditions(
            ("Degraded=True", DEGRADED, "{message}"),
            ("DeploymentReplicasAllAvailable=False", PROGRESSING, "{message}"),
            ("Progressing=True", PROGRESSING, "{reason}"),
            ("Available=True", HEALTHY, "IngressController is available"),
        ),
        otherwise(PROGRESSING, "Status of IngressController is not known yet"),
    ),
    "proclaim.dogmatiq.io/DNSSDServiceInstance": gateways.service_instance,
    "projectcontour.io/ExtensionService": gateways.extension_service,
    "projectcontour.io/HTTPProxy": gateways.http_proxy,
    "route.openshift.io/Route": gateways.openshift_route,
}
