"""Go's test struct T and test functions as Go objects of the engine, for the cases whose data is not JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pilothouse.delivery.charts.engine.execution.faults import Fault, FunctionError
from pilothouse.delivery.charts.engine.values import kinds
from pilothouse.delivery.charts.engine.values.kinds import GoFunction, GoObject, IntSlice, StringSlice, TypedMap, signature
from pilothouse.delivery.charts.engine.values.printf import sprintln

FUNCTION_ADDRESS = "0x673460"
"""Where the recorded program had its iterator."""


class Uintptr(kinds.GoInt):
    go_type = "uintptr"


class Struct(GoObject):
    """A struct given by its fields, methods and String."""

    def __init__(self, go_type: str, fields: Mapping[str, Any] | None = None, text: str | None = None) -> None:
        self.go_type = go_type  # type: ignore[misc]
        self.fields = dict(fields or {})
        self.methods: dict[str, GoFunction] = {}
        self.text = text

    def go_fields(self) -> Mapping[str, Any]:
        return self.fields

    def go_methods(self) -> Mapping[str, GoFunction]:
        return self.methods

    def go_string(self) -> str | None:
        return self.text


class NilString(Struct):
    go_type = "*string"


class Stringer(Struct):
    go_type = "fmt.Stringer"


class Capacity(IntSlice):
    capacity = 10


class Letters(Struct):
    """A channel or an iterator of single values."""

    def __init__(self, go_type: str, items: list[Any]) -> None:
        super().__init__(go_type)
        self.items = items

    def go_range(self, with_index: bool) -> list[Any]:
        if with_index and self.go_type.startswith("iter."):
            raise Fault(f"can't use {FUNCTION_ADDRESS} iterate over more than one variable")
        return list(enumerate(self.items)) if with_index else self.items


class Pairs(Letters):
    """An iterator of pairs."""

    def go_range(self, with_index: bool) -> list[Any]:
        return self.items if with_index else [first for first, _ in self.items]


def typed_map(go_type: str, zero: Any, values: dict[Any, Any]) -> TypedMap:
    made = type("Mirror", (TypedMap,), {"go_type": go_type, "zero": zero})
    return made(values)  # type: ignore[no-any-return]


def _maps() -> dict[str, Any]:
    i32, i64, u32, u64, i8, u8 = kinds.Int32, kinds.Int64, kinds.Uint32, kinds.Uint64, kinds.Int8, kinds.Uint8
    return {
        "MSI": typed_map("map[string]int", 0, {"one": 1, "two": 2, "three": 3}),
        "MSIone": typed_map("map[string]int", 0, {"one": 1}),
        "MSIEmpty": typed_map("map[string]int", 0, {}),
        "MXI": typed_map("map[interface {}]int", 0, {"one": 1}),
        "MII": typed_map("map[int]int", 0, {1: 1}),
        "MI32S": typed_map("map[int32]string", "", {i32(1): "one", i32(2): "two"}),
        "MI64S": typed_map("map[int64]string", "", {i64(2): "i642", i64(3): "i643"}),
        "MUI32S": typed_map("map[uint32]string", "", {u32(2): "u322", u32(3): "u323"}),
        "MUI64S": typed_map("map[uint64]string", "", {u64(2): "ui642", u64(3): "ui643"}),
        "MI8S": typed_map("map[int8]string", "", {i8(2): "i82", i8(3): "i83"}),
        "MUI8S": typed_map("map[uint8]string", "", {u8(2): "u82", u8(3): "u83"}),
    }


def _error(text: str) -> Any:
    raise FunctionError(text)


def _functions() -> dict[str, Any]:
    return {
        "BinaryFunc": signature("BinaryFunc", "string, string -> string", lambda a, b: f"[{a}={b}]"),
        "VariadicFunc": signature("VariadicFunc", "...string -> string", lambda *s: f"<{'+'.join(s)}>"),
        "VariadicFuncInt": signature("VariadicFuncInt", "int, ...string -> string", lambda a, *s: f"{a}=<{'+'.join(s)}>"),
        "NilOKFunc": signature("NilOKFunc", "*int -> bool", lambda v: v is None or getattr(v, "text", "") == "<nil>"),
        "ErrFunc": signature("ErrFunc", " -> string", lambda: "bla"),
        "PanicFunc": signature("PanicFunc", " -> string", lambda: _error("test panic")),
    }


def _methods(make: Any) -> dict[str, GoFunction]:
    rows = (
        ("Method0", " -> string", lambda: "M0"),
        ("Method1", "int -> int", lambda a: a),
        ("Method2", "any, string -> string", lambda a, b: f"Method2: {a} {b}"),
        ("Method3", "any -> string", lambda v: f"Method3: {'<nil>' if v in (None, 0) else v}"),
        ("Copy", " -> ", make),
        ("MAdd", "int, []int -> []int", lambda a, b: IntSlice(a + v for v in b)),
        ("MyError", "bool -> bool", lambda v: _error("my error") if v else False),
        ("GetU", " -> ", _u),
    )
    return {name: signature(name, text, call) for name, text, call in rows}


def _u() -> Struct:
    made = Struct("*template.U", {"V": "v"})
    made.methods["TrueFalse"] = signature("TrueFalse", "bool -> string", lambda b: "true" if b else "")
    return made


def t_value() -> Struct:
    """Return the value tVal of Go's tests."""
    made = Struct("*template.T")
    made.methods = _methods(t_value)
    inner = Struct("*template.T", {"X": "x"})
    inner.methods = _methods(t_value)
    made.fields = {
        "True": True, "I": 17, "U16": kinds.Uint16(16), "X": "x", "S": "xyz", "FloatZero": 0.0, "ComplexZero": 0j,
        "U": _u(), "V0": Struct("template.V", {}, "<6666>"), "V1": Struct("*template.V", {}, "<7777>"),
        "V2": Struct("*template.V", {}, "nilV"), "W0": Struct("template.W", {}, "[888]"),
        "W1": Struct("*template.W", {}, "[999]"), "W2": Struct("*template.W", {}, "nilW"),
        "SI": IntSlice([3, 4, 5]), "SICap": Capacity([0] * 5), "SIEmpty": IntSlice(), "SB": [True, False],
        "AI": IntSlice([3, 4, 5]), "PAI": IntSlice([3, 4, 5]), **_maps(),
        "SMSI": [typed_map("map[string]int", 0, v) for v in ({"one": 1, "two": 2}, {"eleven": 11, "twelve": 12})],
        "Empty0": None, "Empty1": 3, "Empty2": "empty2", "Empty3": IntSlice([7, 8]),
        "Empty4": Struct("*template.U", {"V": "UinEmpty"}), "NonEmptyInterface": inner,
        "NonEmptyInterfacePtS": StringSlice(["a", "b"]), "NonEmptyInterfaceNil": None,
        "NonEmptyInterfaceTypedNil": inner, "Str": Struct("*bytes.Buffer", {}, "foozle"),
        "Err": Struct("*errors.errorString", {}, "erroozle"), "PI": 23, "PS": "a string",
        "PSI": IntSlice([21, 22, 23]), "NIL": Struct("*int", {}, "<nil>"), "UPI": Uintptr(1), "EmptyUPI": Uintptr(0),
        "Tmpl": Struct("*template.Template", {}, "test template"), **_functions(),
    }  # fmt: skip
    return made


