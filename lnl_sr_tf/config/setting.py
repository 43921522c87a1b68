"""How a setting is written: a field of a class, whose `GROUP` is its heading."""

import dataclasses
import inspect
import types
import typing
from typing import Any

from lnl_sr_tf.config.flag import Flag

RECIPE: Any = None  # the default of a setting that the recipe fills in


def setting(default: Any, meaning: str, **rules: Any) -> Any:
    """A field of `Config`, from which its flag comes.

    Args:
        default: its value where neither a person nor a recipe gives one.
        meaning: what it is, with its unit.
        **rules: what else `Flag` takes by name.
    """
    return dataclasses.field(default=default, metadata={"meaning": meaning, **rules})


def flags_of(settings: type) -> dict[str, Flag]:
    """The flags of a class of settings, by name, in the order of its fields.

    A flag's kind is the type of its field, its group the `GROUP` of the class that has
    the field.
    """
    groups = {
        name: vars(cls)["GROUP"]
        for cls in settings.__mro__
        if "GROUP" in vars(cls)
        for name in inspect.get_annotations(cls)
    }
    return {
        field.name: Flag(
            name=field.name,
            kind=_kind(field.type),
            default=field.default,
            group=groups[field.name],
            **field.metadata,
        )
        for field in dataclasses.fields(settings)
    }


def _kind(annotation: Any) -> type:
    """`float` of `float | None`, `dict` of `dict[str, float]`."""
    if isinstance(annotation, types.UnionType):
        (annotation,) = set(typing.get_args(annotation)) - {types.NoneType}
    return typing.get_origin(annotation) or annotation
