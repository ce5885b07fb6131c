"""Programs that run inside the cluster, as pods of the installation's own image: the standard library only."""