_NUMBERS = {
    f"{sign}int{size}": getattr(kinds, f"{sign}int{size}".capitalize()) for sign in ("", "u") for size in ("8", "16", "32", "64")
}


def _with_method0() -> Struct:
    made = Struct("*template.I")
    made.methods["Method0"] = signature("Method0", " -> string", lambda: "M0")
    return made


_BY_NAME = {
    "Interface Call": lambda: {"S": Stringer("fmt.Stringer", {}, "foozle")},
    "bug1": _with_method0,
    "bug11": lambda: Struct("template.T", {"PS": NilString("*string")}),
    "bug18a": lambda: kinds.Int32(ord(".")),
    "bug18b": lambda: kinds.Int32(ord("e")),
}


def struct_value(case: dict[str, Any]) -> Any:
    """Return the data of a case whose Go type is not JSON."""
    go_type = case["data_type"]
    if case["name"] in _BY_NAME:
        return _BY_NAME[case["name"]]()
    if go_type in ("*template.T", "template.T"):
        return t_value()
    if go_type == "[]*template.T":
        return [t_value()]
    if go_type in _NUMBERS:
        return _NUMBERS[go_type](5)
    plain = {"int": 5, "uint": kinds.Uint(5), "uintptr": Uintptr(5), "complex128": 16.2 - 17j}
    if go_type in plain:
        return plain[go_type]
    if go_type.startswith("iter.Seq["):
        return Letters(go_type, [] if case["name"].endswith("else") else [0, 1])
    if go_type.startswith("iter.Seq2["):
        return Pairs(go_type, [] if case["name"].endswith("else") else [(0, 1), (1, 2)])
    if go_type.startswith("struct {"):
        return Struct(go_type, {"a": 7, "b": "seven"})
    raise NotImplementedError(go_type)


def _makemap(*pairs: str) -> TypedMap:
    return typed_map("map[string]string", "", dict(zip(pairs[::2], pairs[1::2], strict=True)))


_FUNCS = (
    ("add", "...int -> int", lambda *n: sum(n)),
    ("count", "int -> ", lambda n: Letters("chan string", [chr(97 + i) for i in range(n)]) if n else None),
    ("dddArg", "int, ...string -> string", lambda a, *b: sprintln(a, list(b))),
    ("die", " -> bool", lambda: _error("BOOM")),
    ("echo", "any -> ", lambda x: x),
    ("makemap", "...string -> ", _makemap),
    ("mapOfThree", " -> ", lambda: typed_map("map[string]int", 0, {"three": 3})),
    ("oneArg", "string -> string", lambda s: "oneArg=" + s),
    ("returnInt", " -> int", lambda: 7),
    ("stringer", "fmt.Stringer -> string", lambda v: v.go_string()),
    ("twoArgs", "string, string -> string", lambda a, b: f"twoArgs={a}{b}"),
    ("typeOf", "any -> string", kinds.type_name),
    ("valueString", "string -> string", lambda s: "value is ignored"),
    ("vfunc", "any, any -> string", lambda a, b: "vfunc"),
    ("zeroArgs", " -> string", lambda: "zeroArgs"),
)


def test_functions(names: list[str]) -> dict[str, GoFunction]:
    """Return the test functions a case needs."""
    return {name: signature(name, text, call) for name, text, call in _FUNCS if name in names}


test_functions.__test__ = False  # type: ignore[attr-defined]
