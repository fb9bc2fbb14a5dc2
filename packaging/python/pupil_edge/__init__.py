# SPDX-License-Identifier: Apache-2.0
"""Sound classifiers of pupil in Python, through the C interface of the device library: the same bits as on every other machine.

    import pupil_edge

    model = pupil_edge.Model("dogs.pupil")
    found = model.classify(samples)                 # samples: numpy.float32, at model.sample_rate_hz
    print(dict(zip(model.labels, found.scores)), found.events)

    stream = model.stream()                         # audio as it comes, in pieces of any length
    for piece in pieces:
        windows, events = stream.push(piece)

Samples are mono, full scale [-1, 1] in single precision or the whole range of int16: a numpy array, an array.array, a memoryview
or bytes of int16, or a sequence of floats. Results are numpy arrays of float32 where numpy is installed, else array.array("f").
What is refused raises PupilError (a ValueError) or TypeError with the reason; then nothing has happened.

Threads: one at a time per object; streams of one model are independent. Memory goes with the objects.
"""

import array
import collections
import ctypes
import operator
import os
import pathlib

try:
    import numpy
except ImportError:
    numpy = None

__all__ = ["Classified", "Event", "Found", "Model", "PupilError", "Stream", "Window"]
__version__ = "0.1.0"

Window = collections.namedtuple("Window", "scores end_samples end_s")
Window.__doc__ = "Scores [K] of one window, and where it ends since the stream began."
Event = collections.namedtuple("Event", "label class_index start_s end_s start_samples end_samples peak_score")
Event.__doc__ = "A span of time with one class, since the stream began."
Found = collections.namedtuple("Found", "windows events")
Found.__doc__ = "What a push gave: windows, and the events that have ended."
Classified = collections.namedtuple("Classified", "scores window_count events")
Classified.__doc__ = "A whole recording: the mean of its windows' scores [K], how many they were, its events."

_MODEL_ALIGNMENT = 16
_BAD_ARGUMENT = 1


class PupilError(ValueError):
    """A refusal of the device library; `status` is its number in pupil/edge/status.h."""

    def __init__(self, text, status=_BAD_ARGUMENT):
        super().__init__(text)
        self.status = status


class _EventOptions(ctypes.Structure):
    _fields_ = [("votes", ctypes.c_int32), ("of", ctypes.c_int32), ("release_share", ctypes.c_float), ("bridge_ms", ctypes.c_int32)]


class _Event(ctypes.Structure):
    _fields_ = [("class_index", ctypes.c_int32), ("start_samples", ctypes.c_int64), ("end_samples", ctypes.c_int64),
                ("peak_score", ctypes.c_float)]


def _load_library():
    path = os.environ.get("PUPIL_EDGE_LIBRARY") or pathlib.Path(__file__).with_name("libpupil_edge.so")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ImportError(f"pupil_edge: the device library cannot be loaded: {error}") from error
    pointer, size, i32, i64, f32, text = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int32, ctypes.c_int64, ctypes.c_float, ctypes.c_char_p)
    out = ctypes.c_void_p  # where a function writes
    for name, result, *arguments in [
            ("status_text", text, i32), ("kernels", text),
            ("model_bytes", size), ("model_load", i32, pointer, size, pointer, size, out), ("model_class_count", i32, pointer),
            ("model_label", text, pointer, i32), ("model_threshold", f32, pointer, i32), ("model_sample_rate_hz", i32, pointer),
            ("model_window_samples", i64, pointer), ("model_window_frames", i32, pointer), ("model_mel_count", i32, pointer),
            ("model_frame_hop_samples", i32, pointer), ("model_reported_class_count", i32, pointer),
            ("model_metadata", text, pointer, text),
            ("stream_bytes", size, pointer, i32), ("stream_init", i32, pointer, i32, pointer, size, out),
            ("stream_push_f32", i32, pointer, pointer, size, out, out), ("stream_scores", pointer, pointer),
            ("stream_logits", pointer, pointer), ("stream_window_end_samples", i64, pointer), ("stream_hop_samples", i32, pointer),
            ("stream_reset", None, pointer),
            ("features_bytes", size, pointer), ("features_init", i32, pointer, pointer, size, out),
            ("features_frame_count", size, pointer, size), ("features_push_f32", i32, pointer, pointer, size, pointer, size, out),
            ("network_bytes", size, pointer), ("network_init", i32, pointer, pointer, size, out),
            ("network_run", i32, pointer, pointer, size, pointer, size), ("network_logits", pointer, pointer),
            ("event_options_for", None, i32, out), ("events_bytes", size, pointer), ("events_init", i32, pointer, pointer, pointer, size, out),
            ("events_set_threshold", i32, pointer, i32, f32), ("events_push", i32, pointer, pointer, size, i64, pointer, size, out),
            ("events_finish", i32, pointer, pointer, size, out), ("events_active", i32, pointer, i32),
            ("resampler_bytes", size, i32, i32), ("resampler_init", i32, i32, i32, pointer, size, out),
            ("resampler_push_count", size, pointer, size), ("resampler_finish_count", size, pointer),
            ("resampler_push", i32, pointer, pointer, size, pointer, size, out), ("resampler_finish", i32, pointer, pointer, size, out)]:
        function = getattr(library, "pupil_" + name)
        function.restype, function.argtypes = result, arguments
    return library


