"""Certificates, secrets, identities, policies of admission and disruption, definitions."""

from __future__ import annotations

from pilothouse.delivery.gitops.engine.health.rules.judges import definitions
from pilothouse.delivery.gitops.engine.health.rules.language import Rule, conditions, last, only, otherwise, rules, when
from pilothouse.delivery.gitops.engine.health.verdict import DEGRADED, HEALTHY, PROGRESSING


def _ready(waiting: str, kind: str = "Ready") -> Rule:
    """Return the most common rule: one condition, and its message."""
    return rules(
        conditions((f"{kind}=False", DEGRADED, "{message}"), (f"{kind}=True", HEALTHY, "{message}")),
        otherwise(PROGRESSING, waiting),
    )


RULES: dict[str, Rule] = {
    "apiextensions.k8s.io/CustomResourceDefinition": definitions.custom_resource_definition,
    "bitnami.com/SealedSecret": _ready("Waiting for Sealed Secret to be decrypted", "Synced"),
    "cert-manager.io/Certificate": rules(
        conditions(("Issuing=True", PROGRESSING, "{message}")), _ready("Waiting for certificate")
    ),
    "cert-manager.io/ClusterIssuer": _ready("Initializing ClusterIssuer"),
    "cert-manager.io/Issuer": _ready("Initializing issuer"),
    "certmanager.k8s.io/Certificate": _ready("Waiting for certificate"),
    "certmanager.k8s.io/Issuer": _ready("Initializing issuer"),
    "external-secrets.io/ClusterExternalSecret": definitions.cluster_external_secret,
    "external-secrets.io/ClusterSecretStore": _ready("Waiting for ClusterSecretStore"),
    "external-secrets.io/ExternalSecret": definitions.external_secret,
    "external-secrets.io/PushSecret": _ready("Waiting for PushSecret"),
    "external-secrets.io/SecretStore": _ready("Waiting for SecretStore"),
    "k8s.keycloak.org/Keycloak": definitions.keycloak,
    "kubernetes-client.io/ExternalSecret": definitions.fetched_secret,
    "kyverno.io/Policy": rules(
        conditions(("Ready=True reason=Succeeded message=Ready", HEALTHY, "Policy is ready")),
        otherwise(PROGRESSING, "Waiting for Policy to be ready"),
    ),
    "onepassword.com/OnePasswordItem": _ready("Waiting for controller to report status"),
    "policy.open-cluster-management.io/CertificatePolicy": rules(
        when("!status.compliant", PROGRESSING, "Waiting for the status to be reported"),
        when("status.compliant=Compliant", HEALTHY, "All certificates found comply with the policy"),
        otherwise(DEGRADED, "At least once certificate does not comply with the policy"),
    ),
    "policy.open-cluster-management.io/ConfigurationPolicy": definitions.configuration_policy,
    "policy.open-cluster-management.io/OperatorPolicy": rules(
        when("!status.conditions", PROGRESSING, "Waiting for the status to be reported"),
        when(
            "status.observedGeneration & status.observedGeneration!==metadata.generation",
            PROGRESSING,
            "Waiting for the status to be updated",
        ),
        conditions(("Compliant=True", HEALTHY, "{message}"), ("Compliant=*", DEGRADED, "{message}")),
        otherwise(PROGRESSING, "Waiting for the compliance condition"),
    ),
    "policy.open-cluster-management.io/Policy": rules(
        when("spec.disabled", HEALTHY, "Policy is disabled"),
        only(
            "!status.compliant",
            when("!status.status & status.placement", HEALTHY, "No clusters match this policy"),
            otherwise(PROGRESSING, "Waiting for the status to be reported"),
        ),
        definitions.cluster_policy,
    ),
    "policy/PodDisruptionBudget": rules(
        conditions(("*=False reason!=InsufficientPods", DEGRADED, "PodDisruptionBudget has {reason}")),
        last(("*=*", HEALTHY, "PodDisruptionBudget has {reason}")),
        otherwise(PROGRESSING, "Waiting for status"),
    ),
}
