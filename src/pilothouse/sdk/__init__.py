"""What an operator is written with: client, informer, cache, queue, controller, status, leader election, recorder.

The controllers of Pilothouse itself use nothing else, so everything here also works against a real Kubernetes cluster: only
the transport given to the client differs.
"""
