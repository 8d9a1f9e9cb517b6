"""The audit log: who asked for what, when, and what became of it.

`policy` decides how much of a request is recorded (an audit.k8s.io/v1 Policy, first matching rule), `events` builds the records
in the same API, `log` writes them to a file that is rotated, `trail` follows one request through its stages. Without a policy
the server does none of it.
"""
