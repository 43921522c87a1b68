"""Networks trained before: they make features of images and texts, once."""
