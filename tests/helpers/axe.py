"""axe-core, which finds barriers in a page for those who use it by keyboard or ear.

It is under the Mozilla Public License 2.0, and comes with the package axe-core-python
(extra `test`), or newer by `npm install --no-save axe-core` in the checkout.
"""

import importlib.util
import pathlib

_CHECKOUT = pathlib.Path(__file__).parents[2]


def script():
    """The path of `axe.min.js`.

    That it is missing is an error: whoever has the extra `test` has it.
    """
    paths = [_CHECKOUT / "node_modules" / "axe-core"]
    if found := importlib.util.find_spec("axe_core_python"):
        paths += map(pathlib.Path, found.submodule_search_locations)
    scripts = (path / "axe.min.js" for path in paths)
    for path in scripts:
        if path.is_file():
            return path
    raise FileNotFoundError('no axe-core: pip install -e ".[test]"')


def barriers(driver):
    """What is serious or critical in the page that a driver shows.

    Returns:
        A line each: the rule, and the first elements against it.
    """
    driver.execute_script(script().read_text("utf-8"))
    found = driver.execute_async_script(
        "const done = arguments[0];"
        "axe.run(document, {resultTypes: ['violations']})"
        "  .then(found => done(found.violations), error => done(String(error)));"
    )
    assert isinstance(found, list), found
    return [
        f"{rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
    ]
