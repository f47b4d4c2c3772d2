"""A layer's evidence tells which kernels a file of measured choices takes, and claims no more."""

import hashlib
import json
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from convproof import nn
from convproof.index_maps import Sizes
from convproof.theorems.addresses import PROOFS as ADDRESSES
from convproof_gpu import cache, tuned
from convproof_gpu.choices import Choice, Question
from convproof_gpu.cubin import digest
from convproof_gpu.halo_plans import HALO_TILES
from convproof_gpu.layers import conv, conv_transpose
from convproof_gpu.measuring.rows import rows
from convproof_gpu.recording import ALONE, inputs_of
from convproof_gpu.tiles import SMALL, TensorTile
from convproof_gpu.tuned import Entry, TuningWarning, added, facts_of, read
from convproof_gpu.tuning import lawful, questions

VERSIONS = {"device": "NVIDIA H200 (sm_90)", "CUDA driver": "13000", "NVRTC": "13"}
LAYER = nn.Conv2d(64, 128, 3, padding=1, precision="tf32")
SHAPE = (32, 64, 56, 56)
HALO = Choice(HALO_TILES[0])


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep what is measured in a folder of the test's own."""
    (tmp_path / "tuned").mkdir()
    monkeypatch.setattr(tuned, "folder", lambda kind: tmp_path / kind)
    monkeypatch.setattr(tuned, "wanted", lambda: tmp_path)
    monkeypatch.delenv(tuned.SWITCH, raising=False)
    return tmp_path / "tuned"


def asked(layer: Any, shape: tuple[int, ...], product: Any, element: str = "float") -> Question:
    room: Any = conv_transpose if isinstance(layer, nn.ConvTranspose2d) else conv
    return Question(product, room.sizes_of(layer.spec, shape), element, "tf32")


def keep(choice: Choice, *held: Question, **more: str) -> Path:
    return added(facts_of(VERSIONS | more), dict.fromkeys(held, Entry(choice, 1.0, 2.0)))


def test_a_kernel_that_a_file_alone_chooses_is_told_with_its_proofs_and_no_case() -> None:
    """By the file's name and hash, without a folder; and of what runs no case is claimed."""
    held = [asked(LAYER, SHAPE, product) for product in ("conv_forward", "conv_input_vjp")]
    path, found = keep(HALO, *held), LAYER.evidence(input_size=SHAPE)
    choice, other = found.chosen
    assert (choice.function, other.function) == ("conv2d", "conv2d_input")
    content = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    assert (choice.of.file, choice.of.digest) == (path.name, content)
    assert dict(choice.kernels) == {n: digest(n)[:16] for n in ("conv_tensor", "conv_halo")}
    told = str(found)
    assert f"gpu: by the tuned file {path.name} {content}, measured on NVIDIA H200" in told
    assert f"conv2d of 32x64x56x56: conv_tensor {digest('conv_tensor')[:16]}, conv_halo" in told
    assert "conv_halo: measured choices alone launch it, and no evidence file says" in told
    assert told.count("convproof prove halo int32_halo") == 1
    assert str(path.parent) not in told
    assert all("conv_halo" not in run.kernels for run in found.runs)


def test_a_choice_of_a_kernel_that_cases_reach_is_told_of_its_file() -> None:
    """A tile of floats is one choice; what is known of its kernel stands beside."""
    keep(Choice(SMALL), asked(LAYER, SHAPE, "conv_weight_vjp"))
    found = LAYER.evidence()
    (choice,) = found.chosen
    assert (choice.function, choice.of.input_shape) == ("conv2d_weight", SHAPE)
    assert next(iter(choice.kernels)) == "conv_weight_vjp"
    assert choice.of.alone == ()
    assert "no evidence file" not in str(found)


