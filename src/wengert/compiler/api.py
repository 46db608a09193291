"""wg.jit: a function that is traced once per signature, and then runs as a compiled program.

call ── take the arguments apart ── signature ── recipes of that signature ── one whose tensors fit ── run
                                                 └ none: trace, under a lock ┘
"""

from __future__ import annotations

import functools
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert import tree
from wengert.compiler.arguments import BOX, STATIC, TENSOR, Arguments, Call
from wengert.compiler.callables import Dispatcher, make
from wengert.compiler.capture import Capture, Moving, OneRun
from wengert.compiler.direct import direct, writing
from wengert.compiler.interpret import Interpreted
from wengert.compiler.lift import Foreign
from wengert.compiler.out import filled, is_free, places
from wengert.compiler.places import NUMBERS, Place
from wengert.compiler.recipe import Recipe
from wengert.core.apply import WATCH, watcher, watching
from wengert.core.array import Array
from wengert.errors import InvalidArgument, RecompilationWarning, explain, user_line, user_stacklevel
from wengert.interpreters.record import Graph, Static
from wengert.interpreters.tape import mode
from wengert.spec import spec
from wengert.transforms.arguments import evaluate, opened
from wengert.tree import LEAF

__all__ = ["Jitted", "Lowered", "jit"]

Function = Callable[..., Any]

# After so many traces without a call in between that needed none, the user is told.
RESTLESS = 8
# After so many first runs that no program could repeat, the function runs eagerly.
UNSETTLED = 3
# So many programs are kept for one signature, when what is around the function changes.
VARIANTS = 8
# So many ways to write the same call run without coming here: f(x, y), f(x, y=y), ... and with other static objects.
SPELLINGS = 8


def jit(
    f: Function | None = None,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    donate: int | Iterable[int] = (),
    inline: bool = False,
    background: bool = False,
) -> Any:
    """The function that does what `f` does, compiled.

    `f` is traced once for every signature: the structure, shapes and dtypes of its arguments, and the values of what is
    not an array or number (strings, booleans, functions). Python's numbers are traced, too; where `f` has to know one
    (`range(n)`, a shape, a branch) it is static from then on. Eager tensors that `f` uses, its parameters say, are
    inputs of the program, and results where `f` writes to them: a training step with ``backward()`` and an optimiser
    compiles whole. Random tensors (`wg.randn`) are drawn anew by every call. Closed-over arrays are constants, and what
    else `f` does in Python (print, append) it does when traced only.

    ``f(x, out=y)`` writes the results to arrays that nest as they do, unless `f` has an argument `out` of its own.

    static_argnums, static_argnames: arguments whose value counts; they need a hash. donate: positional arguments whose
    memory the results may use; their content is lost. inline: inside another compiled function, be part of its graph
    rather than one op. background: do not wait for the compiler, run by NumPy until it is done. Raises `TracedValue`
    where Python needs to know a traced value.

    >>> import numpy as np, wengert as wg
    >>> @wg.jit
    ... def f(x):
    ...     return np.sum(np.sin(x) ** 2)
    >>> f(np.zeros(3)), wg.grad(f)(np.zeros(3)), f.traces
    (np.float64(0.0), array([0., 0., 0.]), 2)
    """
    options: dict[str, Any] = {
        "static_argnums": static_argnums,
        "static_argnames": static_argnames,
        "donate": donate,
        "inline": inline,
        "background": background,
    }
    if f is None:
        return functools.partial(jit, **options)
    if not callable(f):
        raise InvalidArgument(
            explain(
                f"jit got a {type(f).__name__} at {user_line()}.",
                "It compiles functions.",
                "Write wg.jit(f)(x), not wg.jit(f(x)).",
            )
        )
    state = _State(f, **options)
    jitted: Any = make(state.call, state.name, f.__doc__, Jitted)
    functools.update_wrapper(jitted, f, updated=())
    jitted._state, jitted._options = state, options
    state.dispatcher = weakref.ref(jitted)
    return jitted


