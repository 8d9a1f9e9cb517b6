"""EndpointSlices (and Endpoints): which Pods stand behind a Service.

A Pod that is being deleted leaves the ready endpoints at once, before it is told to stop. Slices hold up to 100 endpoints each.
"""
