"""Notifications: tells people and systems what becomes of Applications, configured as for Argo CD.

`argocd-notifications-cm` has triggers, templates and services, `argocd-notifications-secret` what they must not show, and
annotations say who wants to know. Flow: an Application changed -> `engine.subscriptions` finds destinations -> `engine.triggers`
evaluates conditions -> `engine.messages` fills templates -> `adapters` deliver -> the annotation
`notified.notifications.argoproj.io` remembers, so that nothing is told twice, also after a restart.

Services: webhook, slack, email, teams. Limits: no `repo.` functions that look into repositories, no threads in Slack.
"""
