"""How a server leaves: it says so first, goes on answering for a moment, then stops."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from types import FrameType

from zipline.online.serve.serving import Serving


def leave_in_turn(serving: Serving, seconds: float) -> None:
    """On SIGTERM let `/readyz` say no for some seconds, while everything is still answered, before the server stops.

    A load balancer that looks at it sends no more requests by then. A second signal, or Ctrl-C, stops at once. To be
    called on the event loop of the main thread, when the server has set its own handler.
    """
    loop, stop = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

    def on_signal(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, stop)
        serving.leaving = True
        loop.call_soon_threadsafe(loop.call_later, seconds, os.kill, os.getpid(), signal.SIGTERM)

    if callable(stop) and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_signal)


def leave_with_parent() -> None:
    """End this worker when the process that started it has ended without saying so: nobody would restart or stop it."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="zipline-parent", daemon=True).start()
