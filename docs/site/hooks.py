"""What the site has beside docs/: pages about the code, and links out of docs/.

MkDocs calls the functions whose names begin with `on_`. The API pages come from what
`lnl_sr_tf` names as public, so that a module more is a page more.
"""

import os
import pathlib
import re

import reference
from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Files outside docs/ that the site has too, and where, in the order of the navigation;
# those that are not there are left out.
INCLUDED = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "BUILD.md": "developing.md",
    "CHANGELOG.md": "changelog.md",
    "CODE_OF_CONDUCT.md": "code_of_conduct.md",
    "SECURITY.md": "reporting.md",
    "results/ledger.csv": "results/ledger.csv",
}
API = "api/"
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#]+)(#[^)\s]*)?\)")
_CODE = " " * 4
_CELL = re.compile(r"<td\b.*?</td>", re.DOTALL)
_IN_NUMBER = re.compile(r"(?<=[\d%]) (?=[±%])|(?<=±) (?=\d)")
_LIGHT = re.compile(r'<img [^>]*src="([^"]*)_light(\.svg|\.png)"[^>]*>')
_FLAG = re.compile(r"<code>(--[^<\s]{1,25})</code>")


def on_config(config):
    """Put pages where the nav has the name of a folder that is none of docs/."""
    made = {
        API: [f"{API}{name}.md" for name in reference.pages()],
        ".": [page for page in _included().values() if page.endswith(".md")],
    }
    for section in config.nav:
        for title, pages in section.items():
            if isinstance(pages, str):
                section[title] = made.get(pages, pages)
    config.nav = [section for section in config.nav if all(section.values())]
    return config


def _included():
    """`INCLUDED`, of what is there and has no page of its own."""
    return {
        source: page
        for source, page in INCLUDED.items()
        if (ROOT / source).is_file() and not (ROOT / "docs" / page).is_file()
    }


def on_files(files, config):
    """Add the pages that no file of docs/ holds."""
    for source, page in _included().items():
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, page, content=text))
    for name, content in reference.pages().items():
        files.append(File.generated(config, f"{API}{name}.md", content=content))
    return files


def on_page_markdown(markdown, page, config, **_):
    """Lead links out of docs/ to the site's page, or to the repository.

    As long as `repo_url` of mkdocs.yml is not set, what is in the repository alone is
    named and not linked.
    """
    sources = {made: source for source, made in _included().items()}
    source = sources.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def mended(match):
        image, text, link, anchor = match.groups(default="")
        if "://" in link or link.startswith("mailto:"):
            return match[0]
        target = os.path.normpath(os.path.join(os.path.dirname(source), link))
        there = _on_site(target)
        if there:
            if there == "index.md":
                anchor = ""  # The page has headings of its own.
            here = os.path.dirname(page.file.src_uri) or "."
            return f"{image}[{text}]({os.path.relpath(there, here)}{anchor})"
        if not (ROOT / target).exists():
            return match[0]  # MkDocs tells of it.
        if not config.repo_url:
            return text
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"[{text}]({config.repo_url.rstrip('/')}/{kind}/main/{target}{anchor})"

    lines = markdown.split("\n")
    return "\n".join(
        line if line.startswith(_CODE) else _LINK.sub(mended, line) for line in lines
    )


def on_page_content(html, **_):
    """Keep numbers and flags on one line, and add dark pictures to light ones."""
    html = _LIGHT.sub(_for_both, html)
    html = _CELL.sub(lambda cell: _IN_NUMBER.sub("\u00a0", cell[0]), html)
    return _FLAG.sub(r'<code class="flag">\1</code>', html)


def _for_both(image):
    """The theme shows the one whose address ends as its colours do."""
    light = image[0].replace(image[2], f"{image[2]}#only-light")
    return light + image[0].replace(f"_light{image[2]}", f"_dark{image[2]}#only-dark")


def on_post_page(output, **_):
    """Name the dialog of the search, which the theme does not."""
    search = 'data-md-component="search" role="dialog"'
    return output.replace(search, f'{search} aria-label="Search"')


def _on_site(target):
    """The path within docs/ of what is at `target` in the repository, or None."""
    if target in INCLUDED:
        return INCLUDED[target]
    module = re.fullmatch(rf"{reference.PACKAGE}/(\w+?)(?:/__init__)?\.py", target)
    if module and module[1] in reference.modules():
        return f"{API}{module[1]}.md"
    inside = target.removeprefix("docs/")
    return inside if inside != target else None
