"""What a step that is compiled already does not see."""

import keras


def recompile_where_captured(model, variable):
    """Compile a model's steps anew where they hold a variable as it was before.

    On JAX a compiled step of a plain `keras.Model` takes what its loss keeps in
    variables as constants. `lnl.training.RobustModel` does not, and is left alone.

    Args:
        model: the `keras.Model` that is trained.
        variable: the `keras.Variable` that was changed.
    """
    if keras.backend.backend() != "jax":
        return
    if any(other is variable for other in model.non_trainable_variables):
        return
    model.make_train_function(force=True)
    model.make_test_function(force=True)
