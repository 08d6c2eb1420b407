"""The `drumbeat` command. Each subcommand's module is imported when that subcommand runs, and not before."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from server.errors import ConfigurationError, Failure

DONE, FAILED, WRONG, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
COMPLETING = "_ARGCOMPLETE"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; the exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # An import leaves next to no garbage, and looking for it takes a tenth of the start.
    gc.disable()
    try:
        if not arguments and COMPLETING not in os.environ:
            return int(import_module("server.cli.serve").serve())
        options = import_module("server.cli.parser").parse(arguments)
        return int(import_module(f"server.cli.{options.module}").run(options))
    except ConfigurationError as error:
        print(f"drumbeat: {error}", file=sys.stderr)
        return WRONG
    except Failure as failure:
        print(f"drumbeat: {failure}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        gc.enable()
