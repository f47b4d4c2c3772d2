"""What was measured, kept on disk: whole, of just these facts, and taken by the calls after it."""

import json
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convproof import functional
from convproof.cli import run
from convproof.errors import UnsupportedError
from convproof.implementation import load_implementation
from convproof.index_maps import Sizes
from convproof.layers import Conv
from convproof_gpu import cache, device, tuned
from convproof_gpu.candidates import choices
from convproof_gpu.choices import Choice, Product, Question, chosen
from convproof_gpu.cubin import digest
from convproof_gpu.halo_plans import HALO_TILES
from convproof_gpu.simulated import Simulated
from convproof_gpu.tiles import FLAT, PRECISIONS, SMALL, TensorTile
from convproof_gpu.tuned import Entry, TuningWarning, added, facts_of, path_of, read

FACTS = {"device": "NVIDIA H200 (sm_90)", "CUDA driver": "13000", "NVRTC": "13", "kernels": "ab"}
SIZES = Sizes(
    batch=1, groups=1, in_channels=2, out_channels=20, input=(5, 5), kernel=(3, 3), output=(5, 5),
    stride=(1, 1), dilation=(1, 1), low=(1, 1),
)  # fmt: skip
LAYER = Conv(
    in_channels=2, out_channels=20, kernel_size=(3, 3), stride=(1, 1), padding=((1, 1), (1, 1)),
    dilation=(1, 1), bias=False,
)  # fmt: skip
QUESTION = Question("conv_forward", SIZES, "float", "float32")
ENTRY = Entry(Choice(SMALL, 0), 3.5, 4.0)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is measured in a folder of the test's own."""
    monkeypatch.setattr(tuned, "folder", lambda kind: tmp_path / str(kind == "tuned"))
    monkeypatch.delenv(tuned.SWITCH, raising=False)
    (tmp_path / "True").mkdir()
    return tmp_path


@st.composite
def questions(draw: st.DrawFn) -> Question:
    dims = draw(st.integers(1, 3))
    ends = {
        "input": (0, 99), "kernel": (1, 9), "output": (0, 99), "stride": (1, 3), "dilation": (1, 9),
        "low": (-9, 9),
    }  # fmt: skip
    axes: dict[str, Any] = {
        name: tuple(draw(st.lists(st.integers(*of), min_size=dims, max_size=dims)))
        for name, of in ends.items()
    }
    counts: dict[str, Any] = {n: draw(st.integers(0, 9999)) for n in ("batch", "groups")}
    channels: dict[str, Any] = {
        n: draw(st.integers(0, 9999)) for n in ("in_channels", "out_channels")
    }
    return Question(
        draw(st.sampled_from(get_args(Product))),
        Sizes(**counts, **channels, **axes),
        draw(st.sampled_from(["float", "__half", "__nv_bfloat16"])),
        draw(st.sampled_from(PRECISIONS)),
    )


@st.composite
def answered(draw: st.DrawFn) -> tuple[Question, Entry]:
    question = draw(questions())
    choice = draw(st.sampled_from(list(choices(question))))
    return question, Entry(choice, draw(st.floats(0.1, 1e6)), draw(st.floats(0.1, 1e6)))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(held=st.lists(answered(), max_size=4).map(dict))
def test_what_is_added_is_read_with_what_was_there(held: dict[Question, Entry]) -> None:
    """read after = (read before) | added: the later answer to a question stays."""
    before = read(FACTS)
    added(FACTS, held)
    assert read(FACTS) == before | held


def of_batch(batch: int) -> Question:
    return replace(QUESTION, sizes=replace(SIZES, batch=batch))


