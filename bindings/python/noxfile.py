"""The checks of the Python package: `nox -l` lists them, and `nox` runs all of them.

`make build` comes first, because the tests use the native library and the servers of the checkout.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ["../../examples/python", "../../examples/dialogs"]
PYRIGHT = "1.1.414"
OTHERS = [f"3.{minor}" for minor in range(9, 15) if minor != sys.version_info.minor]

# The scripts set CARGO_TARGET_DIR to a path without blanks, which the tests of the examples need.
nox.options.envdir = str(Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"), "nox-sessions"))
nox.options.default_venv_backend = "venv"
nox.options.reuse_venv = "yes"
nox.options.download_python = "never"
# Adds every Python of pyenv to PATH; pyenv's shims show only the selected ones.
versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/3.*/bin")
path = [folder for folder in os.environ["PATH"].split(os.pathsep) if not folder.endswith("shims")]
os.environ["PATH"] = os.pathsep.join([*path, *map(str, versions)])
MISSING = [version for version in OTHERS if not shutil.which(f"python{version}")]
# A machine may lack some Pythons. In CI, none at all is a fault of the machine.
nox.options.error_on_missing_interpreters = "CI" in os.environ and MISSING == OTHERS


def install(session: nox.Session, *packages: str) -> None:
    """Installs the packages, and this one in place, so that it uses the native library of the checkout."""
    session.install(*packages)
    session.install("--no-build-isolation", "--no-deps", "--editable", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff, the linter and the formatter."""
    session.install("--constraint", "requirements-dev.txt", "ruff")
    session.run("ruff", "check", ".", *EXAMPLES)
    session.run("ruff", "format", "--check", ".", *EXAMPLES)


def install_pyright(session: nox.Session) -> str:
    """Returns the path of pyright, in a folder that the sessions share; the tests of the wheel look for it there."""
    node = Path(session.virtualenv.location).parent / "node"
    package = node / "node_modules/pyright/package.json"
    if not package.exists() or f'"version": "{PYRIGHT}"' not in package.read_text(encoding="utf-8"):
        options = ["--silent", "--no-audit", "--no-fund", "--no-save", "--prefix", str(node)]
        session.run("npm", "install", *options, f"pyright@{PYRIGHT}", external=True)
    return str(node / "node_modules/.bin/pyright")


@nox.session
def types(session: nox.Session) -> None:
    """Two type checkers in strict mode."""
    install(session, "--requirement", "requirements-dev.txt")
    session.run("mypy")
    session.run(install_pyright(session), "--pythonpath", str(Path(session.bin, "python")), external=True)


@nox.session
def tests(session: nox.Session) -> None:
    """The tests, the table of cases and the wheel among them, and the examples, with the Python that runs this."""
    install(session, "--requirement", "requirements-dev.txt")
    install_pyright(session)
    # A test that hangs ends with a traceback; one that builds the library may take minutes.
    session.run("pytest", "--timeout=1200", *session.posargs)
    if sys.platform == "win32" or session.posargs:
        return  # the tests of the examples use a terminal of Unix
    python = str(Path(session.bin, "python"))
    session.chdir(ROOT)
    checked = [python, "-B", "tests/c/examples_check.py", f"{python} examples/python/{{}}.py"]
    session.run("scripts/with-servers.sh", *checked, external=True)
    checked = [python, "-B", "tests/c/dead_address.py", f"{python} examples/python/secret_question.py"]
    session.run(*checked, success_codes=[0, 75])


@nox.session(python=OTHERS)
def pythons(session: nox.Session) -> None:
    """The tests with each other Python that is here."""
    if MISSING:
        session.warn(f"NOT TESTED with Python {' and '.join(MISSING)}: not found on this machine")
    # Unpinned: older Pythons need older versions.
    install(session, "hatchling", "packaging", "pycparser", "pytest", "pytest-timeout")
    # The ignored tests need tools that only the usual Python has.
    options = ["--timeout=1200", "-p", "no:cacheprovider"]
    options += ["--ignore=tests/test_wheel.py", "--ignore=tests/test_typing.py"]
    session.run("python", "-m", "pytest", *options, *session.posargs)


@nox.session
def sdist(session: nox.Session) -> None:
    """Builds a wheel from the source distribution only, and uses it in an environment that has nothing else."""
    session.install("--constraint", "requirements-dev.txt", "build", "hatchling", "packaging")
    alone = {"AUTOSHARES_RESET_LIBRARY": None, "PYTHONPATH": None}
    program = "import autoshares_reset as a; print(a.library_version(), a.__file__)"
    version = (ROOT / "Cargo.toml").read_text(encoding="utf-8").split('\nversion = "')[1].split('"')[0]
    # Outside the checkout, because cargo would take a folder in it for a part of its workspace.
    with tempfile.TemporaryDirectory() as built:
        session.run("python", "-m", "build", "--no-isolation", "--outdir", built, ".", env=alone)
        session.run("python", "-m", "venv", f"{built}/venv")
        python = f"{built}/venv/bin/python"
        wheels = map(str, Path(built).glob("*.whl"))
        session.run(python, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", *wheels, external=True)
        with session.chdir(built):
            said = str(session.run(python, "-I", "-c", program, silent=True, external=True, env=alone))
        if not said.startswith(f"{version} {built}/"):
            session.error(f"the wheel's library is another one: {said}")
    print("1 passed, 0 failed")
