"""What a piece of compiled code does, and which names it reads and changes.

Where the code stands, what its comments and docstrings say, and what its local
variables are called makes no difference.
"""

import dis
import functools
import inspect
import itertools
import types
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CodeFacts", "facts_of"]

#: Instructions that do nothing, or only carry what another one needs.
SILENT = {"NOP", "CACHE", "EXTENDED_ARG", "RESUME", "PRECALL", "NOT_TAKEN"}
#: What the body of a class stores that says nothing of what it does.
SAID = {"__doc__", "__firstlineno__", "__static_attributes__"}
JUMPS = {*dis.hasjrel, *dis.hasjabs}
#: Signs of a function that its instructions do not show.
FLAGS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)
GLOBALS = {"LOAD_GLOBAL", "LOAD_NAME"}
#: Instructions that put an outer variable on the stack, and that assign to one.
READ = {**dict.fromkeys(GLOBALS, "global"), "LOAD_DEREF": "free"}
ASSIGNED = {
    "STORE_GLOBAL": "global",
    "DELETE_GLOBAL": "global",
    "STORE_DEREF": "free",
    "DELETE_DEREF": "free",
}
METHODS = {"LOAD_ATTR", "LOAD_METHOD"}
ITEMS = {"STORE_SUBSCR", "DELETE_SUBSCR"}
#: Methods of Python's containers that change them.
MUTATORS = {
    *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop"),
    *("popitem", "remove", "setdefault", "update", "move_to_end"),
}


Variable = tuple[str, tuple[str, ...]]
Import = tuple[int, str, tuple[str, ...]]


@dataclass(frozen=True)
class CodeFacts:
    """What there is to know of a code object and those inside it.

    Attributes
    ----------
    tokens : tuple
        The instructions as nested tuples of names, numbers and constants; equal for
        code that does the same.
    globals : tuple of str
        Global names it reads.
    names : frozenset of str
        All names of globals and attributes in it.
    imports : tuple of (int, str, tuple of str)
        What it imports: number of leading dots, module, and names taken from it.
    changed : frozenset of (str, tuple of str)
        Outer variables, or attributes of such, that it assigns to or changes in place,
        such as counters and caches: their kind, ``"global"``, ``"free"`` or ``"self"``
        (the first argument, of which only changes in place count), and the name of the
        variable, followed by those of attributes.
    """

    tokens: tuple[Any, ...]
    globals: tuple[str, ...]
    names: frozenset[str]
    imports: tuple[Import, ...]
    changed: frozenset[Variable]


@functools.lru_cache(maxsize=8192)
def facts_of(code: types.CodeType) -> CodeFacts:
    """Take a code object apart."""
    every = list(dis.get_instructions(code))
    steps = [step for step in every if step.opname not in SILENT]
    inner = [facts_of(const) for const in code.co_consts if inspect.iscode(const)]
    reads = {step.argval for step in steps if step.opname in GLOBALS}
    changed = _changes(every, code.co_varnames[: min(1, code.co_argcount)])
    # Of inner functions, what is not free here is a local variable.
    of_inner = {
        (kind, path)
        for facts in inner
        for kind, path in facts.changed
        if kind == "global" or (kind == "free" and path[0] in code.co_freevars)
    }
    return CodeFacts(
        tokens=_tokens(code, every, steps),
        globals=tuple(sorted(reads.union(*(facts.globals for facts in inner)))),
        names=frozenset(code.co_names).union(*(facts.names for facts in inner)),
        imports=(
            *_imports(steps),
            *(each for facts in inner for each in facts.imports),
        ),
        changed=changed | of_inner,
    )


# ----------------------------------------------------------------------------- tokens


def _tokens(
    code: types.CodeType, every: list[dis.Instruction], steps: list[dis.Instruction]
) -> tuple[Any, ...]:
    said = _said(steps)
    kept = [step for step in steps if step.offset not in said]
    starts = [step.offset for step in kept]
    # A jump to what is left out leads to what comes next.
    places = {step.offset: bisect_left(starts, step.offset) for step in every}
    n_named = code.co_argcount + code.co_kwonlyargcount
    head = (
        code.co_varnames[:n_named],
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_flags & FLAGS,
    )
    return head, tuple(_token(step, places) for step in kept), _handlers(code, places)


