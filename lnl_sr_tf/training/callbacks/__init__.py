"""The Keras callbacks that go along with every run."""
