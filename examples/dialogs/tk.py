"""The dialog "Forgot your password?" in Tk: AUTOSHARES_BASE_URL=… AUTOSHARES_APP_KEY=… python3 tk.py

Put your own base URL and app key in the place of the environment. The texts are in texts.py.
"""

import contextlib
import logging
import math
import os
import queue
import sys
import threading
import time
import tkinter
from tkinter import font, ttk
from typing import Callable, NamedTuple, Optional

import texts

from autoshares_reset import Cancel, Client, Code, ResetError

STEPS = ["user", "answer", "code", "password", "done"]


class Reply(NamedTuple):
    """The outcome that a worker brings back to the window."""

    value: Optional[str] = None
    error: Optional[ResetError] = None
    changes_things: bool = True  # unlike a look-up, it must not be repeated unasked


class ResetDialog(tkinter.Tk):
    def __init__(self, client: Client) -> None:
        super().__init__(className="PasswordReset")
        self.service = client
        # Tk's own way to the user's language, on every system.
        self.call("package", "require", "msgcat")
        self.german = str(self.call("msgcat::mclocale")).startswith("de")
        self.step, self.user, self.question, self.token = "user", "", "", ""
        self.cancel: Optional[Cancel] = None  # there while a call runs
        self.closing = Cancel()
        self.wait_until: Optional[float] = None
        self.replies: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self.build()
        self.enter("user")
        self.protocol("WM_DELETE_WINDOW", self.close)
        self.ahead = self.worker = self.in_thread(self.connect_ahead)

    def text(self, key: object) -> str:
        return texts.text(key, self.german)

    def build(self) -> None:
        """Distances are in points, so that they grow with the screen's resolution."""
        self.title(self.text("title"))
        self.resizable(False, False)
        if self.tk.call("tk", "windowingsystem") == "x11":
            ttk.Style().theme_use("clam")
            ttk.Style().configure("TCheckbutton", indicatorsize="9p")
        self.configure(background=ttk.Style().lookup("TFrame", "background"))
        heading_font = font.nametofont("TkDefaultFont").copy()
        heading_font.configure(size=round(heading_font["size"] * 1.5), weight="bold")
        width = self.winfo_fpixels("310p")

        frame = ttk.Frame(self, padding=("18p", "15p"))
        frame.grid()
        frame.rowconfigure(7, minsize="28p")  # room for a message, so that nothing moves when one comes
        frame.columnconfigure(1, minsize="150p", weight=1)
        self.heading = ttk.Label(frame, font=heading_font, wraplength=width)
        self.body = ttk.Label(frame, wraplength=width)
        self.label, self.repeat_label = ttk.Label(frame), ttk.Label(frame, text=self.text("label repeat"))
        self.entry, self.repeated = tkinter.StringVar(), tkinter.StringVar()
        self.field = ttk.Entry(frame, textvariable=self.entry)
        self.repeat = ttk.Entry(frame, textvariable=self.repeated)
        self.shown = tkinter.BooleanVar()
        self.show = ttk.Checkbutton(frame, text=self.text("show"), variable=self.shown, command=self.refresh)
        self.message = ttk.Label(frame, foreground="#c62828", wraplength=width)
        self.busy = ttk.Progressbar(frame, mode="indeterminate")
        self.back_button = ttk.Button(frame, text=self.text("back"), command=self.back)
        self.cancel_button = ttk.Button(frame, text=self.text("cancel"), command=self.stop)
        self.next_button = ttk.Button(frame, command=self.next, default="active")
        column = [self.heading, self.body, self.label, self.field, self.repeat_label, self.repeat, self.show]
        for row, widget in enumerate([*column, self.message, self.busy]):
            widget.grid(row=row, column=0, columnspan=4, sticky="new", pady=("0p", "2p" if row in (2, 4) else "8p"))
        for place, button in (0, self.back_button), (2, self.cancel_button), (3, self.next_button):
            button.grid(row=9, column=place, padx=("6p" if place == 3 else "0p", "0p"))
        for label, field in (self.label, self.field), (self.repeat_label, self.repeat):
            label.bind("<Button-1>", lambda _, field=field: field.focus_set())
            field.bind("<Return>", lambda _: self.next_button.invoke())
        for variable in (self.entry, self.repeated):
            variable.trace_add("write", lambda *_: self.refresh())
        self.bind_class("TButton", "<Return>", lambda event: event.widget.invoke())
        self.bind("<Escape>", lambda _: self.stop())

    def enter(self, step: str) -> None:
        self.step, done = step, step == "done"
        self.heading["text"] = self.text("heading " + step)
        self.body["text"] = self.question if step == "answer" else self.text("body " + step)
        self.label["text"] = "" if done else self.text("label " + step)
        self.next_button["text"] = self.text("close" if done else "next")
        secret = step not in ("user", "done")
        always, twice = (self.label, self.field, self.cancel_button), (self.repeat_label, self.repeat)
        for widgets, there in (always, not done), (twice, step == "password"), ((self.show, self.back_button), secret):
            for widget in widgets:
                widget.grid() if there else widget.grid_remove()
        self.shown.set(False)
        self.entry.set(self.user if step == "user" else "")
        self.repeated.set("")
        self.message["text"] = self.waiting() if self.wait_until else ""
        self.refresh()
        self.next_button.focus_set() if done else self.edit()

    def edit(self) -> None:
        self.field.focus_set()
        self.field.selection_range(0, "end")

    def refresh(self) -> None:
        busy = self.cancel is not None
        visible = self.step == "user" or self.shown.get()
        for field in (self.field, self.repeat):
            field.configure(show="" if visible else "•", state="readonly" if busy else "normal")
        filled = self.entry.get() and (self.step != "password" or self.repeated.get())
        ready = self.step == "done" or (filled and not busy and not self.wait_until)
        self.next_button.state(["!disabled" if ready else "disabled"])
        self.back_button.state(["disabled" if busy else "!disabled"])
        self.busy.grid() if busy else self.busy.grid_remove()

    def waiting(self) -> str:
        return self.text("wait").replace("%u", str(math.ceil((self.wait_until or 0) - time.monotonic())))

    def count_down(self) -> None:
        if self.wait_until and self.wait_until <= time.monotonic():
            self.wait_until = None
            self.refresh()
        self.message["text"] = self.waiting() if self.wait_until else self.text("waited")
        if self.wait_until:
            self.after(1000, self.count_down)

    def back(self) -> None:
        step = STEPS[STEPS.index(self.step) - 1]
        self.enter("user" if step == "answer" and not self.question else step)

    def stop(self) -> None:
        """Esc and the button: ends the call, or else the dialog."""
        self.cancel.trigger() if self.cancel else self.close()

    def close(self) -> None:
        for cancel in filter(None, (self.closing, self.cancel)):
            cancel.trigger()
        self.destroy()
        for thread in self.ahead, self.worker:  # the client must outlive the calls
            thread.join()

    def connect_ahead(self) -> None:
        """Connects while the user types. A failure here is ignored: the first call fails again, with the reason."""
        with contextlib.suppress(ResetError):
            self.service.connect(cancel=self.closing)

    def next(self) -> None:
        if self.step == "done":
            self.close()
            return
        if self.step == "password" and self.entry.get() != self.repeated.get():
            self.message["text"] = self.text("mismatch")
            self.edit()
            return
        if self.step == "user":
            self.user = self.entry.get()
        self.message["text"] = ""
        self.next_button["text"] = self.text("next")
        cancel, step, entry = Cancel(), self.step, self.entry.get()
        self.cancel = cancel
        self.busy.start(15)
        self.refresh()
        self.worker = self.in_thread(lambda: self.replies.put(self.perform(step, entry, cancel)))
        self.after(20, self.look_for_reply)

    def perform(self, step: str, entry: str, cancel: Cancel) -> Reply:
        """One step's call, in a worker's thread."""
        changes_things, value = step != "user", None
        try:
            if step == "user":
                value = self.service.secret_question(self.user, cancel=cancel)
                if value is None:  # no question to answer
                    changes_things = True
                    self.service.request_reset(self.user, cancel=cancel)
            elif step == "answer":
                self.service.request_reset(self.user, entry, cancel=cancel)
            elif step == "code":
                value = self.service.confirm_code(entry, cancel=cancel)
            else:
                self.service.set_password(self.token, entry, cancel=cancel)
            return Reply(value)
        except ResetError as error:
            return Reply(None, error, changes_things)

    def look_for_reply(self) -> None:
        """Tk belongs to one thread, so the worker's reply is fetched."""
        if self.replies.empty():
            self.after(20, self.look_for_reply)
        else:
            self.finish(self.replies.get())

    def finish(self, reply: Reply) -> None:
        self.cancel = None
        self.busy.stop()
        step, error = self.step, reply.error
        if not error:
            if step == "user":
                self.question = reply.value or ""
            if step == "code":
                self.token = reply.value or ""
            self.enter("code" if step == "user" and not self.question else STEPS[STEPS.index(step) + 1])
            return
        logging.info(error.details)  # for support; it holds no secret
        said_no = Code.APP_KEY_REJECTED <= error.code <= Code.RATE_LIMITED
        if reply.changes_things and error.request_sent and not said_no:
            if step in ("user", "answer"):
                self.enter("code")  # because a code may be on its way
                self.message["text"] = self.text("unknown reset")
            else:
                self.next_button["text"] = self.text("send again")
                self.message["text"] = self.text("unknown " + step)
        elif error.code == Code.RATE_LIMITED and error.retry_after:
            self.wait_until = time.monotonic() + error.retry_after
            self.count_down()
        elif error.code in (Code.REJECTED, Code.ANSWER_INCORRECT):
            self.message["text"] = error.message  # the service's own message
        else:
            if error.code >= Code.RESOLVE_FAILED and not said_no:
                self.next_button["text"] = self.text("retry")
            in_doubt = step == "user" and error.code == Code.SERVER_ERROR
            self.message["text"] = self.text("user or server" if in_doubt else error.code)
        self.refresh()
        self.edit()

    @staticmethod
    def in_thread(work: Callable[[], object]) -> threading.Thread:
        thread = threading.Thread(target=work)
        thread.start()
        return thread


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    with Client(os.environ["AUTOSHARES_BASE_URL"], os.environ["AUTOSHARES_APP_KEY"]) as reset_client:
        dialog = ResetDialog(reset_client)
        dialog.mainloop()
        sys.exit(dialog.step != "done")
