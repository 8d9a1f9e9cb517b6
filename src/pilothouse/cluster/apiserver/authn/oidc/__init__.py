"""Tokens of OpenID Connect issuers, as flags or an AuthenticationConfiguration name them.

`types` are the records of the configuration, `configuration` reads and checks them, `claims` compiles the expressions and turns
claims into a user, `keys` keeps the public keys of one issuer current, `issuers` brings them together for one token.
Not here: distributed and aggregated claims, egress selection, reading the file again while running.
"""
