"""The archive of loaded classes that nodes share: starts are quicker, and memory is shared.

Made once for each Java and stored with the jars, from a node that is started for it and stopped.
"""


def options():
    """What to tell Java to use it."""
    return []
