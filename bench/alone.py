"""Work in a process of its own, so that what it takes is its own: `python -m bench.alone MODULE FUNCTION FILE`."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Alone:
    """`answer` is what came back, as JSON brings it. Seconds are without the start of Python and the imports of the
    module; `mb` is the most that the whole process ever had.
    """

    answer: Any
    seconds: float
    cpu: float
    mb: int


def alone(work: Callable[..., Any], *given: Any) -> Alone:
    """`work` is a function at the top of its module; arguments and answer are plain data."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "work.json"
        file.write_text(json.dumps(given))
        command = [sys.executable, "-m", "bench.alone", work.__module__, work.__name__, str(file)]
        subprocess.run(command, cwd=ROOT, check=True)
        return Alone(**json.loads(file.read_text()))


def main() -> None:
    module, name, path = sys.argv[1:]
    work, given = getattr(import_module(module), name), json.loads(Path(path).read_text())
    started, cpu = time.perf_counter(), time.process_time()
    answer = work(*given)
    took = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - cpu}
    Path(path).write_text(json.dumps({"answer": answer, **took, "mb": _peak()}))


def _peak() -> int:
    """Linux gives the ru_maxrss of a process that of its parent, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024 // 1024


if __name__ == "__main__":
    main()
