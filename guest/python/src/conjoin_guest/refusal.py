"""Why a hook gives no answer."""

from __future__ import annotations

from conjoin_guest.description import is_code


class Refused(Exception):
    """The policy's own no. Raise it, or call `api.access.deny` and return.

    `code` is for machines (`[a-z0-9_-]{1,64}`), `message` for the person: plain text, cut at 300 characters, shown only
    once both accounts are proven.
    """

    def __init__(self, code: str, message: str) -> None:
        if not is_code(code):
            raise ValueError("the code of a refusal is 1 to 64 of a-z, 0-9, _ and -")
        if not isinstance(message, str):
            raise TypeError("the message of a refusal is text")
        super().__init__(code, message)
        self.code = code
        self.message = message
