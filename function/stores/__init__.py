"""Where the history is kept: a ConfigMap, a file or memory. Each store imports what it alone needs."""
