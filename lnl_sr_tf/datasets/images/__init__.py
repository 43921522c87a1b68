"""Image files: what is in them, decoding, resizing."""