_library = _load_library()


def _check(status, what):
    if status != 0:
        raise PupilError(f"{what}: {_library.pupil_status_text(status).decode()}", status)


def _floats(samples):
    """Any samples as a C array of floats."""
    if isinstance(samples, ctypes.Array):
        return samples  # our own
    if isinstance(samples, (str, dict, set)) or samples is None:
        raise TypeError(f"samples: numbers wanted, found {type(samples).__name__}")
    try:
        view = memoryview(samples)
    except TypeError:
        view = memoryview(array.array("f", samples))
    if isinstance(samples, (bytes, bytearray)):
        if len(samples) % 2:
            raise TypeError("samples: bytes of int16 wanted, found an odd number of them")
        view = view.cast("h")
    if view.ndim != 1:
        raise TypeError(f"samples: one channel wanted, found an array of {view.ndim} axes")
    if view.format not in ("f", "h"):
        raise TypeError(f"samples: float32 or int16 wanted, found format {view.format!r}")
    floats = (ctypes.c_float * len(view))()
    if len(view) == 0:
        pass  # which cannot be cast
    elif view.format == "f":
        memoryview(floats).cast("B").cast("f")[:] = view if view.contiguous else array.array("f", view)
    elif numpy is not None:
        numpy.frombuffer(floats, numpy.float32)[:] = numpy.asarray(view) * numpy.float32(1 / 32768)
    else:
        floats[:] = [sample / 32768 for sample in view]
    return floats


def _result(floats, width=None):
    """A C array of floats for the caller: [n], or [n, width]."""
    if numpy is not None:
        copy = numpy.frombuffer(bytes(floats), numpy.float32).copy()
        return copy if width is None else copy.reshape(-1, width)
    copy = array.array("f", bytes(floats))
    return copy if width is None else [copy[at:at + width] for at in range(0, len(copy), width)]


class _Placed:
    """An object of the library and its memory."""

    def __init__(self, kind, what, size_arguments, init_arguments=None):
        size = getattr(_library, f"pupil_{kind}_bytes")(*size_arguments)
        if size == 0:
            raise PupilError(f"{what}: out of range")
        self.memory = ctypes.create_string_buffer(size)
        handle = ctypes.c_void_p()
        _check(getattr(_library, f"pupil_{kind}_init")(*(init_arguments or size_arguments), self.memory, size, ctypes.byref(handle)), what)
        self.handle = handle


