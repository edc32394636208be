"""The C ABI for ctypes: layouts, signatures and ownership. A test compares it with the C header."""

from __future__ import annotations

import ctypes
import functools
import operator
from ctypes import POINTER, c_char_p, c_int32, c_uint16, c_uint32, c_void_p
from typing import Any, ClassVar, NoReturn

ABI_VERSION = 2
"""ASR_ABI_VERSION of the header that this module mirrors: a library must have at least this version."""


class Handle(c_void_p):
    """Owns an object that the library made.

    It is the return type of the C function, so that no KeyboardInterrupt can come between the function and the
    ownership. Its last reference frees it, and a call holds one while it runs: so a closed client lives until its calls
    are done.
    """

    c_type: ClassVar[str]
    _free: Any  # reading it frees: declare() makes it a property around the C function
    # In Python's last collection another finalizer may make a call, which must find NULL then.
    _forget = property(operator.methodcaller("__init__", None))
    # A finalizer made of C functions only. In one written in Python, a KeyboardInterrupt would be ignored, as all
    # exceptions there are, and the handle would leak. lru_cache makes a method of it; with maxsize 0 it caches nothing.
    __del__ = functools.lru_cache(maxsize=0)(operator.attrgetter("_free", "_forget"))

    __hash__ = object.__hash__  # by identity; ctypes objects have no hash

    # ctypes would copy the pointer, which would be freed twice, or in a process where it is invalid.
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
        # The result of `cast` would be part of a reference cycle, which would free the handle much later.
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


# The return type c_char_p copies the string and frees nothing: right for strings that are static or a result's.
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
    """Sets each function's types, and the function that frees each kind of handle."""
    for name, (restype, argtypes) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype = restype
        function.argtypes = argtypes
    for handle in (ConfigHandle, ClientHandle, CancelHandle, ResultHandle):
        handle._free = property(getattr(library, f"{handle.c_type}_free"))
