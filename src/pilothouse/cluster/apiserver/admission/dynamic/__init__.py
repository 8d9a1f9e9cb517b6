"""Dynamic admission: policies and webhooks, in force as soon as an object of admissionregistration.k8s.io says so.

`matching` decides which requests a policy or hook is for, `request` what it is told about one, `conditions` evaluates
matchConditions; `policies` evaluates expressions in this process, `webhooks` asks servers outside. `stage` is the admission
stage that runs both: policies before webhooks, in either half. Without any configuration a write costs one attribute test.
Source: the order of the reference server.
"""
