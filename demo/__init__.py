"""`make demo`: the main job on one machine, without a cluster. Not part of the distribution.

It starts `mutate` and `record` with a history in a file, and plays the two that talk to them: the API server, which
asks `mutate` about each new pod, and the informer, which tells `record` where pods were bound.
"""
