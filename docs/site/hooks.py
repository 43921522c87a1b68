"""What the site has beside docs/: pages about the code, and links out of docs/.

MkDocs calls the functions whose names begin with `on_`. The API pages come from what
`lnl_sr_tf` names as public, so that a module more is a page more.
"""

import ast
import os
import pathlib
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PACKAGE = "lnl_sr_tf"
# Files outside docs/ that the site has too, and where; those that are not there are
# left out.
INCLUDED = {
    "BUILD.md": "developing.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "CONTRIBUTING.md": "contributing.md",
    "README.md": "index.md",
    "SECURITY.md": "reporting.md",
    "results/ledger.csv": "results/ledger.csv",
}
# Modules within public ones that the guides import from.
INNER = {
    "analysis": ["robustness", "tables"],
    "auditing": ["near_copies", "outliers"],
    "tuning": ["search", "space"],
}
API = "api/"
_WITHOUT_HEADING = ("    options:", "      show_root_heading: false")
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_FENCE = re.compile(r"^(?:```|~~~| {4}).*$")


def on_config(config):
    """Put the pages of the API where the nav says `api/`."""
    config.nav = [_with_api(item) for item in config.nav]
    return config


def _with_api(item):
    (title, pages), *_ = item.items()
    if pages != API:
        return item
    names = ("index", "commands", *modules())
    return {title: [f"{API}{name}.md" for name in names]}


def on_files(files, config):
    """Add the pages that no file of docs/ holds."""
    for source, page in INCLUDED.items():
        if (ROOT / source).is_file() and page != "index.md":
            text = (ROOT / source).read_text("utf-8")
            files.append(File.generated(config, page, content=text))
    pages = {name: _api_page(name) for name in modules()}
    pages |= {"index": _api_index(), "commands": _commands()}
    for name, content in pages.items():
        files.append(File.generated(config, f"{API}{name}.md", content=content))
    return files


def on_page_markdown(markdown, page, config, **_):
    """Lead links out of docs/ to the site's page, or to the repository."""
    sources = {made: source for source, made in INCLUDED.items() if made != "index.md"}
    source = sources.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def mended(match):
        start, link, anchor, end = match.groups(default="")
        if "://" in link or link.startswith("mailto:"):
            return match[0]
        target = os.path.normpath(os.path.join(os.path.dirname(source), link))
        there = _on_site(target)
        if there:
            here = os.path.dirname(page.file.src_uri) or "."
            return start + os.path.relpath(there, here) + anchor + end
        if config.repo_url and (ROOT / target).exists():
            kind = "tree" if (ROOT / target).is_dir() else "blob"
            address = f"{config.repo_url.rstrip('/')}/{kind}/main/{target}"
            return start + address + anchor + end
        return match[0]

    lines = markdown.split("\n")
    return "\n".join(
        line if _FENCE.match(line) else _LINK.sub(mended, line) for line in lines
    )


def _on_site(target):
    """The path within docs/ of what is at `target` in the repository, or None."""
    if target in INCLUDED:
        return INCLUDED[target]
    inside = target.removeprefix("docs/")
    return inside if inside != target else None


def modules():
    """The public modules that hold something, by name."""
    return [
        name for name in _public() if _file(name) and (_says(name) or name in INNER)
    ]


def _public():
    import lnl_sr_tf

    return sorted(name for name in lnl_sr_tf.__all__ if not name.startswith("_"))


def _file(name):
    """The file of a module of the package, or None."""
    for path in (f"{name}.py", f"{name}/__init__.py"):
        if (ROOT / PACKAGE / path).is_file():
            return ROOT / PACKAGE / path
    return None


def _says(name):
    """Whether a module has public names of its own, and not its docstring alone."""
    tree = ast.parse(_file(name).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return any(
        (isinstance(node, kinds) and not node.name.startswith("_"))
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__")
        for node in tree.body
    )


def _api_page(name):
    lines = [f"# lnl.{name}", "", f"::: {PACKAGE}.{name}", *_WITHOUT_HEADING]
    for part in INNER.get(name, []):
        lines += ["", f"## lnl.{name}.{part}", "", f"::: {PACKAGE}.{name}.{part}"]
        lines += [*_WITHOUT_HEADING, "      heading_level: 3"]
    return "\n".join([*lines, ""])


def _api_index():
    """The modules with the first lines of their docstrings, and what is in none."""
    rows = []
    for name in modules():
        first = ast.get_docstring(ast.parse(_file(name).read_text("utf-8"))).split(
            "\n"
        )[0]
        rows.append(f"| [`lnl.{name}`]({name}.md) | {first} |")
    short = [f"::: {_full_name(name)}\n" for name in _public() if not _file(name)]
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
            *short,
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


def _full_name(name):
    """Where a function or class that `lnl` has itself is defined."""
    import lnl_sr_tf

    thing = getattr(lnl_sr_tf, name)
    return f"{thing.__module__}.{thing.__qualname__}"
