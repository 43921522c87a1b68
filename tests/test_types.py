"""Public functions, methods and fields say what they take and what they give."""

import ast
import pathlib

from absl.testing import absltest, parameterized

PACKAGE = pathlib.Path(__file__).resolve().parent.parent / "lnl_sr_tf"
FILES = sorted(PACKAGE.rglob("*.py"))
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_public(name):
    return not name.startswith("_") or name == "__init__"


def public_functions(body, within=()):
    """(its full name, the function) of each, in a module or in its public classes."""
    for node in body:
        if isinstance(node, ast.ClassDef) and is_public(node.name):
            yield from public_functions(node.body, (*within, node.name))
        elif isinstance(node, _FUNCTIONS) and is_public(node.name):
            yield ".".join((*within, node.name)), node


def lacking(source):
    """What of a module's public functions lacks a type: `Class.method(argument)`."""
    found = []
    for name, node in public_functions(ast.parse(source).body):
        given = node.args
        args = [*given.posonlyargs, *given.args, *given.kwonlyargs]
        args += [one for one in (given.vararg, given.kwarg) if one]
        if "." in name and not is_static(node):
            args = args[1:]
        found += [f"{name}({one.arg})" for one in args if one.annotation is None]
        # As the type checker has it, that of `__init__` goes without saying.
        if node.returns is None and not (args and name.endswith("__init__")):
            found.append(f"{name} -> ?")
    return found


def is_static(node):
    return any(
        isinstance(one, ast.Name) and one.id == "staticmethod"
        for one in node.decorator_list
    )


class TypesTest(parameterized.TestCase):
    @parameterized.parameters(
        ("def f(x): ...", ["f(x)", "f -> ?"]),
        ("def f(x: int) -> int: ...", []),
        ("def f(*args, key=1, **more) -> None: ...", ["f(key)", "f(args)", "f(more)"]),
        ("def _f(x): ...", []),
        ("class A:\n def f(self) -> None: ...\n def _g(self): ...", []),
        ("class A:\n def __init__(self, x): ...", ["A.__init__(x)"]),
        ("class A:\n def __init__(self): ...", ["A.__init__ -> ?"]),
        ("class A:\n @staticmethod\n def f(x) -> int: ...", ["A.f(x)"]),
        ("class A:\n @property\n def f(self): ...", ["A.f -> ?"]),
        ("class _A:\n def f(self, x): ...", []),
        ("def f() -> int:\n def g(x): ...", []),
    )
    def test_what_lacks_is_found(self, source, expected):
        self.assertEqual(lacking(source), expected)

    @parameterized.parameters(*[str(path.relative_to(PACKAGE)) for path in FILES])
    def test_types_are_said(self, file):
        self.assertEmpty(lacking((PACKAGE / file).read_text("utf-8")))


if __name__ == "__main__":
    absltest.main()
