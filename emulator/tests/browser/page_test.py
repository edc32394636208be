#!/usr/bin/env python3
"""Looks at the emulator's page in a headless Chromium, as a person would. Run it by `scripts/test.sh emulator-page`.

usage: page_test.py CHROMIUM EMULATOR FOLDER: the two programs, and the folder for the pictures.
"""

import json
import pathlib
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from chromium import Chromium

CHROMIUM, EMULATOR, PICTURES = "", "", pathlib.Path()
HELLO, NO_QUESTION = "hello@autoshares.com", "noquestion@autoshares.com"
HOSTILE = "<img src=x onerror=\"document.title='hacked'\"><script>document.title='hacked'</script>"
ATTACKER = "attacker.example"
# The page polls each second.
SOON_S = 5


class Emulator:
    def __init__(self, *options):
        command = [EMULATOR, "--port", "0", "--until-stdin-closes", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().removeprefix("AUTOSHARES_BASE_URL=")
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError("the emulator is not ready")

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(1)
        finally:
            self.process.kill()

    def call(self, method, path, body=None, key="emulator-app-key"):
        headers = {"Et-App-Key": key, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def question(self, user):
        return self.call("GET", "/v1.0/users/password/secret-question?username=" + urllib.request.quote(user))

    def reset(self, user, answer=None):
        """Requests a reset and gives the mailed code."""
        body = {"User": user} | ({} if answer is None else {"SecretQuestionAnswer": answer})
        if not self.call("POST", "/v1.0/users/password/reset", body)[1]["IsSucceed"]:
            return None
        return self.call("GET", "/emulator/state.json")[1]["mails"][0]["code"]

    def confirm(self, code):
        return self.call("POST", "/v1.0/users/password/reset/code", {"Code": code})[1]["Model"]


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # The attacker's name resolves to this machine, as it would after a DNS rebinding.
        cls.browser = Chromium(CHROMIUM, f"MAP {ATTACKER} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.emulator = Emulator()
        self.addCleanup(self.emulator.close)

    def open(self, url=None):
        tab = self.browser.open(url or self.emulator.url + "/")
        self.addCleanup(tab.close)
        return tab

    def open_page(self):
        tab = self.open()
        tab.wait("document.querySelector('#live').textContent === 'live'")
        return tab

    def test_a_mail_appears_while_the_page_is_open(self):
        tab = self.open_page()
        self.assertIn("No mail yet", tab.text("#mail"))
        self.assertIn(self.emulator.url, tab.text("#requests"))
        code = self.emulator.reset(NO_QUESTION)
        tab.wait(f"document.querySelector('#mail').innerText.includes('{code}')", SOON_S)
        self.assertIn(NO_QUESTION, tab.text("#mail"))
        tab.wait("document.querySelector('#requests').innerText.includes('/v1.0/users/password/reset')", SOON_S)

        self.assertEqual(tab.value("document.querySelectorAll('#mail .invalid').length"), 0)
        self.emulator.confirm(code)
        tab.wait("document.querySelectorAll('#mail .invalid').length === 1", SOON_S)
        self.assertIn("used", tab.text("#mail"))
        self.assertEqual(tab.complaints(), [])

    def test_the_users_are_there_with_questions_and_answers(self):
        users = self.open_page().text("#users")
        for words in (HELLO, "third grade?", "Maple Street", "robert.zak", "zoe@autoshares.com", "Ñandú", "always 429"):
            self.assertIn(words, users)

    def test_a_hostile_user_name_is_shown_as_text(self):
        self.emulator.question(HOSTILE)
        tab = self.open_page()
        self.assertIn(f"username={HOSTILE}", tab.text("#requests"))
        self.emulator.call("POST", "/v1.0/users/password/reset", {HOSTILE: 1, "User": HOSTILE})
        tab.wait("document.querySelector('#requests').innerText.includes('=•••')", SOON_S)
        self.assertEqual(tab.value("document.querySelectorAll('img, li script, main script').length"), 0)
        self.assertEqual(tab.value("document.title"), "AutoShares emulator")
        self.assertEqual(tab.complaints(), [])

    def test_requests_show_no_secret(self):
        self.emulator.reset(HELLO, "the secret street")
        token = self.emulator.confirm(self.emulator.reset(NO_QUESTION))
        password = {"Token": token, "Password": "s3cret horse", "PasswordConfirmation": "s3cret horse"}
        self.emulator.call("PUT", "/v1.0/users/passwords/reset/", password)
        self.emulator.call("GET", "/nowhere", key="a-secret-key")
        tab = self.open_page()
        requests = tab.text("#requests")
        self.assertIn("Password=••• PasswordConfirmation=••• Token=•••", requests)
        for secret in ("secret street", token, "s3cret", "a-secret-key", "emulator-app-key"):
            self.assertNotIn(secret, requests)
        self.assertIn("password changed", tab.text("#users"))

    def test_a_click_on_a_code_copies_it(self):
        code = self.emulator.reset(NO_QUESTION)
        tab = self.open_page()
        self.browser.send("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
        tab.send("Emulation.setFocusEmulationEnabled", enabled=True)
        tab.value("document.querySelector('#mail button').click()")
        tab.wait("document.querySelector('#mail button.copied') !== null", SOON_S)
        self.assertEqual(tab.value("navigator.clipboard.readText()"), code)

    def test_the_form_makes_the_next_calls_fail(self):
        tab = self.open_page()
        tab.value("document.querySelector('#count').value = 2; document.querySelector('form button').click()")
        tab.wait("document.querySelector('#failure').textContent === 'The next 2 calls fail with 503.'", SOON_S)
        self.assertEqual(self.emulator.question(HELLO)[0], 503)
        tab.wait("document.querySelector('#failure').textContent === 'The next call fails with 503.'", SOON_S)
        tab.value("document.querySelector('#stop').click()")
        tab.wait("document.querySelector('#failure').textContent === ''", SOON_S)
        self.assertEqual(self.emulator.question(HELLO)[0], 200)
        self.assertEqual(tab.complaints(), [])

    def test_the_page_tells_when_the_emulator_has_ended(self):
        emulator = Emulator()
        tab = self.open(emulator.url + "/")
        tab.wait("document.querySelector('#live').textContent === 'live'")
        emulator.close()
        tab.wait("document.querySelector('#live').textContent === 'the emulator does not respond'", SOON_S)

    def test_all_that_the_page_loads_is_the_emulator_s_own(self):
        tab = self.open_page()
        self.emulator.reset(NO_QUESTION)
        tab.wait("performance.getEntriesByType('resource').length > 2")
        loaded = tab.value("performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertEqual(set(loaded), {self.emulator.url + "/emulator/state.json"})
        self.assertEqual(tab.complaints(), [])

    def test_a_selection_survives_the_polling(self):
        self.emulator.reset(NO_QUESTION)
        tab = self.open_page()
        tab.value("getSelection().selectAllChildren(document.querySelector('#mail button'))")
        polls = tab.value("performance.getEntriesByType('resource').length")
        tab.wait(f"performance.getEntriesByType('resource').length >= {polls + 2}")
        self.assertRegex(tab.value("getSelection().toString()"), r"^\d{6}\s*$")

    def test_the_page_has_a_dark_mode_and_fits_a_telephone(self):
        tab = self.open_page()
        self.emulator.question("w" * 300)
        tab.wait("document.querySelector('#requests').innerText.includes('www')", SOON_S)
        for scheme, is_dark in (("light", False), ("dark", True)):
            tab.prefer(scheme)
            colours = tab.value("getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number)")
            self.assertEqual(sum(colours) < 384, is_dark, scheme)
        for width in (320, 500, 1000, 1600):
            tab.resize(width, 800)
            self.assertLessEqual(tab.value("document.documentElement.scrollWidth"), width)

    def test_another_site_reads_nothing_and_changes_nothing(self):
        code = self.emulator.reset(NO_QUESTION)
        port = self.emulator.url.rpartition(":")[2]
        rebound = self.open(f"http://{ATTACKER}:{port}/emulator/mail?user={NO_QUESTION}")
        self.assertIn("The emulator serves this machine alone", rebound.text())
        self.assertNotIn(code, rebound.text())

        # This tab now has the attacker's origin.
        fail = f"fetch('{self.emulator.url}/emulator/fail-next?status=503', {{method: 'POST', mode: 'no-cors'}})"
        self.assertEqual(rebound.value(f"{fail}.then(() => 'sent')"), "sent")
        self.assertEqual(self.emulator.question(HELLO)[0], 200)
        read = f"fetch('{self.emulator.url}/emulator/mail?user={NO_QUESTION}').then(() => 'read', () => 'blocked')"
        self.assertEqual(rebound.value(read), "blocked")

    def test_pictures_for_people(self):
        emulator = Emulator("--port", "8700")
        self.addCleanup(emulator.close)
        emulator.reset(HELLO)
        emulator.question(HELLO)
        emulator.reset(HELLO, "Elm Street")
        emulator.question("limited@autoshares.com")
        emulator.confirm(emulator.reset(NO_QUESTION))
        emulator.reset(HELLO, "Maple Street")
        emulator.call("POST", "/emulator/fail-next?status=503&count=2")
        emulator.question("zoe@autoshares.com")
        tab = self.open(emulator.url + "/")
        tab.wait("document.querySelector('#live').textContent === 'live'")
        for name, scheme, width, height in (
            ("light", "light", 1180, 900),
            ("dark", "dark", 1180, 900),
            ("narrow", "light", 400, 1600),
        ):
            tab.prefer(scheme)
            tab.resize(width, height)
            picture = PICTURES / f"{name}.png"
            tab.screenshot(picture)
            self.assertGreater(picture.stat().st_size, 10_000)


def main():
    global CHROMIUM, EMULATOR, PICTURES
    CHROMIUM, EMULATOR, pictures = sys.argv[1:]
    PICTURES = pathlib.Path(pictures)
    PICTURES.mkdir(parents=True, exist_ok=True)
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    return failed != 0 or result.testsRun == 0


if __name__ == "__main__":
    sys.exit(main())