def _said(steps: list[dis.Instruction]) -> set[int]:
    """Offsets of instructions that keep docstrings and line numbers of classes."""
    return {
        step.offset
        for load, store in itertools.pairwise(steps)
        if store.opname == "STORE_NAME" and store.argval in SAID
        for step in (load, store)
    }


def _token(step: dis.Instruction, places: Mapping[int, int]) -> tuple[Any, ...]:
    if step.opcode in JUMPS:
        return step.opname, places.get(step.argval)
    if step.opcode in dis.hasconst:
        is_code = inspect.iscode(step.argval)
        return step.opname, facts_of(step.argval).tokens if is_code else step.argval
    if step.opcode in dis.hasname:
        return step.opname, step.argval
    return step.opname, step.arg


def _handlers(code: types.CodeType, places: Mapping[int, int]) -> tuple[Any, ...]:
    """Which instructions are under which handlers of errors."""
    return tuple(
        (places.get(entry.start), places.get(entry.end), places.get(entry.target))
        for entry in getattr(dis.Bytecode(code), "exception_entries", ())
    )


# ------------------------------------------------------------------------------ names


def _imports(steps: list[dis.Instruction]) -> Iterator[Import]:
    """Read imports: the number of dots and the names are loaded just before."""
    for level, wanted, step in zip(steps, steps[1:], steps[2:], strict=False):
        if step.opname == "IMPORT_NAME":
            yield int(level.argval or 0), step.argval, tuple(wanted.argval or ())


def _changes(
    steps: Iterable[dis.Instruction], first: tuple[str, ...]
) -> frozenset[Variable]:
    """Return outer variables, and attributes of such, that are changed.

    Follows which of them are on the stack; what it cannot follow counts as not changed.
    """
    stack: list[Variable | None] = []
    changed: set[Variable] = set()
    for step in steps:
        what, where = step.opname, _worked_on(stack, step.opname)
        if what in ASSIGNED:
            changed.add((ASSIGNED[what], (step.argval,)))
        elif where and what in {"STORE_ATTR", "DELETE_ATTR"} and where[0] != "self":
            changed.add(_attribute(where, step.argval))
        elif where and (what in ITEMS or _calls_mutator(step)):
            changed.add(where)
        _advance(stack, step, first)
    return frozenset(changed)


def _calls_mutator(step: dis.Instruction) -> bool:
    return step.opname in METHODS and step.argval in MUTATORS


def _attribute(variable: Variable, name: str) -> Variable:
    kind, path = variable
    return kind, (*path, name)


def _worked_on(stack: list[Variable | None], opname: str) -> Variable | None:
    """Return the outer variable that an instruction works on, if it is one."""
    depth = 2 if opname.endswith("_SUBSCR") else 1
    return stack[-depth] if len(stack) >= depth else None


def _advance(
    stack: list[Variable | None], step: dis.Instruction, first: tuple[str, ...]
) -> None:
    effect = dis.stack_effect(step.opcode, step.arg, jump=False)
    if step.opname in SILENT and not effect:
        return
    if step.opname in {"COPY", "SWAP"}:
        _rearrange(stack, step)
    elif step.opname in METHODS:
        where = stack.pop() if stack else None
        stack.append(_attribute(where, step.argval) if where else None)
        stack += [None] * effect
    elif effect > 0:
        # A global that is called comes in two pieces, and is not a container.
        kind = _kind_of(step, first) if effect == 1 else None
        stack += [(kind, (step.argval,)) if kind else None] * effect
    else:
        del stack[max(0, len(stack) + effect) :]
        if stack and not step.opname.startswith(("STORE_", "POP_", "DELETE_")):
            stack[-1] = None


def _kind_of(step: dis.Instruction, first: tuple[str, ...]) -> str | None:
    if step.opname.startswith("LOAD_FAST") and step.argval in first:
        return "self"
    return READ.get(step.opname)


def _rearrange(stack: list[Variable | None], step: dis.Instruction) -> None:
    depth = step.arg or 1
    stack[:0] = [None] * (depth - len(stack))
    if step.opname == "COPY":
        stack.append(stack[-depth])
    else:
        stack[-1], stack[-depth] = stack[-depth], stack[-1]
