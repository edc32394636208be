"""Uses a window as a person does: reads its picture, and types."""

import difflib
import re
import subprocess
import time
import unicodedata
from pathlib import Path
from typing import Iterator


CONTRAST = ("-contrast-stretch", "2%x40%")
# Tesseract takes a framed button for a picture.
NO_FRAMES = tuple(
    "( +clone -negate -threshold 50% -morphology open rectangle:60x1 ) -compose lighten -composite".split()
)
# The default button may be white on blue.
WHITE_IS_BLACK = ("-threshold", "75%", "-negate")


class Unseen(AssertionError):
    """The window does not show what it should."""


def squeezed(text: str) -> str:
    """Letters and digits alone: neither line breaks nor marks above letters are read reliably."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
    return re.sub(r"[^a-z0-9%]", "", plain.lower())


def is_in(expected: str, seen: str) -> bool:
    """True if the words are there. One letter in ten, or one in a single word, may be misread."""
    wanted, there = squeezed(expected), squeezed(seen)
    if wanted in there:
        return True
    if " " in expected:
        parts, enough = (
            [there[start : start + len(wanted)] for start in range(max(1, len(there) - len(wanted) + 1))],
            0.9,
        )
    else:
        parts, enough = [squeezed(word) for word in seen.split()], 0.79
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted)
    for part in parts:
        matcher.set_seq1(part)
        if matcher.quick_ratio() > enough and matcher.ratio() > enough:
            return True
    return False


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


class Window:
    """The visible window with this title."""

    def __init__(self, title: str, enlarge: int, languages: str, program: subprocess.Popen[bytes]) -> None:
        self.enlarge, self.languages = enlarge, languages
        # Up to its first umlaut, which xdotool does not compare.
        search = ["xdotool", "search", "--onlyvisible", "--name", "^" + re.split("[^ -~]", title)[0]]
        end = time.monotonic() + 30
        while not (found := subprocess.run(search, capture_output=True, text=True, timeout=60).stdout.split()):
            if program.poll() is not None or time.monotonic() > end:
                raise Unseen("no window came")
            time.sleep(0.1)
        self.id = found[-1]
        run("xdotool", "windowactivate", "--sync", self.id)

    def picture(self, file: Path) -> None:
        run("import", "-window", self.id, str(file))

    def shot(self) -> bytes:
        return subprocess.run(
            ["import", "-window", self.id, "png:-"], check=True, capture_output=True, timeout=60
        ).stdout

    def texts(self, shot: bytes) -> Iterator[str]:
        """Tesseract's reading of its picture: with more contrast, then also without frames, then also inverted."""
        read = ""
        for change in CONTRAST, NO_FRAMES, WHITE_IS_BLACK:
            convert = ["convert", "png:-", "-colorspace", "Gray", *change, "-resize", f"{self.enlarge}%", "png:-"]
            page = subprocess.run(convert, input=shot, check=True, capture_output=True, timeout=60).stdout
            tesseract = ["tesseract", "-", "-", "-l", self.languages, "--psm", "11"]
            read += subprocess.run(tesseract, input=page, check=True, capture_output=True, timeout=60).stdout.decode()
            yield read

    def see(self, *expected: str, within: float = 15) -> None:
        """Waits until the window shows all of this."""
        end, before, text = time.monotonic() + within, b"", ""
        while True:
            last_look = time.monotonic() > end
            # A window that changes is not read.
            time.sleep(0.2)
            shot = self.shot()
            if shot != before:
                before = shot
                for text in self.texts(shot):
                    missing = [words for words in expected if not is_in(words, text)]
                    if not missing:
                        return
            if last_look:
                raise Unseen(f"{missing} is not in what is shown: {text.split()}")

    def misses(self, *unexpected: str) -> None:
        for text in self.texts(self.shot()):
            for words in unexpected:
                if is_in(words, text):
                    raise Unseen(f"{words!r} is shown: {text.split()}")

    def title(self) -> str:
        return run("xdotool", "getwindowname", self.id)

    def key(self, *keys: str) -> None:
        run("xdotool", "key", "--clearmodifiers", *keys)

    def type(self, text: str) -> None:
        run("xdotool", "type", "--delay", "15", text)
