"""Templates of self-contained HTML pages, whose policy names their scripts by hash."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import jinja2


def template(room: str, name: str, **filters: Callable[..., Any]) -> jinja2.Template:
    """A template from the folder `templates` of a room.

    Besides the given filters it has `csp_hash`, the hash of a text for the page's
    Content-Security-Policy.

    Args:
        room: the package, such as `"lnl_sr_tf.reporting"`.
        name: the template's file.
        **filters: by the name that the template gives them.

    Example:
        template("lnl_sr_tf.reporting", "report.html", embedded=str).render(...)
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(room),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(filters, csp_hash=_csp_hash)
    return environment.get_template(name)


def _csp_hash(text):
    digest = hashlib.sha256(str(text).encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
