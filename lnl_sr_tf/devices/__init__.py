"""What a run computes on: the backend, and one or several devices or machines."""
