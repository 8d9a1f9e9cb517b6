"""The registry: create, read, update, patch and delete objects of any kind, and their subresources.

`codec` reads bodies and writes stored bytes, `options` the query, `writes`, `patches` and `deletes` change objects, `reads`
answers
get, list and watch, `strategies` holds what the server itself sets per kind, `subresources` everything below an object.
"""
