"""Admission webhooks, as MutatingWebhookConfiguration and ValidatingWebhookConfiguration say.

`hooks` reads configurations and keeps an index of them, `review` speaks AdmissionReview, `calls` asks the hooks that a request
concerns: mutating ones one after the other, validating ones side by side.
"""
