"""What a policy says of itself, read once, at upload."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conjoin_guest.values import JsonInput, check, write

_NAME = re.compile(r"[a-z0-9-]{1,64}")
_CODE = re.compile(r"[a-z0-9_-]{1,64}")


def is_code(text: object) -> bool:
    """Whether a text is a code for machines: `[a-z0-9_-]{1,64}`."""
    return isinstance(text, str) and _CODE.fullmatch(text) is not None


@dataclass(frozen=True)
class Description:
    """The module-level `DESCRIPTION` of a policy.

    Raises `ValueError` where the contract forbids what it says, so that a build ends instead of an upload.
    """

    name: str
    """`[a-z0-9-]{1,64}`."""
    version: str
    """The author's, semver by custom. The host names versions by digest."""
    summary: str
    """One sentence for the people who choose a policy."""
    settings_schema: Mapping[str, JsonInput] = field(default_factory=lambda: {"type": "object"})
    """JSON Schema 2020-12 of `event.settings`."""
    reasons: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Texts that may be shown with a suggestion: `{code: {locale: text}}`, each with an `en` text."""
    settings_schema_json: str = field(init=False)

    def __post_init__(self) -> None:
        if _NAME.fullmatch(self.name) is None:
            raise ValueError("the name of a policy is 1 to 64 of a-z, 0-9 and -")
        for code, locales in self.reasons.items():
            if not is_code(code):
                raise ValueError("the code of a reason is 1 to 64 of a-z, 0-9, _ and -")
            if "en" not in locales:
                raise ValueError(f"the reason `{code}` needs an `en` text, which the host falls back to")
        if not all(isinstance(text, str) for text in (self.version, self.summary, *_texts(self.reasons))):
            raise TypeError("version, summary and the texts of reasons are text")
        # Now and not at upload, should a text be none, or the schema have no JSON form.
        texts = {"version": self.version, "summary": self.summary, "reasons": self.reasons}
        for name, value in (("the description", texts), ("the settings schema", self.settings_schema)):
            check(value, name)
            write(name, value)
        object.__setattr__(self, "settings_schema_json", write("the settings schema", self.settings_schema))


def _texts(reasons: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for locales in reasons.values():
        yield from locales
        yield from locales.values()
