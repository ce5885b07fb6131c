"""What is measured and how: one module a question, each with a `run`. docs/benchmarks.md has the answers."""
