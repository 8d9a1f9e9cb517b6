"""Dynamic admission: mutating and validating webhooks, as MutatingWebhookConfiguration and ValidatingWebhookConfiguration say.

`hooks` reads configurations and keeps an index of them, `matching` decides which hooks a request concerns, `review` speaks
AdmissionReview, `conditions` evaluates matchConditions, `stage` is the admission stage that calls them. Without any
configuration a write costs one attribute test. Source: the AdmissionReview v1 API and the order of the reference server.
"""
