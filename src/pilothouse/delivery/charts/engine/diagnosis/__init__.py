"""What a chart author needs to know when something is wrong: where a value came from, and where an error started.

`origins` finds the layer, file and line that set a value; `reads` finds out which values the templates read; `collect` runs every
template and gathers all problems of a run; `problems` shows them as a compiler does. Nothing here runs in a render that works.
"""
