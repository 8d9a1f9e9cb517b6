"""The built-in controllers under every fault plan that ships: the same end as without faults, nothing left over, then rest."""