@pytest.mark.parametrize("operation", ["forward", "input_vjp"])
def test_another_precision_size_or_switch_has_no_such_choice(
    operation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is of tf32 and of one input, as calls are; with CONVPROOF_TUNED=0 of none."""
    keep(HALO, asked(LAYER, SHAPE, f"conv_{operation}"))
    assert len(LAYER.evidence(input_size=SHAPE).chosen) == len(LAYER.evidence().chosen) == 1
    assert nn.Conv2d(64, 128, 3, padding=1).evidence().chosen == ()
    assert nn.Conv2d(64, 128, 3, precision="tf32").evidence().chosen == ()
    assert LAYER.evidence(input_size=(16, *SHAPE[1:])).chosen == ()
    assert LAYER.evidence(dtype="float16").chosen == ()
    assert nn.ReLU().evidence(input_size=SHAPE).chosen == ()
    monkeypatch.setenv(tuned.SWITCH, "0")
    assert LAYER.evidence(input_size=SHAPE).chosen == ()


def test_elements_of_16_bits_are_asked_of_their_own_choices() -> None:
    """Whatever the layer's precision of floats."""
    keep(HALO, asked(LAYER, SHAPE, "conv_forward", "__half"))
    assert len(LAYER.evidence(dtype="float16").chosen) == 1
    assert LAYER.evidence().chosen == ()


def test_a_file_of_other_kernels_or_a_damaged_one_is_passed_over(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Today's calls do not take it either."""
    path = keep(HALO, asked(LAYER, SHAPE, "conv_forward"))
    with monkeypatch.context() as changed:
        changed.setattr(tuned, "digest", lambda file: digest(file) + "x")
        assert LAYER.evidence().chosen == ()
    assert len(LAYER.evidence().chosen) == 1
    facts = {"facts": facts_of(VERSIONS) | {"device": [1]}}
    for damaged in ("{", json.dumps(json.loads(path.read_text()) | facts)):
        path.write_text(damaged)
        with pytest.warns(TuningWarning) as told:
            assert LAYER.evidence().chosen == ()
        assert len(told) == 1
    shutil.rmtree(place)
    assert LAYER.evidence().chosen == ()


def test_a_file_that_no_call_reads_is_not_told(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy by another name, and those of a folder that cannot be written or looked into."""
    path = keep(HALO, asked(LAYER, SHAPE, "conv_forward"))
    shutil.copy(path, path.with_stem("before"))
    assert [choice.of.file for choice in LAYER.evidence().chosen] == [path.name]
    with monkeypatch.context() as changed:
        changed.setattr(tuned, "folder", lambda kind: place.parent / "another" / kind)
        assert read(facts_of(VERSIONS)) == {}
        assert LAYER.evidence().chosen == ()

    class Refused(type(place)):  # type: ignore[misc]  # of this system
        def is_dir(self) -> bool:
            raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tuned, "wanted", lambda: Refused(place.parent))
    assert LAYER.evidence().chosen == ()


def test_who_has_no_home_has_evidence_and_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is kept there, and nothing is told."""

    def none() -> Path:
        msg = "Could not determine home directory."
        raise RuntimeError(msg)

    monkeypatch.setattr(Path, "home", none)
    for name in ("CONVPROOF_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tuned, "wanted", cache.wanted)
    assert not cache.is_writable("tuned")
    assert cache.folder.__wrapped__("tuned").is_dir()
    assert LAYER.evidence().chosen == ()


def test_each_device_has_a_file_of_its_own() -> None:
    question = asked(LAYER, SHAPE, "conv_forward")
    for device in ("NVIDIA H200 (sm_90)", "NVIDIA A100 (sm_80)"):
        keep(HALO, question, device=device)
    devices = [choice.of.device for choice in LAYER.evidence().chosen]
    assert devices == ["NVIDIA A100 (sm_80)", "NVIDIA H200 (sm_90)"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (LAYER, SHAPE),
        (nn.Conv2d(64, 64, 3, padding=1, padding_mode="circular", precision="tf32"), (4, 64, 9, 8)),
        (nn.Conv2d(64, 64, 3, padding="same", precision="tf32"), (4, 64, 9, 8)),
        (nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, precision="tf32"), (8, 64, 14, 12)),
        (nn.Conv2d(8, 64, 3, groups=2, precision="tf32"), (4, 8, 9, 8)),
    ],
)
def test_the_input_of_a_question_is_found_again(layer: Any, shape: tuple[int, ...]) -> None:
    """The shape whose call asks it is among those that are tried."""
    assert shape in inputs_of(layer.spec, [asked(layer, shape, "conv_forward")])


def test_a_question_of_an_input_smaller_than_a_border_is_of_another_layer() -> None:
    """3 - 2 - 2 positions are none."""
    layer = nn.Conv2d(64, 64, 3, padding=2, padding_mode="circular", precision="tf32")
    other = nn.Conv2d(64, 64, 3, padding=1, precision="tf32")
    keep(HALO, asked(other, (4, 64, 3, 3), "conv_forward"))
    assert layer.evidence().chosen == ()
    assert len(other.evidence().chosen) == 1


def test_a_fully_connected_layer_is_told_too() -> None:
    layer = nn.Linear(512, 256, precision="tf32")
    one = (1,)
    sizes = Sizes(
        batch=64, groups=1, in_channels=512, out_channels=256, input=one, kernel=one, output=one,
        stride=one, dilation=one, low=(0,),
    )  # fmt: skip
    keep(Choice(TensorTile(64, 64, "tf32")), Question("conv_forward", sizes, "float", "tf32"))
    (choice,) = layer.evidence().chosen
    assert (choice.function, choice.of.input_shape) == ("linear", (64, 512))


def test_what_choices_alone_launch_is_what_tuning_tries_and_no_layer_launches() -> None:
    """ALONE is exact: of the candidates of VGG-16, the kernels that the table never takes."""
    tried: set[str] = set()
    for row in rows(("vgg16",), ("forward", "input_vjp"), 32, "vgg16/conv5,vgg16/conv13"):
        (question,) = questions(row, "tf32")
        for each in lawful(row, "tf32", question):
            tried |= {launch.kernel.file for launch in each.plan.launches}
    by_table = {"conv_forward", "conv_input_vjp", "conv_tensor"}
    assert tried - by_table == set(ALONE)


def test_the_proofs_that_are_named_are_of_its_addresses() -> None:
    """Each that proves a map of ``index_maps.halo``, and that of 32 bits; by a name that runs."""
    proving = {}
    for name in ADDRESSES:
        module = import_module(f"convproof.theorems.addresses.{name}")
        proving[module.PROOF.name] = getattr(module, "PROVES", ())
    of_maps = {n for n, maps in proving.items() if any(m.startswith("halo.") for m in maps)}
    assert set(ALONE["conv_halo"]) == of_maps | {"int32_halo"}
