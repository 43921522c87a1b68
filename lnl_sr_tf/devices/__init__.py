"""What a run computes on: backend, devices, several of them, several machines."""
