"""The base of all parts of the document."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Frozen and strict: no unknown keys, no texts taken for numbers, nothing changed after it was checked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=False)
