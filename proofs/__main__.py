"""The entry point: small, so that an interrupt during the imports ends the command without a traceback.

Worker processes import it again, which is another reason why it is small.
"""

import os
import signal
import sys


def main() -> None:
    """Run the command line; what ends it from outside is an interrupt, wherever it comes."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from proofs.cli import app
        from proofs.commands.plain import make_printable

        make_printable()
        app()
    except KeyboardInterrupt:
        from proofs.verdict import EXIT_INTERRUPTED

        print("musigma: interrupted", file=sys.stderr)
        sys.stderr.flush()
        os._exit(EXIT_INTERRUPTED)  # what is half imported is not to be finalised


if __name__ == "__main__":
    main()
