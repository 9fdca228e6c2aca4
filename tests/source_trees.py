"""Sources as syntax trees, and what the rules of the architecture ask of them."""

import ast
from functools import cache


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(tree):
    """All nodes of a tree: many rules look at each."""
    return list(ast.walk(tree))


def imports_of(tree):
    """Each import of a tree as dotted names: "a.b" for both spellings of it."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def nodes_at_import_time(tree):
    """Nodes that run when the module is imported: all but bodies of functions."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        waiting += ast.iter_child_nodes(node)


def dotted(node):
    """The dotted name of an expression such as ``np.random.seed``, or ""."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def attributes_of(tree):
    nodes = (node for node in nodes_of(tree) if isinstance(node, ast.Attribute))
    return [name for node in nodes if (name := dotted(node))]


def calls_of(tree):
    return [(node, dotted(node.func)) for node in nodes_of(tree) if is_call(node)]


def is_call(node):
    return isinstance(node, ast.Call)
