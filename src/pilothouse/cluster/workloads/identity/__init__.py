"""Who may do what: the ServiceAccount of each namespace, tokens kept in Secrets, and ClusterRoles made of others.

`accounts` keeps the default account and root certificate of each namespace, `tokens` fills Secrets of type
`kubernetes.io/service-account-token`, `bootstraptokens` removes bootstrap tokens whose time is over, `clusterroles` unites the
rules that an aggregationRule selects.
"""
