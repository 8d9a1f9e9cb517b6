"""Authentication: client certificates, static tokens, bootstrap tokens, ServiceAccount tokens, tokens of OpenID Connect issuers.

`tokens` asks each source of bearer tokens in turn; `tokenfile` and `configuration` read what the operator wrote, `claims` turns
the claims of a foreign token into a user, `issuers` keeps the keys of foreign issuers, `jws` checks signatures.
"""
