"""The Pod Security Standards: which check holds at which level since which version.

Source: the Pod Security Standards of Kubernetes and its pod-security-admission. The table is in the order of messages.
"""

from __future__ import annotations

import functools

import msgspec

from pilothouse.cluster.apiserver.admission.podsecurity import baseline, restricted
from pilothouse.cluster.apiserver.admission.podsecurity.restricted import unless_own_users, unless_windows
from pilothouse.cluster.apiserver.admission.podsecurity.violations import Check, Obj, Violation

NEWEST = 36
"""The newest minor version with rules of its own; later ones and `latest` mean the same."""
LEVELS = ("privileged", "baseline", "restricted")
"""From lax to strict."""


class Rule(msgspec.Struct, frozen=True):
    """A check by the minor versions it changed in; the stricter check named in `replaces` makes a baseline check needless."""

    id: str
    versions: dict[int, Check]
    replaces: str = ""

    def check(self, minor: int) -> Check | None:
        """Return the check as of a version, None before there was one."""
        found = [since for since in self.versions if since <= minor]
        return self.versions[max(found)] if found else None


_SYSCTLS_0 = ("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
              "net.ipv4.ip_unprivileged_port_start")  # fmt: skip
_SYSCTLS_27 = (*_SYSCTLS_0, "net.ipv4.ip_local_reserved_ports")
_SYSCTLS_29 = (*_SYSCTLS_27, "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
               "net.ipv4.tcp_keepalive_probes")  # fmt: skip
_SYSCTLS_32 = (*_SYSCTLS_29, "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem")

BASELINE = (
    Rule("appArmorProfile", {0: baseline.app_armor_profile}),
    Rule("capabilities_baseline", {0: baseline.capabilities}),
    Rule("hostNamespaces", {0: baseline.host_namespaces}),
    Rule("hostPathVolumes", {0: baseline.host_path_volumes}),
    Rule("hostPorts", {0: baseline.host_ports}),
    Rule("hostProbesAndHostLifecycle", {34: baseline.host_probes}),
    Rule("privileged", {0: baseline.privileged}),
    Rule("procMount", {0: baseline.proc_mount, 35: baseline.proc_mount_of_own_users}),
    Rule("seLinuxOptions", {0: baseline.se_linux_options(), 31: baseline.se_linux_options("container_engine_t")}),
    Rule("seccompProfile_baseline", {0: baseline.seccomp_annotations, 19: baseline.seccomp_profile}),
    Rule("sysctls", {0: baseline.sysctls(*_SYSCTLS_0), 27: baseline.sysctls(*_SYSCTLS_27), 29: baseline.sysctls(*_SYSCTLS_29),
                     32: baseline.sysctls(*_SYSCTLS_32)}),
    Rule("windowsHostProcess", {0: baseline.windows_host_process}),
)  # fmt: skip

RESTRICTED = (
    Rule("allowPrivilegeEscalation", {8: restricted.allow_privilege_escalation,
                                      25: unless_windows(restricted.allow_privilege_escalation)}),
    Rule("capabilities_restricted", {22: restricted.capabilities, 25: unless_windows(restricted.capabilities)},
         replaces="capabilities_baseline"),
    Rule("procMount_restricted", {35: baseline.proc_mount}, replaces="procMount"),
    Rule("restrictedVolumes", {0: restricted.restricted_volumes}, replaces="hostPathVolumes"),
    Rule("runAsNonRoot", {0: restricted.run_as_non_root, 35: unless_own_users(restricted.run_as_non_root)}),
    Rule("runAsUser", {23: restricted.run_as_user, 35: unless_own_users(restricted.run_as_user)}),
    Rule("seccompProfile_restricted", {19: restricted.seccomp_is_set, 25: unless_windows(restricted.seccomp_is_set)},
         replaces="seccompProfile_baseline"),
)  # fmt: skip


@functools.cache
def checks(level: str, minor: int) -> tuple[Check, ...]:
    """Return the checks of a level at a minor version, at most `NEWEST`."""
    if level == "privileged":
        return ()
    stricter = [rule for rule in RESTRICTED if level == "restricted" and rule.check(minor)]
    replaced = {rule.replaces for rule in stricter}
    rules = [*(rule for rule in BASELINE if rule.id not in replaced), *stricter]
    return tuple(check for check in (rule.check(minor) for rule in rules) if check is not None)


def violations(level: str, minor: int, spec: Obj, notes: Obj) -> list[Violation]:
    """Return what a Pod, by its spec and its annotations, does that a level does not allow."""
    found = (check(spec, notes) for check in checks(level, min(minor, NEWEST)))
    return [violation for violation in found if violation is not None]
