"""The service proxy: a worker process that relays Service connections and answers cluster DNS.

It runs beside the API process, so that traffic never competes with it, and it outlives a restart of the agent, so that
connections survive. Listeners on cluster addresses are sockets of the node's private network (handed out by the supervisor);
NodePorts and the 127.96.A.B addresses are sockets of the machine. The agent sends the whole `ServiceTable`; the worker makes
what it has equal to it and acknowledges the generation, which is how a Pod's end waits until no new connection can reach it.
"""
