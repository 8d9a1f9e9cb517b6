"""The protobuf form of objects: `decode_protobuf` reads what typed clients send, `encode_protobuf` writes what they ask for.

A body is four magic bytes and an envelope (`runtime.Unknown`) that names the type and holds the message. The numbers of fields
come from one packed table, so both directions know the same kinds; custom resources have no protobuf form.
"""

from pilothouse.api.scheme.protobuf.reading import MAGIC, decode_protobuf
from pilothouse.api.scheme.protobuf.writing import encode_event, encode_protobuf

__all__ = ["MAGIC", "decode_protobuf", "encode_event", "encode_protobuf"]
