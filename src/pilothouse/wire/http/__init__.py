"""HTTP/1.1: the messages both sides share, the server edge and the client."""
