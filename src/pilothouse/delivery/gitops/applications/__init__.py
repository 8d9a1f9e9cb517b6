"""Applications on their way: compared, synced, reported, removed. The controller joins these stages.

`assessment` says how an Application stands, `requests` what sync is asked for, `holds` what keeps it from starting (projects,
windows, dependencies), `operation` carries a sync on, `report` and `conditions` write the status, `deletion` removes what an
Application owns. They await the cluster through `adapters` and decide by `engine`.
"""