class Model:
    """A model file, checked and loaded.

    labels [K], thresholds [K] (a score at or above means that the class is present), reported_class_count (so many first
    classes are events), sample_rate_hz, window_samples, window_frames T, mel_count F, frame_hop_samples, kernels.
    """

    def __init__(self, file):
        """`file`: a path, or the bytes of a .pupil file. PupilError when it is not valid, OSError when it cannot be read."""
        if isinstance(file, (str, os.PathLike)):
            what, data = os.fspath(file), pathlib.Path(file).read_bytes()
        elif isinstance(file, (bytes, bytearray, memoryview)):
            what, data = "model", bytes(file)
        else:
            raise TypeError(f"Model: a path or bytes wanted, found {type(file).__name__}")
        self._file = ctypes.create_string_buffer(len(data) + _MODEL_ALIGNMENT)
        start = -ctypes.addressof(self._file) % _MODEL_ALIGNMENT
        ctypes.memmove(ctypes.addressof(self._file) + start, data, len(data))
        size = _library.pupil_model_bytes()
        self._memory = ctypes.create_string_buffer(size)
        self._handle = ctypes.c_void_p()
        _check(_library.pupil_model_load(ctypes.addressof(self._file) + start, len(data), self._memory, size, ctypes.byref(self._handle)), what)

        classes = range(_library.pupil_model_class_count(self._handle))
        self.kernels = _library.pupil_kernels().decode()
        self.labels = tuple(_library.pupil_model_label(self._handle, k).decode() for k in classes)
        self.thresholds = tuple(_library.pupil_model_threshold(self._handle, k) for k in classes)
        self.reported_class_count = _library.pupil_model_reported_class_count(self._handle)
        self.sample_rate_hz = _library.pupil_model_sample_rate_hz(self._handle)
        self.window_samples = _library.pupil_model_window_samples(self._handle)
        self.window_frames = _library.pupil_model_window_frames(self._handle)
        self.mel_count = _library.pupil_model_mel_count(self._handle)
        self.frame_hop_samples = _library.pupil_model_frame_hop_samples(self._handle)

    def __repr__(self):
        return f"<pupil_edge.Model {self.metadata('name') or ''!r}: {', '.join(self.labels)}>"

    def metadata(self, key):
        """The value of a key such as "name" or "licences"; None when there is none."""
        value = _library.pupil_model_metadata(self._handle, key.encode())
        return None if value is None else value.decode()

    def score(self, samples):
        """Scores [K] of one window of window_samples samples. PupilError for another number."""
        return self._run(samples)[0]

    def logits(self, samples):
        """The same before calibration."""
        return self._run(samples)[1]

    def _run(self, samples):
        floats = _floats(samples)
        if len(floats) != self.window_samples:
            raise PupilError(f"score: {len(floats)} samples, a window has {self.window_samples}")
        frames = self._frames(floats)
        network = _Placed("network", "network", [self._handle])
        scores = (ctypes.c_float * len(self.labels))()
        _check(_library.pupil_network_run(network.handle, frames, len(frames), scores, len(scores)), "score")
        logits = _library.pupil_network_logits(network.handle)
        return _result(scores), _result((ctypes.c_float * len(scores)).from_address(logits))

    def _frames(self, floats):
        features = _Placed("features", "features", [self._handle])
        frames = (ctypes.c_float * (_library.pupil_features_frame_count(features.handle, len(floats)) * self.mel_count))()
        written = ctypes.c_int32()
        _check(_library.pupil_features_push_f32(features.handle, floats, len(floats), frames, len(frames), ctypes.byref(written)), "features")
        return frames

    def features(self, samples):
        """Log-mel frames [n, F] of the samples, those whose window is inside."""
        return _result(self._frames(_floats(samples)), self.mel_count)

    def resample(self, samples, from_hz):
        """The whole of `samples`, of `from_hz` Hz, at sample_rate_hz. PupilError for a rate beyond 1000 to 768000."""
        floats = _floats(samples)
        if from_hz == self.sample_rate_hz:
            return _result(floats)
        rates = [operator.index(from_hz), self.sample_rate_hz]
        resampler = _Placed("resampler", f"from {from_hz} to {self.sample_rate_hz} Hz", rates)
        first = (ctypes.c_float * _library.pupil_resampler_push_count(resampler.handle, len(floats)))()
        written = ctypes.c_size_t()
        _check(_library.pupil_resampler_push(resampler.handle, floats, len(floats), first, len(first), ctypes.byref(written)), "resample")
        rest = (ctypes.c_float * _library.pupil_resampler_finish_count(resampler.handle))()
        _check(_library.pupil_resampler_finish(resampler.handle, rest, len(rest), ctypes.byref(written)), "resample")
        return _result(bytes(first) + bytes(rest))

    def stream(self, hop_ms=100, *, thresholds=None, **event_options):
        """Samples as they come: a score every hop, and events. `thresholds`: by label, the model's for the others.
        Further options: votes, of, release_share, bridge_ms (pupil/edge/events.h). PupilError for what is out of range."""
        options = _EventOptions()
        _library.pupil_event_options_for(operator.index(hop_ms), ctypes.byref(options))
        for name, value in event_options.items():
            if name not in dict(_EventOptions._fields_):
                raise TypeError(f"stream() has no option {name!r}")
            setattr(options, name, value)
        return Stream(self, operator.index(hop_ms), options, thresholds or {})

    def classify(self, samples, **options):
        """A whole recording at sample_rate_hz, as `pupil classify` does it. One shorter than a window is filled up with silence.
        Options: stream()'s."""
        floats = _floats(samples)
        stream = self.stream(**options)
        windows, events = stream.push(floats)
        if not windows:
            more = stream.push((ctypes.c_float * (self.window_samples - len(floats)))())
            windows, events = more.windows, events + more.events
        sums = [0.0] * len(self.labels)
        for window in windows:
            for k, score in enumerate(window.scores):
                sums[k] += float(score)
        means = (ctypes.c_float * len(sums))(*[total / len(windows) for total in sums])
        return Classified(_result(means), len(windows), events + stream.finish())


