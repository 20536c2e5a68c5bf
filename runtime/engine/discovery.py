"""Finding what the modules of a package define, so that adding one means adding its file."""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")


def defined_in(package: ModuleType, name: str, kind: type[T]) -> tuple[T, ...]:
    """Return what the package's modules have under that name, by the modules' names; those without it are passed over.

    Raises TypeError where it is something else: a file that means to be found must not be missing silently.
    """
    found = []
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda info: info.name):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        value = getattr(module, name, None)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise TypeError(f"{module.__name__}.{name} has to be {kind.__name__}, not {type(value).__name__}")
        found.append(value)
    return tuple(found)
