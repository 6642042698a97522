"""What holds for all tests."""

import signal


def pytest_configure() -> None:
    # A shell starts what runs in the background with interrupts ignored, and so would everything that tests start:
    # those of interrupts would wait for ever.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
