"""A CUPTI without a device: cupti-python's own classes and numbers, and functions that only note what they are asked.

Records and callback data are objects of cupti-python, filled in by hand, so that
a field that it does not have is an error here as it would be on a device.
"""

from __future__ import annotations

from tools import need_module

cupti = need_module("cupti.cupti", "cupti-python")


class FakeCupti:
    """Obeys the interface of ``cupti.cupti``; ``refused`` maps a function to the error that it raises."""

    def __init__(self, refused=None, kinds_refused=()):
        self.refused = dict(refused or {})
        self.kinds_refused = set(kinds_refused)
        self.enabled = set()
        self.calls_enabled = {"RUNTIME_API": set(), "DRIVER_API": set()}
        self.callbacks_enabled = set()
        self.subscriber = None
        self.completed = None
        self.buffered = []
        self.clock = 1_000_000
        self.flushes_count = 0

    def __getattr__(self, name):
        return getattr(cupti, name)

    def _asked(self, name):
        assert hasattr(cupti, name), f"cupti-python has no {name}"
        if name in self.refused:
            raise self.refused[name]

    def subscribe_v2(self, callback, userdata, params):
        self._asked("subscribe_v2")
        assert params
        self.callback = callback
        self.subscriber = 42
        return 42

    def unsubscribe(self, subscriber):
        self._asked("unsubscribe")
        assert subscriber == self.subscriber
        self.subscriber = None

    def activity_register_callbacks(self, requested, completed):
        self._asked("activity_register_callbacks")
        size, records = requested()
        assert size >= 1024
        assert records == 0
        self.completed = completed

    def activity_enable(self, kind):
        self._asked("activity_enable")
        if cupti.ActivityKind(kind).name in self.kinds_refused:
            raise cupti.cuptiError(int(cupti.Result.ERROR_INVALID_KIND))
        self.enabled.add(cupti.ActivityKind(kind).name)

    def activity_disable(self, kind):
        self._asked("activity_disable")
        self.enabled.discard(cupti.ActivityKind(kind).name)

    def activity_enable_runtime_api(self, call, enable):
        self._asked("activity_enable_runtime_api")
        self.calls_enabled["RUNTIME_API"].add(cupti.RuntimeApiTraceCbid(call).name)

    def activity_enable_driver_api(self, call, enable):
        self._asked("activity_enable_driver_api")
        self.calls_enabled["DRIVER_API"].add(cupti.DriverApiTraceCbid(call).name)

    def enable_callback(self, enable, subscriber, domain, call):
        self._asked("enable_callback")
        names = {1: cupti.DriverApiTraceCbid, 2: cupti.RuntimeApiTraceCbid}[domain]
        change = self.callbacks_enabled.add if enable else self.callbacks_enabled.discard
        change(names(call).name)

    def activity_flush_all(self, flag):
        self._asked("activity_flush_all")
        self.flushes_count += 1
        handed, self.buffered = self.buffered, []
        self.completed(handed)

    def activity_get_num_dropped_records(self, context, stream, address):
        self._asked("activity_get_num_dropped_records")

    def get_timestamp(self):
        self._asked("get_timestamp")
        self.clock += 1_000
        return self.clock

    def calls(self, name, domain, correlation, *, site):
        """The driver tells that a call begins or ends."""
        data = cupti.CallbackData()
        data.function_name = name
        data.correlation_id = correlation
        data.callback_site = int(cupti.ApiCallbackSite[site])
        self.callback(None, int(cupti.CallbackDomain[domain]), 0, data)


def error(name):
    """An error as cupti-python raises it."""
    return cupti.cuptiError(int(cupti.Result[name]))


def _filled(made, kind, fields):
    made.kind = int(cupti.ActivityKind[kind])
    for name, value in fields.items():
        assert hasattr(type(made), name)
        setattr(made, name, value)
    return made


def kernel(name="add", **fields):
    return _filled(cupti.ActivityKernel13(), "CONCURRENT_KERNEL", {"name": name, **fields})


def copy(**fields):
    return _filled(cupti.ActivityMemcpy7(), "MEMCPY", fields)


def peer_copy(**fields):
    return _filled(cupti.ActivityMemcpyPtoP4(), "MEMCPY2", fields)


def memset(**fields):
    return _filled(cupti.ActivityMemset5(), "MEMSET", fields)


def call(kind="RUNTIME", **fields):
    return _filled(cupti.ActivityAPI(), kind, fields)
