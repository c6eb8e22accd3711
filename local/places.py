"""Where the local cloud of a checkout keeps its state: `.local/`, or the folder that JOGAKBO_STATE_DIR names."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Places:
    """`root` also holds what `make setup` put there, so `down` removes only what is named here."""

    root: Path

    @classmethod
    def of_environment(cls) -> "Places":
        return cls(Path(os.environ.get("JOGAKBO_STATE_DIR") or CHECKOUT / ".local").resolve())

    @property
    def outputs(self) -> Path:
        return self.root / "outputs.json"

    @property
    def processes(self) -> Path:
        return self.root / "processes"

    @property
    def emulator(self) -> Path:
        """State, objects and temporary files of the emulator and its functions."""
        return self.root / "emulator"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def assembly(self) -> Path:
        return self.root / "cdk.out"

    @property
    def lock(self) -> Path:
        return self.root / "cloud.lock"
