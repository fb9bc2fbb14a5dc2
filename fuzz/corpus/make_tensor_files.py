#!/usr/bin/env python3
"""Makes the corpora safetensors/, pickle/ and checkpoint/: small files that reach the readers' branches.

    fuzz/corpus/make_tensor_files.py [FOLDER]     (default: the folder of this script)

Needs Python alone: modules of PyTorch's names stand in for PyTorch, so that the pickles are what torch.save
writes. The same bytes on every run.
"""
import collections
import io
import json
import pathlib
import pickle
import struct
import sys
import types
import zipfile

FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent


def stand_in(module, *names):
    """A module whose functions and classes can be pickled by name."""
    made = sys.modules.setdefault(module, types.ModuleType(module))
    for name in names:
        thing = type(name, (), {"__module__": module})
        setattr(made, name, thing)
    return made


torch = stand_in("torch", "FloatStorage", "LongStorage", "HalfStorage", "BoolStorage", "UntypedStorage", "Size", "int16")
utils = stand_in("torch._utils", "_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter")
tensor = stand_in("torch._tensor", "_rebuild_from_type_v2")
stand_in("numpy")  # The parent, for __import__.
numpy = stand_in("numpy.core.multiarray", "scalar")
STORAGES = {"f": torch.FloatStorage, "q": torch.LongStorage, "e": torch.HalfStorage, "?": torch.BoolStorage}


class Called:
    """Pickled as function(*arguments)."""

    def __init__(self, function, *arguments, state=None):
        self.call = (function, arguments) + ((state,) if state is not None else ())

    def __reduce__(self):
        return self.call


class Storage:
    def __init__(self, key, code, values, kind=None):
        self.key, self.code, self.data = key, code, struct.pack(f"<{len(values)}{code}", *values)
        self.kind = kind or STORAGES[code]
        self.count = len(self.data) if kind else len(values)


def rebuild(storage, sizes, strides, offset=0):
    return Called(utils._rebuild_tensor_v2, storage, offset, sizes, strides, False, collections.OrderedDict())


def dump(thing, protocol=2, legacy=False):
    storages = {}

    class Pickler(pickle._Pickler):  # The one in Python: the C one wants real functions.
        def persistent_id(self, item):
            if not isinstance(item, Storage):
                return None
            storages[item.key] = item
            return ("storage", item.kind, item.key, "cpu", item.count) + ((None,) if legacy else ())

    out = io.BytesIO()
    Pickler(out, protocol).dump(thing)
    return out.getvalue(), storages


def archive(thing, protocol=2, compression=zipfile.ZIP_STORED, extra=()):
    data, storages = dump(thing, protocol)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as zip_file:
        for name, content in [("a/data.pkl", data), *((f"a/data/{s.key}", s.data) for s in storages.values()), *extra]:
            zip_file.writestr(zipfile.ZipInfo(name), content, compression)
    return out.getvalue()


def legacy(thing):
    objects, storages = dump(thing, legacy=True)
    parts = [dump(0x1950A86A20F9469CFC6C)[0], dump(1001)[0], dump({"little_endian": True})[0], objects,
             dump(sorted(storages))[0]]
    parts += [struct.pack("<q", storages[key].count) + storages[key].data for key in sorted(storages)]
    return b"".join(parts)


def safetensors(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def write(folder, name, content):
    (FOLDER / folder).mkdir(exist_ok=True)
    (FOLDER / folder / name).write_bytes(content)


def state_dict():
    floats = Storage("0", "f", range(6))
    return collections.OrderedDict([
        ("a.weight", rebuild(floats, (2, 3), (3, 1))),
        ("a.turned", rebuild(floats, (3, 2), (1, 3))),
        ("a.last", rebuild(floats, (), (), 5)),
        ("half", rebuild(Storage("1", "e", [1.5, -2]), (2,), (1,))),
        ("flag", rebuild(Storage("2", "?", [True, False]), (2,), (1,))),
        ("count", Called(utils._rebuild_parameter, rebuild(Storage("3", "q", [7]), (), ()), True,
                         collections.OrderedDict())),
        ("short", Called(utils._rebuild_tensor_v3, Storage("4", "h", [1, 2], torch.UntypedStorage), 0, (2,), (1,), False,
                         collections.OrderedDict(), torch.int16)),
        ("typed", Called(tensor._rebuild_from_type_v2, utils._rebuild_tensor_v2, torch.Size,
                         (floats, 0, (6,), (1,), False, collections.OrderedDict()), {})),
    ])


def main():
    loop = []
    loop.append(loop)
    twice = [1]
    for _ in range(24):
        twice = [twice, twice]
    whole = {"epoch": 3, "name": "x", "rate": 0.1, "none": None, "big": 1 << 80, "bytes": b"\x00\xff", "set": {1, 2},
             "state_dict": state_dict(), "list": [1, [2, (3, True)]], "loop": loop, 5: "five",
             "loss": Called(numpy.scalar, b"f8", b"12345678")}
    for protocol in (2, 3, 4, 5):
        write("pickle", f"protocol_{protocol}", dump(whole, protocol)[0])
    write("pickle", "twice", dump(twice)[0])
    write("pickle", "os_system", b"cposix\nsystem\nX\x02\x00\x00\x00ls\x85R.")
    write("pickle", "eval", b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.")
    write("pickle", "old_ordered_dict", b"ccollections\nOrderedDict\n](]q\x01(K\x01K\x02e]K\x03aK\x04ae\x85R.")

    write("checkpoint", "zip", archive(whole))
    write("checkpoint", "zip_protocol_4", archive(state_dict(), 4))
    write("checkpoint", "zip_twice", archive(twice))
    write("checkpoint", "zip_deflated", archive(state_dict(), 2, zipfile.ZIP_DEFLATED))
    write("checkpoint", "zip_big_endian", archive(state_dict(), extra=[("a/byteorder", b"big")]))
    write("checkpoint", "legacy", legacy(whole))
    floats = Storage("0", "f", range(6))
    write("checkpoint", "reach", legacy({"w": rebuild(floats, (2, 3), (4, 1))}))
    write("checkpoint", "repeated", legacy({"w": rebuild(floats, (1 << 40, 1), (0, 1))}))
    write("checkpoint", "overflow", legacy({"w": rebuild(floats, (1 << 40, 1 << 40), (1 << 60, 1 << 62), 1 << 62)}))

    write("safetensors", "good", safetensors({"a": entry("F32", [2], 0, 8), "b": entry("BOOL", [1], 8, 9),
                                              "c": entry("F64", [0, 3], 9, 9), "__metadata__": {"k": "v"}}, bytes(9)))
    write("safetensors", "empty", safetensors({}))
    write("safetensors", "hole", safetensors({"a": entry("F32", [1], 4, 8)}, bytes(8)))
    write("safetensors", "overlap", safetensors({"a": entry("U8", [4], 0, 4), "b": entry("U8", [4], 2, 6)}, bytes(6)))
    write("safetensors", "overflow", safetensors({"a": entry("F32", [1 << 62, 4], 0, 0)}))
    write("safetensors", "overflow_empty", safetensors({"a": entry("F32", [0, 1 << 62, 1 << 62], 0, 0)}))
    write("safetensors", "length", safetensors({}, length=1 << 60))
    write("safetensors", "deep", safetensors(b'{"a":' + b"[" * 500 + b"]" * 500 + b"}"))


main()
