"""Simulates the user of an interactive program, through pipes or at a terminal."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
import tty

CODE_AGAIN, PASSWORD_AGAIN = "Code (n for a new one): ", "New password (n for a new code): "
TRY_AGAIN = "Try again? [y/n] "
HIDDEN = "New password: ", PASSWORD_AGAIN, "Repeat it: "
# The sequences that a Windows console sends: it may replace a blank by a cursor movement.
STEP, CONTROL = re.compile(r"\x1b\[1?C"), re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


class Dialog:
    """A running wizard: reads its output until a prompt appears, then types the reply."""

    def __init__(self, command, environment, terminal=False, console=False):
        self.output, self.errors, self.replied_at = "", "", 0
        self.terminal = terminal
        options = {"env": environment, "bufsize": 0}
        if terminal:
            self.here, there = pty.openpty()
            if console:  # it edits lines itself, and does not report when it is ready
                tty.setraw(there)
            self.process = subprocess.Popen(
                command, stdin=there, stdout=there, stderr=there, start_new_session=True,
                # Ctrl-C comes from the terminal that controls a session.
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0), **options
            )
            self.there = there
            self.sources = {self.here: "output"}
        else:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
            )
            self.here = self.process.stdin.fileno()
            self.sources = {self.process.stdout.fileno(): "output", self.process.stderr.fileno(): "errors"}

    @property
    def said(self):
        return CONTROL.sub("", STEP.sub(" ", self.output))

    def read(self, seconds=0.05):
        """Reads output, or its end; returns true if there was any."""
        ready, _, _ = select.select(list(self.sources), [], [], seconds)
        for source in ready:
            try:
                data = os.read(source, 65536)
            except OSError:  # a terminal's end
                data = b""
            if not data:
                del self.sources[source]
            name = self.sources.get(source)
            if name:
                setattr(self, name, getattr(self, name) + data.decode())
        return bool(ready)

    def wait_for(self, prompt):
        """Waits until the output since the last reply ends with the prompt."""
        deadline = time.monotonic() + 60
        while not self.said[self.replied_at :].endswith(prompt):
            if time.monotonic() > deadline or not self.sources:
                raise AssertionError(f"no {prompt!r}, but {self.said!r} and {self.errors!r}")
            self.read()
        # Input that is typed before the echo is off is lost, and no event reports when it is off.
        while self.terminal and prompt in HIDDEN and self.echoes():
            if time.monotonic() > deadline:
                raise AssertionError("the password would be shown")
            time.sleep(0.005)

    def echoes(self):
        return bool(termios.tcgetattr(self.here)[3] & termios.ECHO)

    def reply(self, prompt, text, end=None):
        self.wait_for(prompt)
        self.replied_at = len(self.said)
        if end is None:
            end = "\r" if self.terminal else "\n"  # as the key sends it
        os.write(self.here, (text + end).encode())

    def end(self):
        """Closes the input; returns the exit status."""
        if self.terminal:
            os.close(self.there)
        else:
            self.process.stdin.close()
        deadline = time.monotonic() + 60
        while self.sources and time.monotonic() < deadline:
            # A console keeps the terminal open for others.
            if not self.read() and self.process.poll() is not None:
                break
        return self.process.wait(timeout=60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for stream in self.process.stdin, self.process.stdout, self.process.stderr:
            if stream and not stream.closed:
                stream.close()
        if self.terminal:
            os.close(self.here)
