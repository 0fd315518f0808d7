"""Starting everything the program needs on one machine, and keeping it up.

Nothing in this folder imports Django: the second start of ``./run`` is quick because only the processes
that serve load it.
"""
