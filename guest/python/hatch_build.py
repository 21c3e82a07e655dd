"""Packs the contract, which lies outside of this folder in a checkout, with the library."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ContractHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `policy.wit` where `conjoin_guest.build` looks for it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called for each distribution. A wheel made of a source distribution finds the contract in it."""
        checkout = Path(self.root).parents[1] / "wit" / "policy.wit"
        packed = "src/conjoin_guest/policy.wit"
        if (Path(self.root) / packed).exists():
            return
        target = packed if self.target_name == "sdist" else "conjoin_guest/policy.wit"
        build_data["force_include"][str(checkout)] = target
