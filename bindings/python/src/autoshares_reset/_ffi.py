"""The C ABI as ctypes sees it: layouts, signatures, and who frees what. A test compares it with the C header."""

from __future__ import annotations

import ctypes
import functools
import operator
from ctypes import POINTER, c_char_p, c_int32, c_uint16, c_uint32, c_void_p
from typing import Any, ClassVar, NoReturn

ABI_VERSION = 2
"""ASR_ABI_VERSION of the header that this was written against: a library must have at least this one."""


class Handle(c_void_p):
    """Owns something that the library made.

    As the return type of a C function it owns from the first moment, so that no KeyboardInterrupt can come
    between. It is freed with its last reference, and a call holds one while it runs: that is how closing a
    client waits for its calls.
    """

    c_type: ClassVar[str]
    _free: Any  # reading it frees: declare() makes it a property around the C function
    # In Python's last collection another finalizer may yet make a call, which then must find NULL.
    _forget = property(operator.methodcaller("__init__", None))
    # All of it is written in C. A KeyboardInterrupt in a finalizer written in Python would be lost, because what it
    # raises is ignored, and the handle with it. The wrapper of lru_cache is a method, and of this size keeps nothing.
    __del__ = functools.lru_cache(maxsize=0)(operator.attrgetter("_free", "_forget"))

    __hash__ = object.__hash__  # by identity; ctypes' own have none

    # ctypes would copy the pointer, to be freed twice or in a process that knows nothing of it.
    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {self.c_type[4:]} of autoshares_reset cannot be copied or sent to another process")


class ConfigHandle(Handle):
    c_type = "asr_config"


class ClientHandle(Handle):
    c_type = "asr_client"


class CancelHandle(Handle):
    c_type = "asr_cancel"


class ResultHandle(Handle):
    c_type = "asr_result"

    @property
    def fields(self) -> ResultFields:
        # Not `cast`: what that returns is part of a reference cycle, and the result would be freed much later.
        assert self.value is not None
        return ResultFields.from_address(self.value)


class ResultFields(ctypes.Structure):
    """The public fields of asr_result, valid while its handle lives."""

    _fields_ = [
        ("code", c_int32),
        ("http_status", c_uint16),
        ("request_sent", c_uint16),
        ("retry_after_s", c_uint32),
        ("os_error", c_int32),
        ("question", c_char_p),
        ("token", c_char_p),
        ("message", c_char_p),
        ("service_code", c_char_p),
    ]


# c_char_p as a return type copies, and frees nothing: for strings that are static or belong to a result.
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "asr_abi_version": (c_uint32, []),
    "asr_version": (c_char_p, []),
    "asr_code_name": (c_char_p, [c_int32]),
    "asr_config_new": (ConfigHandle, [c_char_p, c_char_p]),
    "asr_config_set_api_version": (None, [ConfigHandle, c_char_p]),
    "asr_config_set_timeout_ms": (None, [ConfigHandle, c_uint32]),
    "asr_config_set_connect_timeout_ms": (None, [ConfigHandle, c_uint32]),
    "asr_config_set_ca_file": (None, [ConfigHandle, c_char_p]),
    "asr_config_set_ca_pem": (None, [ConfigHandle, c_char_p]),
    "asr_config_set_proxy": (None, [ConfigHandle, c_char_p]),
    "asr_config_set_user_agent": (None, [ConfigHandle, c_char_p]),
    "asr_config_set_allow_http": (None, [ConfigHandle, c_int32]),
    "asr_config_free": (None, [ConfigHandle]),
    "asr_client_new": (ClientHandle, [ConfigHandle, POINTER(ResultHandle)]),
    "asr_client_free": (None, [ClientHandle]),
    "asr_cancel_new": (CancelHandle, []),
    "asr_cancel_trigger": (None, [CancelHandle]),
    "asr_cancel_free": (None, [CancelHandle]),
    "asr_secret_question": (ResultHandle, [ClientHandle, c_char_p, CancelHandle]),
    "asr_client_connect": (ResultHandle, [ClientHandle, CancelHandle]),
    "asr_request_reset": (ResultHandle, [ClientHandle, c_char_p, c_char_p, CancelHandle]),
    "asr_confirm_code": (ResultHandle, [ClientHandle, c_char_p, CancelHandle]),
    "asr_set_password": (ResultHandle, [ClientHandle, c_char_p, c_char_p, CancelHandle]),
    "asr_result_details": (c_char_p, [ResultHandle]),
    "asr_result_free": (None, [ResultHandle]),
}


def declare(library: ctypes.CDLL) -> None:
    """Gives each function its types, and each kind of handle the function that frees it."""
    for name, (restype, argtypes) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype = restype
        function.argtypes = argtypes
    for handle in (ConfigHandle, ClientHandle, CancelHandle, ResultHandle):
        handle._free = property(getattr(library, f"{handle.c_type}_free"))
