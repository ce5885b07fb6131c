"""What the benches have in common: pods and reviews, servers and peers, load, figures, and how they are shown."""
