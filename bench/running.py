"""One part, in the process that measures it: `python -m bench.running <part> <file for what it found> [--all]`."""

import json
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path


def main() -> None:
    name, found, *more = sys.argv[1:]
    part = import_module(f"bench.parts.{name}").measure("--all" in more)
    Path(found).write_text(json.dumps(asdict(part)))


if __name__ == "__main__":
    main()
