"""Batches of a dataset: their order, augmentation, and how a backend gets them."""