def is_locked(path: Path) -> bool:
    with path.with_suffix(".lock").open("w") as file:
        try:
            flock(file, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_a_file_is_read_and_written_in_one_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock is held when the file is read, still when it is written, and not after."""
    path, seen = path_of(FACTS), []

    def noting(before: Any) -> Any:
        def call(*given: Any) -> Any:
            seen.append((before.__name__, is_locked(path)))
            return before(*given)

        return call

    for name in ("_of_just", "write"):
        monkeypatch.setattr(tuned, name, noting(getattr(tuned, name)))
    added(FACTS, {QUESTION: ENTRY})
    assert seen == [("_of_just", True), ("write", True)]
    assert not is_locked(path)


def test_what_is_tuned_at_once_is_all_kept() -> None:
    """Four add eight choices each, and 32 are there."""
    with ThreadPoolExecutor(4) as several:
        for _ in several.map(lambda n: added(FACTS, {of_batch(n): ENTRY}), range(1, 33)):
            pass
    assert read(FACTS) == {of_batch(n): ENTRY for n in range(1, 33)}


@pytest.mark.full
def test_processes_that_tune_at_once_lose_nothing() -> None:
    """Two add sixteen choices each, in turn or not."""
    script = (
        "import sys; from pathlib import Path; from convproof_gpu import tuned\n"
        "from tests.gpu.test_tuned import ENTRY, FACTS, of_batch\n"
        "tuned.folder = lambda kind: Path(sys.argv[1])\n"
        "for n in range(int(sys.argv[2]), 33, 2): tuned.added(FACTS, {of_batch(n): ENTRY})\n"
    )
    path, root = path_of(FACTS).parent, Path(__file__).parents[2]
    begun = [
        subprocess.Popen([sys.executable, "-c", script, path, str(first)], cwd=root)
        for first in (1, 2)
    ]
    assert [each.wait(120) for each in begun] == [0, 0]
    assert read(FACTS) == {of_batch(n): ENTRY for n in range(1, 33)}


@pytest.mark.parametrize("tile", [TensorTile(128, 128, "tf32"), HALO_TILES[0]])
def test_float32_is_never_tf32_whatever_a_file_says(tile: Any) -> None:
    """Not read, with a warning; and a machine that is told so refuses."""
    added(FACTS, {QUESTION: Entry(Choice(tile, 0), 3.5, 4.0)})
    with pytest.warns(TuningWarning, match="no choice for float32"):
        assert read(FACTS) == {}
    machine = Simulated().with_choices({QUESTION: Choice(tile)})
    with pytest.raises(UnsupportedError, match="asked for in float32"):
        chosen(machine, "conv_forward", SIZES, "float", None)


def test_nothing_is_read_where_nothing_was_written() -> None:
    assert read(FACTS) == {}


@pytest.mark.parametrize("name", [*FACTS, "more"])
def test_a_file_of_other_facts_is_passed_over(name: str) -> None:
    """Another driver, NVRTC or kernel: without a word, until it is written anew."""
    path = added(FACTS, {QUESTION: ENTRY})
    others = FACTS | {name: "another"}
    if name == "device":
        path.rename(path_of(others))
    assert read(others) == {}
    assert added(others, {QUESTION: ENTRY}) == path_of(others)
    assert read(others) == {QUESTION: ENTRY}


@pytest.mark.parametrize(
    ("changed", "tile"),
    [
        ({}, TensorTile(64, 64, "tf32")),  # 18 products
        ({"in_channels": 64, "stride": (2, 2), "output": (3, 3)}, HALO_TILES[0]),
        ({"in_channels": 128, "kernel": (1, 1), "low": (0, 0)}, HALO_TILES[0]),
    ],
)
def test_no_file_makes_a_call_fail_or_less_exact(changed: dict[str, Any], tile: Any) -> None:
    """A tile of a sum too short for it, and one that does not take the convolution, are not read.

    The calls take the table's.
    """
    question = replace(QUESTION, sizes=replace(SIZES, **changed), precision="tf32")
    added(FACTS, {question: Entry(Choice(tile, 0), 3.5, 4.0)})
    with pytest.warns(TuningWarning, match="no choice for tf32"):
        assert read(FACTS) == {}
    lawful = replace(question, sizes=replace(SIZES, in_channels=64))
    added(FACTS, held := {lawful: Entry(Choice(tile, 0), 3.5, 4.0)})
    assert read(FACTS) == held


def damaged(text: str) -> list[str]:
    """Return texts that a file may have become."""
    whole = json.loads(text)
    changes: list[tuple[str, Any]] = [
        ("tile", "Tile<1, 2, 3, 4, 5>"), ("parts", -1), ("parts", True), ("parts", 3),
        ("product", "conv_sideways"), ("element", "double"), ("precision", "tf16"), ("sizes", {}),
        ("us", None), ("sizes", 3), ("us", float("nan")),
        *(
            ("sizes", {**whole["entries"][0]["sizes"], name: wrong})
            for name, wrong in (
                ("batch", "1"), ("stride", [0, 1]), ("low", [1]), ("kernel", 3), ("batch", 2**63),
                ("stride", [2**30, 1]),
            )
        ),
    ]  # fmt: skip
    found = [json.dumps(whole | {"entries": [whole["entries"][0] | {k: v}]}) for k, v in changes]
    return [*found, "", text[:-9], "[]", "null", json.dumps({"schema": tuned.SCHEMA})]


def test_a_damaged_file_is_one_warning_and_is_replaced() -> None:
    text = added(FACTS, {QUESTION: ENTRY}).read_text()
    for broken in damaged(text):
        path_of(FACTS).write_text(broken)
        with pytest.warns(TuningWarning, match="it is damaged") as told:
            assert read(FACTS) == {}
        assert len(told) == len(str(told[0].message).splitlines()) == 1
        added(FACTS, {QUESTION: ENTRY})  # nothing of it is kept, and no word of it said again
        assert read(FACTS) == {QUESTION: ENTRY}


def test_a_file_is_whole_or_what_it_was(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """A disk that is full when the second one is written leaves the first."""
    path = added(FACTS, {QUESTION: ENTRY})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("convproof.whole.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        added(FACTS, {})
    assert read(FACTS) == {QUESTION: ENTRY}
    assert list(place.rglob("*.json")) == [path]
    assert not list(place.rglob(f".{path.name}*"))  # no draft


def test_facts_are_of_the_device_its_driver_nvrtc_and_every_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions = {"device": "a", "CUDA driver": "b", "NVRTC": "c", "cupy-cuda13x": "14"}
    before = facts_of(versions)
    assert [before[name] for name in ("device", "CUDA driver", "NVRTC")] == ["a", "b", "c"]
    changed = "relu_forward"
    monkeypatch.setattr(tuned, "digest", lambda file: digest(file) + "x" * (file == changed))
    assert facts_of(versions)["kernels"] != before["kernels"]


@pytest.fixture
def loaded(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the kernels that a stand-in for a GPU has loaded, in order."""
    del cupy
    names: list[str] = []
    before = vars(device)["kept"]

    def kept(file: str, arch: str, expression: str) -> Any:
        names.append(expression)
        return before(file, arch, expression)

    monkeypatch.setattr(device, "kept", kept)
    return names


def call(cupy: Any, wing: Any = None) -> None:
    """Launch one product, whose answer is right."""
    x = np.arange(50, dtype=np.float32).reshape(1, 2, 5, 5) % 7
    w = np.arange(20 * 18, dtype=np.float32).reshape(20, 2, 3, 3) % 5
    (wing or load_implementation("gpu")).forward(LAYER, cupy.asarray(x), cupy.asarray(w))
    before = len(cupy.cuda.driver.launches)
    y = (wing or load_implementation("gpu")).forward(LAYER, cupy.asarray(x), cupy.asarray(w))
    assert len(cupy.cuda.driver.launches) == before + 1  # it is repeated
    assert np.array_equal(cupy.asnumpy(y), functional.conv2d(x, w, padding=1))


def kept(choice: Choice) -> Any:
    gpu: Any = load_implementation("gpu")
    added(facts_of(gpu.versions), {QUESTION: Entry(choice, 1.0, 2.0)})
    return gpu


def test_a_call_takes_the_tile_that_was_measured_also_where_one_was_prepared(
    cupy: Any, loaded: list[str]
) -> None:
    """The table's before, also when the file is there already, and the kept one when it is read."""
    call(cupy)
    gpu = kept(Choice(FLAT))
    call(cupy)
    assert len(loaded) == 1
    assert FLAT.argument not in loaded[0]
    gpu.retuned()
    call(cupy)
    assert FLAT.argument in loaded[1]


def test_a_new_process_takes_what_is_kept_unless_it_is_switched_off(
    cupy: Any, loaded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu = kept(Choice(FLAT))
    monkeypatch.setenv(tuned.SWITCH, "0")
    call(cupy)
    assert FLAT.argument not in loaded[0]
    assert dict(gpu.choices) == {}
    monkeypatch.delenv(tuned.SWITCH)
    gpu.retuned()
    call(cupy)
    assert FLAT.argument in loaded[1]
    assert dict(gpu.choices) == {QUESTION: Choice(FLAT)}


@pytest.mark.usefixtures("cupy")
def test_a_damaged_file_warns_once_and_not_at_every_call() -> None:
    gpu = kept(Choice(FLAT))
    path_of(facts_of(gpu.versions)).write_text("{")
    with pytest.warns(TuningWarning):
        assert QUESTION not in gpu.choices
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert QUESTION not in gpu.choices


def test_choices_that_are_tried_prepare_launches_of_their_own(cupy: Any, loaded: list[str]) -> None:
    """Neither side repeats what the other prepared."""
    gpu: Any = load_implementation("gpu")
    call(cupy)
    call(cupy, gpu.with_choices({QUESTION: Choice(FLAT)}))
    call(cupy)
    assert [FLAT.argument in name for name in loaded] == [False, True]


def test_it_is_asked_of_the_folder_itself_whether_it_can_be_written(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is above it may be, where it is not."""
    monkeypatch.setenv("CONVPROOF_CACHE", str(place))
    assert cache.is_writable("tuned")
    (place / "tuned").rmdir()
    (place / "tuned").touch()
    assert cache.is_writable()
    assert not cache.is_writable("tuned")


def test_what_is_measured_lies_beside_what_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the folder of ``$CONVPROOF_CACHE``, one file for each device."""
    monkeypatch.setattr(tuned, "folder", lambda kind: Path("cache") / kind)
    assert path_of(FACTS) == Path("cache/tuned/nvidia-h200-sm-90.json")


def test_plan_takes_what_calls_take_on_the_gpu_that_is_there(
    loaded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And launches nothing."""
    asked = ["plan", "1x2x5x5", "conv(3, 20, p1)", "--operation", "forward", "--json"]
    for choice in (None, Choice(FLAT)):
        if choice is not None:
            kept(choice).retuned()
        assert run(asked) == 0
        (launch,) = json.loads(capsys.readouterr().out)["plans"][0]["launches"]
        assert (launch["choice"] == "measured") == (choice is not None)
        assert (launch["tile"] == FLAT.argument) == (choice is not None)
    assert loaded == []
