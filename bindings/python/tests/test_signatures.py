# pyright: basic, reportMissingTypeStubs=false
"""Compares the ctypes declarations with the C header."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pycparser import c_ast, c_generator, c_parser
from support import CHECKOUT, builds

from autoshares_reset import BASE_URL_PRODUCTION, BASE_URL_SANDBOX, Code, __version__, _ffi, library_version
from autoshares_reset._library import native

HEADER = CHECKOUT / "include" / "autoshares_reset.h"
# The package does not bind this: its secret_question_once() uses the other functions, so that Ctrl-C can end it.
LEFT_OUT = {"asr_secret_question_once"}
C_NAMES = {
    ctypes.c_int32: "int32_t",
    ctypes.c_uint16: "uint16_t",
    ctypes.c_uint32: "uint32_t",
    ctypes.c_char_p: "const char *",
    None: "void",
}


def preprocess(folder: Path) -> str:
    compiler = shutil.which("cc") or shutil.which("clang")
    assert compiler, "a C compiler is needed to read the header"
    # The parser does not know the compiler's own headers.
    numbers = "int int32_t; typedef unsigned uint32_t; typedef unsigned short uint16_t;"
    (folder / "stdint.h").write_text(f"typedef {numbers}\n")
    # Removes the compiler's extensions: attributes, and Windows' calling convention.
    unknown = ["-U__GNUC__", "-U_WIN32"]
    command = [compiler, "-E", "-P", "-nostdinc", *unknown, f"-I{folder}", str(HEADER)]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return c_parser.CParser().parse(preprocess(tmp_path_factory.mktemp("header")))


@pytest.fixture(scope="module")
def macros() -> dict[str, str]:
    return dict(re.findall(r"(?m)^#define (ASR_\w+) (.+)$", HEADER.read_text(encoding="utf-8")))


def declarations(header: Any, kind: type) -> Iterator[tuple[str, Any]]:
    for item in header.ext:
        if isinstance(item.type, kind):
            yield item.name, item.type


def c_name(parsed: Any) -> str:
    """A type of the header in one spelling: a typedef resolved, const only where it says that text is not ours."""
    text = c_generator.CGenerator().visit(parsed).replace("struct ", "")
    base, stars = text.rstrip("* "), text.count("*")
    if base != "const char":
        base = base.replace("const ", "").replace("asr_code", "int32_t")
    return f"{base} {'*' * stars}".strip()


def ctypes_name(declared: Any) -> str:
    if declared in C_NAMES:
        return C_NAMES[declared]
    if issubclass(declared, _ffi.Handle):
        return f"{declared.c_type} *"
    assert declared is ctypes.POINTER(_ffi.ResultHandle)
    return "asr_result **"


def parameters(function: Any) -> list[str]:
    names = [c_name(parameter.type) for parameter in function.args.params]
    return [] if names == ["void"] else names


def nameless(function: Any) -> Any:
    """Removes the names of parameters and function, which the generator would write into the type."""

    class Forget(c_ast.NodeVisitor):  # type: ignore[misc]
        def visit_TypeDecl(self, node: Any) -> None:  # noqa: N802
            node.declname = None

    Forget().visit(function)
    return function


@builds
def test_every_function_has_the_headers_types(header: Any) -> None:
    functions = dict(declarations(header, c_ast.FuncDecl))
    assert set(functions) == set(_ffi.SIGNATURES) | LEFT_OUT
    for name, (restype, argtypes) in _ffi.SIGNATURES.items():
        function = nameless(functions[name])
        assert c_name(function.type) == ctypes_name(restype), name
        assert parameters(function) == [ctypes_name(argtype) for argtype in argtypes], name


@builds
def test_the_result_has_the_headers_fields(header: Any) -> None:
    (fields,) = (
        item.type.type.decls
        for item in header.ext
        if isinstance(item, c_ast.Typedef) and item.name == "asr_result" and item.type.type.decls
    )
    declared = [(field.name, c_name(nameless(field.type))) for field in fields]
    assert declared == [(name, ctypes_name(of)) for name, of, *_ in _ffi.ResultFields._fields_]


@builds
def test_the_codes_have_the_headers_numbers(header: Any) -> None:
    enumerators = {
        entry.name: int(entry.value.value)
        for item in header.ext
        if isinstance(getattr(item.type, "type", None), c_ast.Enum) and item.type.type.values
        for entry in item.type.type.values
    }
    assert enumerators == {f"ASR_{code.name}": code.value for code in Code}


def test_the_constants_are_the_headers(macros: dict[str, str]) -> None:
    assert macros["ASR_BASE_URL_SANDBOX"] == f'"{BASE_URL_SANDBOX}"'
    assert macros["ASR_BASE_URL_PRODUCTION"] == f'"{BASE_URL_PRODUCTION}"'
    assert macros["ASR_ABI_VERSION"] == str(_ffi.ABI_VERSION)


def test_the_library_agrees(macros: dict[str, str]) -> None:
    assert native().asr_abi_version() >= _ffi.ABI_VERSION
    for code in Code:
        assert native().asr_code_name(code) == f"ASR_{code.name}".encode()
    version = ".".join(macros[f"ASR_VERSION_{part}"] for part in ("MAJOR", "MINOR", "PATCH"))
    assert library_version() == version == __version__
