"""Networks trained before: they make features of images, once."""
