"""The state of a module: what is saved of it under which names, and how it is loaded; with hooks around both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wengert.errors import explain, user_line
from wengert.interpreters.tape import Handle
from wengert.nn import loading
from wengert.nn.hooks import Hook, Hooked
from wengert.nn.refusals import Unfitting

__all__ = ["Stateful"]


class Stateful(Hooked):
    """What a `Module` does to save and load its numbers."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """All parameters and persistent buffers by dotted name, as detached tensors that share their memory.

        destination: a dict to fill, which is returned then. prefix: goes before every name. keep_vars: give the
        tensors themselves.
        """
        state: Any = OrderedDict() if destination is None else destination
        for hook in self._hooks_of("save before"):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(state, prefix, keep_vars)
        for name, module in self._held("module"):
            module.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in self._hooks_of("save replaced"):
            given = hook(self, state, prefix, {})
            state = state if given is None else given
        for hook in self._hooks_of("save after"):
            if hook(self, state, prefix, {}) is not None:
                raise Unfitting(
                    explain(
                        f"a hook after {type(self).__name__}.state_dict at {user_line()} returned something.",
                        "Nobody takes what it returns.",
                        "Change the dict that it gets in place, and return None.",
                    )
                )
        return state  # type: ignore[no-any-return]

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put what this module itself holds into a dict; a subclass may add to it, or leave out."""
        for roles in (("parameter", "frozen"), ("buffer",)):
            for name, x in self._held(*roles):
                destination[prefix + name] = x if keep_vars else x.detach()
        if self._has_own("get_extra_state"):
            destination[prefix + loading.EXTRA] = self.get_extra_state()

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> loading.Loaded:
        """Copy the numbers of a `state_dict` into this module's parameters and buffers; all of them, or none.

        Returns the names that were missing and those nobody wanted. Raises an `InvalidArgument` that is a
        `RuntimeError`, too, naming every one, if there are any and `strict` is set, and if a shape differs; nothing is
        changed then. assign: let the tensors of the state be the module's, with their dtypes, and not their numbers;
        whether parameters require gradients stays as it is.
        """
        return loading.load(self, state_dict, strict, assign)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: Any,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load what this module itself holds; a subclass may change the entries of `state_dict` before.

        They are under names that begin with `prefix`. What is wrong goes into the lists. The numbers are written after
        all modules have found theirs, unless `local_metadata` is another one than was given.
        """
        arguments = (state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        for hook in self._hooks_of("load before"):
            hook(*((self, *arguments) if hook.keywords else arguments))
        loading.take(self, *arguments)

    # --- what is no tensor ----------------------------------------------------------------------------------------

    def get_extra_state(self) -> Any:
        """What else is to be saved of this module, under the name "_extra_state"; for subclasses to write."""
        raise NotImplementedError(f"{type(self).__name__} has no get_extra_state")

    def set_extra_state(self, state: Any) -> None:
        """Take over what `get_extra_state` returned; for subclasses to write."""
        raise NotImplementedError(f"{type(self).__name__} has no set_extra_state")

    def _has_own(self, method: str) -> bool:
        """Whether a subclass wrote this method."""
        return getattr(type(self), method) is not getattr(Stateful, method)

    # --- hooks ------------------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, prefix, keep_vars)`` before this module's numbers are put into a `state_dict`."""
        return self._hook("save before", Hook(hook))

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` when they are there; it may change the dict."""
        return self._hook("save after", Hook(hook))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> Handle:
        """The older `register_state_dict_post_hook`: what the hook returns, if not None, is the state."""
        return self._hook("save replaced", Hook(hook))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call a hook before this module looks for its numbers in a state, whose entries it may rename or change.

        ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)``
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(self, hook: Callable[..., Any], with_module: bool = False) -> Handle:
        """The older `register_load_state_dict_pre_hook`, whose hook need not get the module."""
        return self._hook("load before", Hook(hook, keywords=with_module))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, incompatible_keys)`` after loading; it may change the two lists of names in place."""
        return self._hook("load after", Hook(hook))