class Jitted(Dispatcher):
    """A compiled function. Calls that fit a compiled program run it at once, all others go through `fallback`."""

    __slots__ = ()

    if TYPE_CHECKING:  # attributes of the instance
        __qualname__: str
        __wrapped__: Function
        _state: _State
        _options: dict[str, Any]

    def __repr__(self) -> str:
        return f"<jit of {self.__wrapped__!r}>"

    def __reduce__(self) -> Any:
        """Pickled and copied as functions are, by name; what has no name in its module, by its function."""
        found: Any = sys.modules.get(self.__module__)
        for part in self.__qualname__.split("."):
            found = getattr(found, part, None)
        if found is self:
            return self.__qualname__
        return functools.partial(jit, **self._options), (self.__wrapped__,)

    @property
    def traces(self) -> int:
        """How often the function was traced, for its gradients included."""
        found: int = self._state.traces + sum([made.traces for made in self._state.derived.values()])
        return found

    def fallback(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, whatever the arguments are."""
        return self._state.call(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """The stages of the program for these arguments: ``.graph``, and what the compiler makes of it."""
        return Lowered(self._state.recipe(args, kwargs))

    def explain(self, *args: Any, **kwargs: Any) -> str:
        """What the compiler made of the function for these arguments, in words."""
        return self.lower(*args, **kwargs).explain()

    def transformed(self, transform: Function, *options: Any) -> Any:
        """A transform of the function, compiled as a whole; it takes the same arguments and keeps what it is given."""
        return self._state.transformed(transform, options)

    def clear_cache(self) -> None:
        """Forget every program, and what was found out about arguments; `traces` starts from 0."""
        self._state.clear()
        self.clear()


def looked_at(f: Function, args: Any, kwargs: Any) -> Any:
    """Run a function uncompiled on tensors instead of arrays, so that what it does can be looked at."""
    leaves, structure = tree.flatten((args, kwargs))
    smooth = [isinstance(x, np.ndarray | np.generic | float) and spec(x).dtype.kind in "fc" for x in leaves]
    boxes = [Array.constant(x) if s else x for x, s in zip(leaves, smooth, strict=True)]
    inner_args, inner_kwargs = structure.unflatten(boxes)
    return tree.map(lambda o: opened(o, Array, 1), evaluate(f, *inner_args, **inner_kwargs))


# Every compiled function there is, for who wants calls to come through Python again.
_STATES: weakref.WeakSet[_State] = weakref.WeakSet()


def unpublish() -> None:
    """Let the next call of every compiled function come through Python, where native code may be decided against."""
    for state in list(_STATES):
        dispatcher = state.dispatcher()
        if dispatcher is not None:
            dispatcher.clear()
        for recipes in state.recipes.values():
            for recipe in recipes:
                recipe.published.clear()


class _State:
    """What a compiled function knows: the recipes found so far, and what they depend on."""

    def __init__(
        self,
        f: Function,
        static_argnums: int | Iterable[int],
        static_argnames: str | Iterable[str],
        donate: int | Iterable[int],
        inline: bool,
        background: bool,
    ) -> None:
        self.f = f
        self.arguments = Arguments(f, static_argnums, static_argnames)
        self.name = self.arguments.name
        self.dispatcher: Callable[[], Dispatcher | None] = lambda: None
        self.donate = (donate,) if isinstance(donate, int) else tuple(donate)
        self.inline, self.background = inline, background
        self.gives_out = is_free(f)
        self.lock = threading.RLock()
        _STATES.add(self)
        self.derived: dict[Hashable, Any] = {}
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            self.derived.clear()
            self.recipes: dict[Hashable, list[Recipe]] = {}
            self.arguments.needed.clear()
            self.moving: dict[Any, Place] = {}  # numbers in attributes and the like that change from call to call
            self.fixed: set[Any] = set()  # such numbers that Python needs
            self.traces = self.in_a_row = self.one_runs = self.direct_calls = 0
            self.warned = self.eager = False

    def transformed(self, transform: Function, options: tuple[Any, ...]) -> Any:
        """The compiled transform with these options, made once."""
        made = self.derived.get((transform, options))
        if made is None:
            nums, names = self.arguments.given
            f = transform(self.f, *options)
            made = jit(f, static_argnums=nums, static_argnames=names, inline=self.inline, background=self.background)
            made = self.derived.setdefault((transform, options), made)
        return made

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function, compiled if possible."""
        if "out" in kwargs and self.gives_out:
            return self._into(kwargs.pop("out"), args, kwargs)
        if self.eager:
            return self.f(*args, **kwargs)
        if WATCH.looking and watching.lookers:
            return looked_at(self.f, args, kwargs)
        taken = self.arguments.taken_apart(args, kwargs)
        if self.inline and (BOX in taken.kinds or watcher() is not None):
            return self.f(*args, **kwargs)
        try:
            recipe, tensors = self._find(taken) or self._trace(taken)
        except Foreign:
            return self.f(*args, **kwargs)
        except Static as needed:
            self._need(taken, needed)
            return self.call(*args, **kwargs)
        except OneRun as run:
            self._unsettled(run.why)
            return run.result
        if not (recipe.is_inside(tensors) or ((recipe.draws or recipe.moving) and watcher() is not None)):
            result = recipe.run(taken.leaves, tensors)
            if recipe.is_plain and len(recipe.published) < SPELLINGS:
                self._publish(recipe, taken, args, kwargs)
            return result
        if recipe.effects or recipe.draws or recipe.moving:
            return self.f(*args, **kwargs)
        return recipe.run_inside(taken.leaves, tensors)

    def _into(self, out: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function, its results in the arrays of `out`."""
        found = None
        if not self.eager and watcher() is None:
            taken = self.arguments.taken_apart(args, kwargs)
            found = self._find(taken)
        if found is None or found[0].tracked or found[0].is_inside(found[1]):
            return filled(self.call(*args, **kwargs), out, self.name)
        recipe, tensors = found
        into = places(recipe, out, self.name)
        result = filled(recipe.run(taken.leaves, tensors, into), out, self.name)
        if recipe.is_plain and recipe.structure == LEAF and 0 in into:
            self._publish_into(recipe, taken, args, kwargs)
        return result

    def _publish_into(self, recipe: Recipe, taken: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Let calls like this one, with one array for the one result, run the kernel without coming here."""
        dispatcher, kernel = self.dispatcher(), getattr(recipe.callee.writing((0,)).program, "kernel", None)
        spelling = (id(kernel), len(args), *kwargs, "out", *_ids(taken))
        if dispatcher is None or kernel is None or spelling in recipe.published or len(recipe.published) >= SPELLINGS:
            return
        recipe.published.add(spelling)
        found = direct(recipe, taken, args, kwargs, self.arguments.places(args, kwargs))
        if found is not None and len(found) == 1 and kernel.reuses == [len(recipe.traced)]:
            dispatcher.add(kernel.entry(writing(found[0], kernel.reuses[0])))

    def _publish(self, recipe: Recipe, taken: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Let calls like this one run the kernel without coming here, if the program is one kernel."""
        dispatcher, kernel = self.dispatcher(), getattr(recipe.callee.program, "kernel", None)
        if isinstance(recipe.callee.program, Interpreted) and self.background:
            return  # there will be a kernel
        spelling = (id(kernel), len(args), *kwargs, *_ids(taken))
        if kernel is None or dispatcher is None or spelling in recipe.published:
            return
        recipe.published.add(spelling)
        signature = direct(recipe, taken, args, kwargs, self.arguments.places(args, kwargs))
        if signature is not None:
            for entry in kernel.entries(*signature):
                dispatcher.add(entry)

    def recipe(self, args: Any, kwargs: Any) -> Recipe:
        """The recipe for these arguments; raises `InvalidArgument` if there is none."""
        taken = self.arguments.taken_apart(args, kwargs)
        try:
            return (self._find(taken) or self._trace(taken))[0]
        except Static as needed:
            self._need(taken, needed)
            return self.recipe(args, kwargs)
        except (OneRun, Foreign) as run:
            raise InvalidArgument(
                explain(
                    f"{self.name}.lower() at {user_line()}: this call is not a program.",
                    f"What it does cannot be repeated: {str(run) or 'it uses values of the transform around it'}.",
                    "Call the function once or twice first, if that settles it.",
                )
            ) from None

    # --- signatures ---------------------------------------------------------------------------------------------

    def _find(self, taken: Call) -> tuple[Recipe, list[Any]] | None:
        """A recipe for this call, and its tensors."""
        changed: list[Place] = []
        for recipe in self.recipes.get(self._key(taken), ()):
            tensors = recipe.tensors(taken.leaves)
            if tensors is not None:
                others = recipe.watched.changed() if recipe.watched is not None else []
                if not others:
                    self.in_a_row = 0
                    return recipe, tensors
                changed = changed or others
        self._move(changed)
        return None

    def _move(self, places: Iterable[Place]) -> None:
        """From now on numbers at these places are inputs, as far as they are numbers."""
        for place in places:
            if type(place.get()) in NUMBERS and place.is_writable and place.name not in self.fixed:
                self.moving[place.name] = place

    def _need(self, taken: Call, needed: Static) -> None:
        """From now on these numbers are static: leaves of arguments by their number, others by their place."""
        self.arguments.need(taken.structure, frozenset(n for n in needed.roots if isinstance(n, int)))
        for name in needed.roots:
            if self.moving.pop(name, None) is not None:
                self.fixed.add(name)

    def _key(self, taken: Call) -> Hashable:
        return taken.key, mode.floor == 0

    def _trace(self, taken: Call) -> tuple[Recipe, list[Any]]:
        with self.lock:
            found = self._find(taken)  # another thread may have been faster
            if found is not None:
                return found
            recipe = self._captured(taken)
            recipes = self.recipes.setdefault(self._key(taken), [])
            recipes.insert(0, recipe)
            del recipes[VARIANTS:]
            self._count()
            if self.background:
                self._compile_aside(recipe)
            tensors = recipe.tensors(taken.leaves)
            assert tensors is not None
            return recipe, tensors

    def _captured(self, taken: Call) -> Recipe:
        name = f"jit({self.name})"
        capture = Capture(self.f, name, taken, list(self.moving.values()), self.fixed)
        try:
            recipe = capture.run(self._donated(taken))
        except OneRun:
            self.traces += 1
            raise
        except Moving as found:
            self._move(found.places)
            return self._captured(taken)
        self.traces += 1
        self.one_runs = 0
        return recipe

    def _donated(self, taken: Call) -> tuple[int, ...]:
        """The inputs of the program whose memory may be used for results."""
        if not self.donate:
            return ()
        places = [c.count for c in taken.structure.children[0].children]
        for n in sorted(n for n in taken.static if isinstance(n, int)):
            places.insert(n, 0)
        traced = [n for n, kind in enumerate(taken.kinds) if kind not in ("static", TENSOR) and taken.same[n] == n]
        leaves = {n for k in self.donate for n in range(sum(places[:k]), sum(places[: k + 1]))}
        kept = {first for n, first in enumerate(taken.same) if n not in leaves}  # the same array may be given twice
        return tuple([n for n, leaf in enumerate(traced) if leaf in leaves - kept])

    def _compile_aside(self, recipe: Recipe) -> None:
        """Run by NumPy until a thread has compiled the program."""
        callee = recipe.callee
        callee.program = Interpreted(callee.whole)

        def compile_() -> None:
            callee.program = callee.built()

        threading.Thread(target=compile_, name=f"compile {callee.name}", daemon=True).start()

    # --- functions that do not settle -----------------------------------------------------------------------------

    def _count(self) -> None:
        dispatcher = self.dispatcher()
        direct_calls = 0 if dispatcher is None else sum(e.calls for e in dispatcher.entries)
        self.in_a_row = self.in_a_row + 1 if direct_calls == self.direct_calls else 1
        self.direct_calls = direct_calls
        if self.in_a_row > RESTLESS and not self.warned:
            self.warned = True
            warnings.warn(
                f"{self.name}, called at {user_line()}, was traced {self.in_a_row} times in a row, because "
                "shapes, dtypes or static values changed with every call. Tracing and compiling take longer than "
                "running: pad to common shapes, or pass changing numbers as arrays.",
                RecompilationWarning,
                stacklevel=user_stacklevel(),
            )

    def _unsettled(self, why: str) -> None:
        self.one_runs += 1
        if self.one_runs >= UNSETTLED:
            self.eager = True
            warnings.warn(
                f"{self.name}, called at {user_line()}, runs eagerly, because every call does what a "
                f"compiled program cannot repeat: {why}. Return new tensors instead, or write into existing ones.",
                RecompilationWarning,
                stacklevel=user_stacklevel(),
            )


def _ids(taken: Call) -> list[int]:
    """The objects that a program is for."""
    static = [x for x, kind in zip(taken.leaves, taken.kinds, strict=True) if kind == STATIC]
    return [id(x) for x in (*static, *taken.static.values())]


class Lowered:
    """One program of a compiled function, stage by stage."""

    def __init__(self, recipe: Recipe) -> None:
        self._callee = recipe.callee

    @property
    def graph(self) -> Graph:
        """What was recorded."""
        return self._callee.graph

    @property
    def program(self) -> Any:
        """What runs."""
        if self._callee.program is None:
            self._callee.program = self._callee.built()
        return self._callee.program

    def explain(self) -> str:
        """The program in words."""
        text: str = getattr(self.program, "explain", self.graph.__str__)()
        return text

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.program, name)
