"""Steps that JAX compiled before a variable changed."""

from collections.abc import Iterable

import keras


def recompile_where_captured(
    model: keras.Model, variables: Iterable[keras.Variable]
) -> None:
    """Recompile a model's steps if variables that changed are constants in them.

    On JAX a compiled step of a plain `keras.Model` takes the variables of its loss as
    constants. A step of `lnl.training.RobustModel` does not, and is not recompiled.

    Args:
        model: the model that is trained.
        variables: those that changed.
    """
    if not constants(model, variables):
        return
    model.make_train_function(force=True)
    model.make_test_function(force=True)


def constants(model: keras.Model, variables: Iterable[keras.Variable]) -> bool:
    """Whether some of the variables are constants in a model's compiled steps.

    Args:
        model: the model that is trained.
        variables: those of its loss.
    """
    if keras.backend.backend() != "jax":
        return False
    seen = {id(variable) for variable in model.non_trainable_variables}
    return any(id(variable) not in seen for variable in variables)
