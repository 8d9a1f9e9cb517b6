"""All I/O of the node agent: the supervisor's socket, images, volumes, probes, logs and state files."""
