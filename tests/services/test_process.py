"""Servers of a test run end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services import postgres, process

ROOT = Path(__file__).resolve().parent.parent.parent
RUN = """
import sys
from tests.services.process import start
start([sys.executable, "-c", "import signal; print('up', flush=True); signal.pause()"], log=sys.stdout.buffer)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent has ended")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_ends_with_a_run_that_is_killed(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", RUN], cwd=ROOT, stdin=-1, stdout=-1) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"up\n"
        run.send_signal(how)
        assert run.stdout.read() == b""  # the pipe ends when the server does, too


def test_postgres_ends_with_a_run_that_is_killed() -> None:
    if postgres._programs() is None or "ZIPLINE_TEST_POSTGRES_URL" in os.environ:
        pytest.skip("there is no server of our own to end")
    code = (
        "import sys\nfrom tests.services.postgres import postgres\n"
        "with postgres() as url:\n    print(url, flush=True)\n    sys.stdin.read()\n"
    )
    from adbc_driver_manager import OperationalError
    from adbc_driver_postgresql.dbapi import connect

    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdin=-1, stdout=-1) as run:
        assert run.stdout is not None
        url = run.stdout.readline().decode().strip()
        held = connect(url)
        run.kill()
        run.stdout.read()
    ended = False
    with held.cursor() as cursor:
        while not ended:  # which the server does although somebody is connected
            try:
                cursor.execute("SELECT pg_sleep(0.01)")
                cursor.fetchall()
            except OperationalError:
                ended = True
    held.close()


def test_what_is_left_out_fails_where_nothing_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="tests with X are left out: no Y"):
        process.leave_out("tests with X", "no Y")
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="tests with X are left out: no Y"):
        process.leave_out("tests with X", "no Y")
