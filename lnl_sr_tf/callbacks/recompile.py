"""What a step that is compiled already does not see."""

import keras


def recompile_where_captured(model, variables):
    """Compile a model's steps anew where they hold variables as they were before.

    On JAX a compiled step of a plain `keras.Model` takes what its loss keeps in
    variables as constants. `lnl.training.RobustModel` does not, and is left alone.

    Args:
        model: the `keras.Model` that is trained.
        variables: the `keras.Variable`s that were changed.
    """
    if keras.backend.backend() != "jax":
        return
    seen = {id(variable) for variable in model.non_trainable_variables}
    if all(id(variable) in seen for variable in variables):
        return
    model.make_train_function(force=True)
    model.make_test_function(force=True)
