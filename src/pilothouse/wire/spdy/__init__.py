"""SPDY/3.1: several streams over one connection, as Kubernetes clients use it for port forwarding and older ones for commands.

`frames` turns bytes into frames and back without any I/O, `session` runs the streams. Nothing else in the world speaks this
protocol any more, so there is no library to take.
"""
