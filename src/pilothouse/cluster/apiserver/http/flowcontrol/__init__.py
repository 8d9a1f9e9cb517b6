"""API priority and fairness: who waits when more is asked than the server does at once.

Every request belongs to the first FlowSchema that matches it (`rules`), which names a PriorityLevelConfiguration (`levels`): a
share of the seats of the server. A request takes a seat while it is served, a list several; when none is free it waits in one of
the queues of its level, chosen so that one flow cannot fill them all (`queues`), or is refused with 429. `fairness` is the stage,
`bootstrap` what every cluster has, `dangling` the status of FlowSchemas, `dumps` and `metrics` what can be seen from outside.

The server is one event loop: a seat is held while a request waits for the disk, a webhook or its turn, not while others compute.
Limits: levels borrow what others can lend and do not use; a level is never adjusted by past demand. Source: flowcontrol v1.
"""
