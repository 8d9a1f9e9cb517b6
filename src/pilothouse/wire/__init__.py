"""Wire formats and transports: HTTP messages and edge, WebSocket and SPDY streams, TLS material, kubeconfig files.

Everything here moves bytes and knows nothing of Kubernetes objects. The API server stands behind `wire.http.server`; the SDK
talks through any `wire.http.messages.Transport`, of which the in-process one is the API server's own handler.
"""
