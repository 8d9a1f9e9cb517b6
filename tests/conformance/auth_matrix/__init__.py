"""The auth matrix: every route of a running server, asked by everyone who must not be answered.

`routes` reads the routes from discovery and OpenAPI, `world` makes a server with users, tokens and secrets to find, `attacks` are
the columns: credentials that are wrong, rights that do not reach, paths written in odd ways. A cell is one request; it fails when
the answer is anything but a denial. Results are counted and printed, so that nothing passes because nothing was asked.
"""
