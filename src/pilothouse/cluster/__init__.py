"""The cluster itself: API server, built-in controllers, scheduler and node agent."""