class Stream:
    """Made by Model.stream(). hop_samples: from one score to the next."""

    def __init__(self, model, hop_ms, options, thresholds):
        self._model = model  # its memory must outlive ours
        self._stream = _Placed("stream", f"stream with a hop of {hop_ms} ms", [model._handle, hop_ms])
        self._events = _Placed("events", "events", [model._handle], [model._handle, ctypes.byref(options)])
        self._ended = (_Event * model.reported_class_count)()
        self.hop_samples = _library.pupil_stream_hop_samples(self._stream.handle)
        for label, threshold in thresholds.items():
            self.set_threshold(label, threshold)

    def set_threshold(self, label, threshold):
        """By label or number, from the next window on. PupilError: no class of the model, or NaN."""
        _check(_library.pupil_events_set_threshold(self._events.handle, self._class_index(label), threshold), f"threshold of {label}")

    def active(self, label):
        """Whether an event of this class is active."""
        return _library.pupil_events_active(self._events.handle, self._class_index(label)) == 1

    def push(self, samples):
        """Takes all samples; Found(windows, events)."""
        floats = _floats(samples)
        windows, events = [], []
        used, scored = ctypes.c_size_t(), ctypes.c_int32()
        at = 0
        while at < len(floats):
            _check(_library.pupil_stream_push_f32(self._stream.handle, ctypes.addressof(floats) + 4 * at, len(floats) - at,
                                                  ctypes.byref(used), ctypes.byref(scored)), "stream")
            at += used.value
            if scored.value:
                windows.append(self._window(events))
        return Found(windows, events)

    def _window(self, events):
        scores = _library.pupil_stream_scores(self._stream.handle)
        count = len(self._model.labels)
        end = _library.pupil_stream_window_end_samples(self._stream.handle)
        ended = ctypes.c_int32()
        _check(_library.pupil_events_push(self._events.handle, scores, count, end, self._ended, len(self._ended), ctypes.byref(ended)), "events")
        events.extend(self._taken(ended.value))
        return Window(_result((ctypes.c_float * count).from_address(scores)), end, end / self._model.sample_rate_hz)

    def _taken(self, count):
        rate = self._model.sample_rate_hz
        return [Event(self._model.labels[event.class_index], event.class_index, event.start_samples / rate, event.end_samples / rate,
                      event.start_samples, event.end_samples, event.peak_score) for event in self._ended[:count]]

    def finish(self):
        """Ends the stream: the events that were active. The next sample is the first of a new stream."""
        ended = ctypes.c_int32()
        _check(_library.pupil_events_finish(self._events.handle, self._ended, len(self._ended), ctypes.byref(ended)), "events")
        _library.pupil_stream_reset(self._stream.handle)
        return self._taken(ended.value)

    def _class_index(self, label):
        if isinstance(label, str):
            if label not in self._model.labels:
                raise PupilError(f"{label}: no class of the model ({', '.join(self._model.labels)})")
            return self._model.labels.index(label)
        if not 0 <= label < len(self._model.labels):
            raise PupilError(f"{label}: no class of the model, which has {len(self._model.labels)}")
        return label
