"""A temporary folder for the lake: nothing of it outlives its process for long."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from shared.lake.scratch import OutOfTimeError, scratch, within


def test_what_a_process_that_was_cut_off_has_left_is_deleted_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = [tmp_path / f"lake-{pid}-abc" for pid in (ended.pid, os.getpid())]  # a sandbox may give a number again
    others = [tmp_path / name for name in (f"lake-{os.getppid()}-abc", "lake-of-mine", "else")]
    for folder in (*left, *others):
        folder.mkdir()
        (folder / "events.parquet").write_bytes(b"who did what")
    with scratch() as outer:
        with scratch() as inner:
            assert sorted(tmp_path.iterdir()) == sorted([*others, outer.folder, inner.folder])
            assert outer.rows("SELECT 1") == [(1,)]
        assert outer.folder.is_dir()
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_what_takes_longer_than_there_is_time_is_interrupted_and_what_does_not_is_answered() -> None:
    with scratch() as space:
        with within(60, space.database):
            assert space.rows("SELECT 1") == [(1,)]
        with pytest.raises(OutOfTimeError, match="longer than 0 seconds"), within(0, space.database):
            space.run("CREATE TABLE endless AS SELECT i FROM range(1_000_000_000_000) AS t(i) WHERE i % 1_000_000 = 3")
        assert space.rows("SELECT 1") == [(1,)]
