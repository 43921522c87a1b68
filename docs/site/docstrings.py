"""How the docstrings of the package become pages.

Griffe, which reads them for mkdocstrings, calls `on_package` when all is read.
"""

import copy
import re
import textwrap

import griffe

_BARE = re.compile(r"^>>> .*\n(?:.+\n)*", re.MULTILINE)
_EXAMPLE = re.compile(r"^( *)Example::?\n((?:\1 +.*\n|\n)+)", re.MULTILINE)


class Docstrings(griffe.Extension):
    """Examples as code, and the arguments of classes that inherit their `__init__`."""

    def on_attribute_instance(self, *, attr, **_):
        """A setting is shown as its default, not as the call that declares it."""
        if str(attr.value).startswith("setting("):
            attr.value = attr.value.arguments[0]

    def on_package(self, *, pkg, **_):
        """Mend what is read of each class and function."""
        for thing in _all(pkg):
            if thing.docstring:
                thing.docstring.value = with_examples(thing.docstring.value)
            if thing.is_class:
                _inherit_init(thing)


def _all(thing):
    """What is defined within a module or class, and itself."""
    yield thing
    for member in thing.members.values():
        if not member.is_alias:
            yield from _all(member)


def with_examples(text):
    """The docstring with `Examples:`, which is code that is run or code that is not."""
    text = _BARE.sub(_as_section, text + "\n")
    return _EXAMPLE.sub(_as_code, text).removesuffix("\n")


def _as_section(match):
    """An example that has no heading."""
    return "Example:\n" + textwrap.indent(match[0], "    ")


def _as_code(match):
    indent, block = match.groups()
    if ">>>" in block:
        return f"{indent}Examples:\n{block}"
    first = re.match(" *", block.lstrip("\n"))[0]
    fence = f"{first}```"
    return f"{indent}Examples:\n{fence}python\n{block.rstrip()}\n{fence}\n\n"


def _inherit_init(cls):
    """Give a class the `__init__` of its first base that has one."""
    if "__init__" in cls.members:
        return
    try:
        bases = cls.mro()
    except ValueError:  # No order of them: not for us to say.
        return
    for base in bases:
        if "__init__" in base.members:
            init = copy.copy(base.members["__init__"])
            init.parent, init.docstring = cls, None
            cls.set_member("__init__", init)
            return
