"""Counts the GitLab jobs that wait, and tells KEDA."""
