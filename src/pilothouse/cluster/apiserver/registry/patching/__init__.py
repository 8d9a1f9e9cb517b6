"""PATCH in its four forms.

`patches` answers the requests and makes the new form of an object from a JSON, merge or strategic merge patch; `applying` is
server-side apply; `findings` says what fieldValidation has to say about a patch.
"""
