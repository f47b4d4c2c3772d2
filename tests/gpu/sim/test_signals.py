"""A launch neither swallows a signal nor keeps one."""

import signal
import threading
from typing import Any

import numpy as np
import pytest

from convproof_gpu.sim import SimFault, SimModule, conditions

SOURCE = """
extern "C" __global__ void for_long(int* begun, long long n) {
  *begun = 1;
  for (long long i = 0; i < n; i++) atomicAdd(begun, 1);
}
extern "C" __global__ void wild(int* y, long long at) { *reinterpret_cast<int*>(at) = 1; }
"""
CAUGHT = (signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGINT, signal.SIGVTALRM)


@pytest.fixture(scope="module")
def module() -> SimModule:
    return SimModule(SOURCE)


def test_ctrl_c_ends_a_launch(module: SimModule) -> None:
    """Which would go on for an hour; and the next launch is as before."""
    main = threading.main_thread().ident
    assert main is not None
    y = np.zeros(1, np.int32)
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)  # it may be ignored here

    def interrupt() -> None:
        while signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0):
            pass  # the launch has not begun
        signal.pthread_kill(main, signal.SIGINT)

    hand = threading.Thread(target=interrupt)
    hand.start()
    with pytest.raises(KeyboardInterrupt), conditions(steps=2**62):
        module.get_function("for_long")((1,), (1,), (y, 2**60))
    hand.join()
    signal.signal(signal.SIGINT, ours)
    module.get_function("for_long")((1,), (1,), (y, 3))
    assert y[0] == 4


def test_handlers_are_what_they_were(module: SimModule) -> None:
    def held() -> list[Any]:
        return [signal.getsignal(number) for number in CAUGHT]

    before, y = held(), np.zeros(1, np.int32)
    with pytest.raises(SimFault, match="near no array"):
        module.get_function("wild")((1,), (1,), (y, 4096))
    assert held() == before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


def test_several_threads_launch_one_after_another(module: SimModule) -> None:
    results = [np.zeros(1, np.int32) for _ in range(8)]

    def launch(y: np.ndarray) -> None:
        for _ in range(20):
            module.get_function("for_long")((1,), (1,), (y, 50))

    threads = [threading.Thread(target=launch, args=(y,)) for y in results]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [int(y[0]) for y in results] == [51] * 8
