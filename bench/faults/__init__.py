"""The fault bench: a real control plane under load, one fault after another, and every binding counted."""
