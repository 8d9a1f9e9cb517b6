"""`make soak`: hours of load instead of seconds, judged by the same checkers as `make test`."""
