"""Every decision of the node agent, as pure functions on values.

`plan` decides what to start and stop, `status` writes what the API shows, `probes` and `backoff` are small state machines,
`env`, `volumes` and `launch` turn a Pod into programs, `services` and `dns` turn Services into listeners and names. Nothing
here waits, reads a clock or touches the machine.
"""
