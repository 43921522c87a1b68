"""What the docs tell people to type: blocks of code, and commands in them."""

import dataclasses
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parents[2]
# CHANGELOG.md tells of commands as they were.
PAGES = [
    path
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    if path.name != "CHANGELOG.md"
]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^\n|\A)((?: {4}.*\n(?:\n+(?= {4}))?)+)", re.MULTILINE)
_IN_TEXT = re.compile(r"`((?:\w+=\S+ )*(?:python |lnl-sr )[^`]*)`")
_PROGRAM = re.compile(r"^(?:\w+=\S+ |srun (?:--\S+ )*)*(python \S+|lnl-sr)(?= |$)(.*)$")
# A word that stands for another, such as RUN or NUMBER, or that is cut short.
_STANDS_FOR = re.compile(r"^(?:[A-Z_|]+|.*(?:…|\.\.\.).*|\[.*|.*\])$")


@dataclasses.dataclass(frozen=True)
class Command:
    """A command of the docs.

    Args:
        page: where it stands, relative to the checkout.
        program: `python main.py`, `lnl-sr`, `python -m` or `python` and a script.
        words: its arguments.
    """

    page: str
    program: str
    words: tuple[str, ...]

    @property
    def ours(self):
        """Whether it is our command, and not a script."""
        return self.program in ("python main.py", "lnl-sr")

    def __str__(self):
        return f"{self.page}: {self.program} {' '.join(self.words)}"


def blocks(text):
    """(language, code) of each block of code; no language where it is indented."""
    found = [(m.start(), m[1], m[2]) for m in _FENCED.finditer(text)]
    bare = _FENCED.sub(lambda m: re.sub(r"[^\n]", " ", m[0]).replace(" ", "x"), text)
    for match in _INDENTED.finditer(bare):
        lines = text[match.start(1) : match.end(1)].split("\n")
        found.append((match.start(), "", "\n".join(line[4:] for line in lines)))
    return [(language, code) for _, language, code in sorted(found)]


def commands():
    """Every command that stands in a block or, with all of its words, in a sentence."""
    made = {}
    for path in PAGES:
        text = path.read_text("utf-8")
        lines = [
            line
            for language, code in blocks(text)
            if language in ("", "sh", "bash", "console")
            for line in code.replace("\\\n", " ").split("\n")
        ]
        lines += [" ".join(line.split()) for line in _IN_TEXT.findall(text)]
        for line in lines:
            for part in line.split("&&"):
                command = _command(part.strip(), path)
                if command:
                    made.setdefault((command.program, command.words), command)
    return list(made.values())


def _command(line, path):
    match = _PROGRAM.match(line.removeprefix("$ "))
    if not match:
        return None
    try:
        words = tuple(shlex.split(match[2], comments=True))
    except ValueError:  # A sentence that begins like a command.
        return None
    if any(_STANDS_FOR.match(word.partition("=")[2] or word) for word in words):
        return None
    if any(word.endswith("=") for word in words):
        return None
    return Command(str(path.relative_to(ROOT)), match[1], words)
