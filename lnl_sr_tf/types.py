"""Types that have no name elsewhere."""

from typing import Any

# A tensor of Keras's backend, or what `keras.ops` converts to one: an array, nested
# lists, a number, a variable. The class of a tensor depends on the backend, which is
# chosen when the program starts, so a type checker cannot know it.
Tensor = Any

# The base of a mixin. `super()` finds the methods of the class that it is mixed with,
# which a type checker cannot know.
MixinBase: Any = object
