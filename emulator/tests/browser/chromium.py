"""A headless Chromium, driven by its DevTools protocol over a pipe: no port, no driver, no further package."""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import tempfile
import time

SWITCHES = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --hide-scrollbars --disable-background-networking "
    "--disable-component-update --disable-sync --disable-domain-reliability --no-pings --no-proxy-server "
    "--remote-debugging-pipe about:blank"
)
PATIENCE_S = 30


class Chromium:
    def __init__(self, program, resolver_rules):
        self.profile = tempfile.mkdtemp()
        commands, self.commands = os.pipe()
        self.events, events = os.pipe()
        # The browser reads from descriptor 3 and writes to 4; high numbers cannot collide with these.
        inherited = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (commands, events)]
        redirection = 'exec "$@" 3<&{} 4>&{}'.format(*inherited)
        command = [program, f"--user-data-dir={self.profile}", f"--host-resolver-rules={resolver_rules}"]
        self.process = subprocess.Popen(
            ["bash", "-c", redirection, "bash", *command, *SWITCHES.split()],
            pass_fds=inherited,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in (commands, events, *inherited):
            os.close(fd)
        self.unread, self.last_id, self.received = b"", 0, []

    def close(self):
        try:
            self.send("Browser.close")
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.commands)
            os.close(self.events)
            shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method, session=None, **parameters):
        """Sends a command and waits for its result; keeps the events that come before it."""
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE_S
        while True:
            reply = self.read(deadline)
            if reply.get("id") != self.last_id:
                self.received.append(reply)
            elif "error" in reply:
                raise RuntimeError(f"{method}: {reply['error']}")
            else:
                return reply["result"]

    def read(self, deadline):
        while b"\0" not in self.unread:
            if not select.select([self.events], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("Chromium does not respond")
            some = os.read(self.events, 1 << 16)
            if not some:
                raise EOFError("Chromium ended")
            self.unread += some
        message, _, self.unread = self.unread.partition(b"\0")
        return json.loads(message)

    def open(self, url):
        return Tab(self, url)


class Tab:
    def __init__(self, browser, url):
        self.browser = browser
        self.target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.send("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        self.send("Page.navigate", url=url)
        self.wait(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def close(self):
        self.browser.send("Target.closeTarget", targetId=self.target)

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def value(self, expression):
        options = {"awaitPromise": True, "returnByValue": True, "userGesture": True}
        result = self.send("Runtime.evaluate", expression=expression, **options)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"])
        return result["result"].get("value")

    def wait(self, expression, seconds=PATIENCE_S):
        deadline = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > deadline:
                raise AssertionError(f"after {seconds} s still not: {expression}\n{self.text()}")
            time.sleep(0.05)

    def text(self, selector="body"):
        return self.value(f"document.querySelector({json.dumps(selector)}).innerText")

    def complaints(self):
        """Lists the browser's log entries: blocked resources, violated policies, uncaught errors."""
        self.value("0")
        kinds = ("Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled")
        mine = [event for event in self.browser.received if event.get("sessionId") == self.session]
        return [event["params"] for event in mine if event["method"] in kinds]

    def resize(self, width, height):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def prefer(self, scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def screenshot(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))
