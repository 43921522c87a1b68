"""The pages about the code, from what `lnl_sr_tf` names as public and from its help.

Nothing of them is written by hand, so that a module, a command or a flag more is there.
"""

import ast
import importlib
import inspect
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = "lnl_sr_tf"
# Modules within public ones that the guides import from.
INNER = {
    "analysis": ["robustness", "tables"],
    "auditing": ["near_copies", "outliers"],
    "tuning": ["search", "space"],
}
_WITHOUT_HEADING = ("    options:", "      show_root_heading: false")
_DEFINED = (ast.FunctionDef, ast.ClassDef)


def pages():
    """The content of each page, by its name, in the order of the navigation."""
    made = {"index": _index(), "commands": _commands()}
    return made | {name: _page(name) for name in modules()}


def modules():
    """The public modules that hold something, by name."""
    public = {name for name in _public() if _file(name) and _says(name)}
    return sorted(public | INNER.keys())


def _public():
    names = importlib.import_module(PACKAGE).__all__
    return sorted(name for name in names if not name.startswith("_"))


def _file(name):
    """The file of a module of the package, or None."""
    for path in (f"{name}.py", f"{name}/__init__.py"):
        if (ROOT / PACKAGE / path).is_file():
            return ROOT / PACKAGE / path
    return None


def _says(name):
    """Whether a module has public names of its own, and not its docstring alone."""
    return bool(_exports(name)) or any(
        isinstance(node, _DEFINED) and not node.name.startswith("_")
        for node in _tree(_file(name)).body
    )


def _exports(name):
    """What `__all__` of a module has, if it has one."""
    for node in _tree(_file(name)).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def _hidden(name):
    """The full names of what a package exports and who reads it does not find there.

    That is what it imports when it is asked for, and what has the name of its module,
    for which the module is taken.
    """
    package = _file(name).parent
    named = {
        alias.asname or alias.name
        for node in _tree(_file(name)).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    } | {getattr(node, "name", None) for node in _tree(_file(name)).body}
    parts = [
        part
        for part in _exports(name)
        if not part.isupper()
        and (part not in named or (package / f"{part}.py").is_file())
    ]
    module = importlib.import_module(f"{PACKAGE}.{name}") if parts else None
    things = [getattr(module, part) for part in parts]
    return [_path(thing) for thing in things if not inspect.ismodule(thing)]


def _tree(path):
    return ast.parse(path.read_text("utf-8"))


def _page(name):
    lines = [f"# {_title(name)}", "", f"::: {PACKAGE}.{name}", *_WITHOUT_HEADING]
    for path in _hidden(name):
        lines += ["", f"::: {path}"]
    for part in INNER.get(name, []):
        lines += ["", f"## {_title(name)}.{part}", "", f"::: {PACKAGE}.{name}.{part}"]
        lines += [*_WITHOUT_HEADING, "      heading_level: 3"]
    return "\n".join([*lines, ""])


def _title(name):
    """A module as it is written: some are for `import lnl_sr_tf.NAME` alone."""
    return f"lnl.{name}" if name in _public() else f"{PACKAGE}.{name}"


def _index():
    """The modules with the first lines of their docstrings, and what is in none."""
    rows = []
    for name in modules():
        docstring = ast.get_docstring(_tree(_file(name)))
        rows.append(f"| [`{_title(name)}`]({name}.md) | {docstring.splitlines()[0]} |")
    package = importlib.import_module(PACKAGE)
    short = [getattr(package, name) for name in _public() if not _file(name)]
    return "\n".join(
        [
            "# API reference",
            "",
            f"With `import {PACKAGE} as lnl`. A module is imported at its first use.",
            "",
            "| module | |",
            "| --- | --- |",
            *rows,
            "",
            *(f"::: {_path(thing)}\n" for thing in short),
        ]
    )


def _commands():
    """Every command with its flags, and every setting of a run, by their help."""
    from lnl_sr_tf import commands, config

    lines = [
        "# Commands and flags",
        "",
        "`lnl-sr COMMAND --help` has the same. `python main.py` is `lnl-sr`. All take",
        "`--flagfile=FILE`, a file of flags, one a line.",
    ]
    for name in commands.NAMES:
        command = commands.load(name)
        meaning = command.MEANING[0].upper() + command.MEANING[1:]
        lines += [
            "",
            f"## lnl-sr {name}",
            "",
            f"    lnl-sr {command.USAGE}",
            "",
            f"{meaning}.",
        ]
        lines += _flags(command.OPTIONS) if command.OPTIONS else []
        some = getattr(command, "SETTINGS", None)
        if some is None:
            lines += ["", "It takes all [settings of a run](#settings-of-a-run), too."]
        elif some:
            names = ", ".join(f"`--{flag}`" for flag in some)
            lines += ["", f"Of the [settings of a run](#settings-of-a-run): {names}."]
    lines += ["", "## Settings of a run"]
    groups = {}
    for flag in config.FIELDS.values():
        groups.setdefault(flag.group, []).append(flag)
    for group, flags in groups.items():
        lines += ["", f"### {group}", *_flags(flags)]
    several = ", ".join(f"`--{name}`" for name in config.AXES)
    lines += ["", f"Several values, by commas: {several}."]
    return "\n".join([*lines, ""])


def _flags(flags):
    """A table of them."""
    rows = [
        f"| `--{flag.name}` | {flag.help().replace('|', chr(92) + '|')} |"
        for flag in flags
    ]
    return ["", "| flag | |", "| --- | --- |", *rows]


def _path(thing):
    """Where a function or class is defined."""
    return f"{thing.__module__}.{thing.__qualname__}"
