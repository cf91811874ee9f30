"""The outermost frame: every error ends here as two sentences and an exit code, never as a traceback.

Exit codes: 0 done, 1 a fault of decamp, 2 wrong words, 3 wrong password or key, 4 nothing found, 5 network
unreachable, 6 done but something was lost, 7 a check failed, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from ..errors import DecampError, NoSpace, WrongWords
from .help import usage
from .run import Options, Run
from .ui import sentence

NAME = "decamp"
INTERRUPTED = 130
_REFUSED = ("readonly database", "unable to open database file", "disk I/O error", "database is locked")
"""What the system would not let SQLite do, in SQLite's words."""
_STOPS = ("SIGINT", "SIGTERM", "SIGHUP")


class Tree(TyperGroup):
    """The tree of commands, with what has to happen around each of them."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run one command and leave with its exit code."""
        given = sys.argv[1:] if args is None else args
        # A statement that was pasted begins with dashes, and is no option for all that.
        words = [f"\n{word}" if word.startswith("-----BEGIN ") else word for word in given]
        run = Run(os.environ, Options())
        os.umask(0o077)
        _survive_odd_consoles()
        if f"_{NAME.upper()}_COMPLETE" in run.environ:  # a shell asks what could come next
            super().main(words, NAME, obj=run)
        with _stoppable():
            code = self._guarded(words, run)
        sys.exit(_flushed(code))

    def _guarded(self, words: list[str], run: Run) -> int:
        """The exit code of the command, after everything that went wrong was said."""
        try:
            with self.make_context(NAME, words, obj=run) as ctx:
                return int(self.invoke(ctx) or 0)
        except typer.Exit as leave:
            return leave.exit_code
        except DecampError as error:
            return _failed(run, error, error.exit_code)
        except typer.TyperException as error:
            # Words that do not parse may hide the options behind them.
            run.options.json = run.options.json or "--json" in words
            return _failed(run, _wrong_words(run, error), error.exit_code)
        except (KeyboardInterrupt, typer.Abort) as stop:
            return _interrupted(run, at_a_question=isinstance(stop, typer.Abort))
        except BrokenPipeError:
            return INTERRUPTED
        except OSError as error:
            return _failed(run, _from_system(error), 1)
        except Exception as error:  # noqa: BLE001  the outermost frame: a fault of ours is said in two sentences too
            return _failed(run, _from_database(error) or _fault(error), 1)


def _failed(run: Run, error: DecampError, code: int) -> int:
    if run.options.debug:
        traceback.print_exc()
    with suppress(BrokenPipeError):
        run.ui.error(error)
        if run.options.json:
            run.ui.object(
                {"command": run.command, "exit_code": code, "error": {"message": str(error), "hint": error.hint}}
            )
    return code


def _interrupted(run: Run, *, at_a_question: bool) -> int:
    with suppress(BrokenPipeError):
        run.ui.line(f"Interrupted; the next run {'asks again' if at_a_question else 'goes on from there'}.")
        if run.options.json:
            run.ui.object({"command": run.command, "exit_code": INTERRUPTED})
    return INTERRUPTED


def _wrong_words(run: Run, error: typer.TyperException) -> WrongWords:
    """What typer found wrong with the words, in our own way."""
    ctx = getattr(error, "ctx", None)
    run.command = NAME if ctx is None else ctx.command_path
    how = f"It goes like this: {usage(ctx)}. " if ctx is not None else ""
    return WrongWords(
        _number_wanted(error) or sentence(error.format_message()), f"{how}`{run.command} --help` shows examples."
    )


def _number_wanted(error: typer.TyperException) -> str | None:
    """What an option takes that has to be a number, in words for people; None where it is about something else."""
    param = getattr(error, "param", None)
    low, high = (getattr(getattr(param, "type", None), name, None) for name in ("min", "max"))
    if param is None or low is None:
        return None
    most = f" and at most {high}" if high is not None else ""
    return f"{param.opts[0]} takes a number, at least {low}{most}."


def _from_system(error: OSError) -> DecampError:
    """What the operating system refused, as two sentences."""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return NoSpace("The disk is full.")
    what = error.strerror or str(error) or type(error).__name__
    return _refused(f"{what} ({error.filename})" if error.filename else what)


def _from_database(error: Exception) -> DecampError | None:
    """The same that was said by SQLite or SQLCipher, which no quick command imports; None for anything else."""
    if type(error).__name__ != "OperationalError":
        return None
    if "disk is full" in str(error):
        return NoSpace("The disk is full.")
    return next((_refused(said) for said in _REFUSED if said in str(error)), None)


def _refused(what: str) -> DecampError:
    hint = "Check the path and who may read and write there, then run the command again."
    return DecampError(f"The system refused: {what}.", hint)


def _fault(error: Exception) -> DecampError:
    return DecampError(
        f"Something went wrong inside decamp ({type(error).__name__}).",
        "Run the command again with --debug and report what it prints; look through it for private things first.",
    )


# -- signals, streams --------------------------------------------------------------------------------


@contextmanager
def _stoppable() -> Iterator[None]:
    """Let Ctrl-C, a polite kill and a closed terminal all unwind, so that private copies are deleted.

    Only the first counts: an impatient second Ctrl-C must not stop the deleting.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in _STOPS if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for each in numbers:
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    try:
        for number in numbers:
            if before[number] is not signal.SIG_IGN:  # started by nohup: it wants to go on
                signal.signal(number, stop)
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _survive_odd_consoles() -> None:
    """A character that the console cannot show becomes a question mark instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _flushed(code: int) -> int:
    """Write out what is left; a reader that went away (`| head`) is no error to talk about."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at exit, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return INTERRUPTED
    return code
