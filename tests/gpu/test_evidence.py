"""What a layer launches is recorded, not listed, and evidence is of a source and no other."""

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convproof import nn
from convproof.cli import run
from convproof.errors import DTypeError, EvidenceError
from convproof.evidence import read, schema
from convproof.functions import FAMILIES
from convproof.nn.evidence import installed
from convproof.sources import all_sources, digests_of
from convproof.strategies import cases
from convproof_gpu import cubin
from convproof_gpu.machine import Kernel
from convproof_gpu.recording import KernelSources, Recorder, blank, least_input
from convproof_gpu.simulated import Simulated
from convproof_gpu.wing import Wing
from tests.nn.samples import INDEXED, SAMPLES, in_integers, integers

LAYERS = {name: layer for name, (layer, _) in SAMPLES.items()} | INDEXED
VERIFIED = [layer for names in FAMILIES.values() for layer in names]
NO_LAYERS = {"layout", "bias_forward", "conv_halo"}
QUICK = ["--seed", "1", "--examples", "6", "--in-process"]


@pytest.fixture(scope="module")
def evidence_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an evidence file about relu on the simulator."""
    path = str(tmp_path_factory.mktemp("evidence") / "relu.json")
    assert run(["verify", "sim", "--only", "relu", *QUICK, "--json", path]) == 0
    return path


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a copy of the kernels' folder that stands in the place of theirs."""
    folder = shutil.copytree(cubin.KERNELS, tmp_path / "kernels")
    cubin.digest.cache_clear()
    monkeypatch.setattr(cubin, "KERNELS", folder)
    yield folder
    cubin.digest.cache_clear()


def _changed(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8") + "// changed\n", encoding="utf-8")
    cubin.digest.cache_clear()


def _launched(layer: Any, *, many: bool = False) -> dict[Any, tuple[str, ...]]:
    sources = KernelSources()
    return sources.launched(layer.spec, "float32", sources.inputs(layer.spec)[many])


def test_a_convolution_launches_its_products() -> None:
    """Forward, its two adjoints and the sum of a bias; other kernels where there are many."""
    conv = nn.Conv2d(3, 32, 3, padding=1)
    few = {
        "forward": ("conv_forward",),
        "input": ("conv_input_vjp",),
        "weight": ("conv_weight_vjp",),
        "bias": ("bias_vjp",),
    }
    assert _launched(conv) == few
    assert _launched(conv, many=True) == {
        "forward": ("few_channels_forward",),
        "input": ("few_channels_input_vjp",),
        "weight": ("few_channels_weight_vjp", "sum_parts"),
        "bias": ("bias_vjp",),
    }
    transposed = nn.ConvTranspose2d(3, 8, 3)
    assert _launched(transposed)["forward"] == ("conv_input_vjp",)
    assert _launched(nn.ConvTranspose2d(8, 3, 3), many=True)["input"] == ("few_channels_forward",)
    assert _launched(transposed, many=True)["weight"] == ("conv_weight_vjp", "sum_parts")
    assert _launched(nn.Conv2d(64, 64, 3), many=True)["forward"] == ("conv_tensor",)
    assert _launched(nn.Conv2d(4, 8, 3, groups=4))["forward"] == ("depthwise_forward",)
    grouped = _launched(nn.Conv2d(8, 8, 3, groups=2), many=True)
    assert grouped["forward"] == grouped["input"] == ("grouped_forward",)
    assert _launched(nn.MaxPool2d(2)).keys() == {"forward", "input"}


class _Noting(Simulated):
    """The simulator, which also notes what it runs."""

    def __init__(self) -> None:
        self.kernels: dict[Kernel, None] = {}

    def run(self, kernel: Kernel, *given: Any) -> None:
        self.kernels[kernel] = None
        super().run(kernel, *given)


@pytest.mark.parametrize("name", ["Conv1d", "ConvTranspose2d", "Linear", "AvgPool2d", "Softmax"])
def test_the_recorder_notes_what_the_simulator_runs(name: str) -> None:
    """The same kernels, with the same template arguments."""
    layer, shape = SAMPLES[name]
    layer, noting, recorder = in_integers(layer), _Noting(), Recorder()
    x, arrays = integers(shape), list(layer.parameters.values())
    Wing(noting).forward(layer.spec, x, *arrays)
    Wing(recorder).forward(
        layer.spec, blank(shape, x.dtype), *(blank(a.shape, a.dtype) for a in arrays)
    )
    assert list(recorder.kernels) == list(noting.kernels)


def test_every_kernel_of_a_layer_is_recorded_of_some() -> None:
    """The union over all layers is every file but those that no layer's verb launches."""
    others = (
        nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(4, 4, 3, groups=4),
        nn.Conv2d(4, 4, 3, padding=1, groups=4),
        nn.Conv2d(8, 8, 3, groups=2),
        nn.Conv2d(64, 64, 3),
        nn.Conv2d(3, 64, 3),
        nn.Conv2d(64, 128, 1),
        nn.Conv2d(128, 64, 1),
        nn.CrossEntropyLoss(),
    )
    found = {
        file
        for layer in (*LAYERS.values(), *others)
        for many in (False, True)
        for files in _launched(layer, many=many).values()
        for file in files
    }
    assert found == set(digests_of("sim")) - NO_LAYERS


@pytest.mark.parametrize("layer", VERIFIED)
@given(data=st.data())
def test_the_least_input_is_one_that_the_layer_takes(layer: str, data: st.DataObject) -> None:
    """output_shape(least_input(layer)) is not empty, for every legal layer."""
    spec = data.draw(cases(layer)).layer
    assert all(size >= 1 for size in spec.output_shape(least_input(spec)))


@pytest.mark.parametrize("padding", [0, 1, ((2, 1),), "same", "valid"])
@pytest.mark.parametrize("options", [{}, {"stride": 1, "dilation": 2}])
def test_the_least_input_of_unshared_weights_has_their_positions(
    padding: Any, options: Any
) -> None:
    spec = nn.LocallyConnected1d(1, 1, 5, 3, padding=padding, **options).spec
    assert spec.output_shape(least_input(spec)) == (1, 1, 5)


def test_evidence_names_the_sources_that_it_is_of(evidence_file: str) -> None:
    """The document's hashes are those of today's files, of the kernels' targets alone."""
    document = read(evidence_file)
    jsonschema.Draft202012Validator(schema()).validate(document)
    (target,) = document["targets"]
    assert target["sources"] == digests_of("sim") == digests_of("gpu")
    assert target["sources"]["relu_forward"] == cubin.digest("relu_forward")[:16]
    assert digests_of("numpy") == {}
    assert all_sources().keys() == {"sim", "gpu"}
    target["sources"]["relu_forward"] = "unknown"
    assert not jsonschema.Draft202012Validator(schema()).is_valid(document)


def test_a_layer_tells_what_was_tested_of_it(evidence_file: str) -> None:
    """Counts of the file, by equality and by bound; nothing is called proved."""
    found = nn.ReLU().evidence(evidence_file)
    told = next(each for each in found.runs if each.seed == 1)
    rows = [row for row in read(evidence_file)["targets"][0]["theorems"] if row["examples"]]
    for tested in told.functions:
        own = {row["theorem"]: row for row in rows if row["function"] == tested.function}
        exact = own["exact"]
        assert tested.exact == exact["examples"] - sum(exact["weak"].values())
        assert set(tested.holding) == {law for law, row in own.items() if row["verdict"] == "pass"}
        assert tested.weak == sum(sum(row["weak"].values()) for row in own.values())
        assert not tested.broken
    assert [tested.function for tested in told.functions] == ["relu", "relu_input"]
    assert (told.target, told.stale, found.stale, told.unasked) == ("sim", (), (), ())
    assert dict(found.kernels) == {
        n: cubin.digest(n)[:16] for n in ("relu_forward", "relu_input_vjp")
    }
    assert "of just these sources" in str(found)
    assert "equal on" in str(found)
    assert "prove" not in str(found)


@pytest.mark.parametrize("file", ["relu_forward.cu", "element.cuh"])
def test_a_changed_kernel_makes_its_evidence_stale(
    file: str, evidence_file: str, kernels: Path
) -> None:
    """Itself, or a file that it includes; it says what changed and what to run."""
    assert nn.ReLU().evidence(evidence_file).stale == ()
    _changed(kernels / file)
    found = nn.ReLU().evidence(evidence_file)
    changed = ("relu_forward",) if file == "relu_forward.cu" else ("relu_forward", "relu_input_vjp")
    assert found.stale == changed
    date = read(evidence_file)["created"][:10]
    command = "convproof verify sim --only relu --json FILE"
    assert f"stale: {', '.join(changed)} changed since {date}; run: {command}" in str(found)


def test_a_change_elsewhere_leaves_the_evidence_fresh(evidence_file: str, kernels: Path) -> None:
    _changed(kernels / "conv_forward.cu")
    assert nn.ReLU().evidence(evidence_file).stale == ()


def test_what_was_not_asked_has_no_evidence(
    evidence_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another layer, another dtype, and a layer that cannot be asked: each says so."""
    monkeypatch.setattr("convproof.nn.evidence.installed", tuple)
    tanh = nn.Tanh().evidence(evidence_file)
    assert (tanh.runs, tanh.stale) == ((), ())
    command = "convproof verify sim --only tanh --json FILE, then evidence('FILE')"
    assert f"sim: no evidence; run: {command}" in str(tanh)
    half = nn.ReLU().evidence(evidence_file, dtype="float16")
    assert "run: convproof verify sim --only relu --dtype float16 --json FILE" in str(half)
    assert "kernels take float32" in nn.ReLU().evidence(dtype="float64").reason
    assert "does not ask scaled_tanh" in nn.ScaledTanh().evidence().reason
    assert nn.Conv2d(1, 1, 2, dtype="float16").evidence().dtype == "float16"


def test_what_only_large_inputs_launch_is_said_to_be_beyond_the_cases() -> None:
    """The kernels of few channels and of tensor cores, and the sum of parts."""
    conv = nn.Conv2d(3, 96, 3)
    firsts = ("few_channels_forward", "few_channels_input_vjp", "few_channels_weight_vjp")
    large = (*firsts, "sum_parts")
    assert conv.evidence().beyond == large
    assert f"for large inputs alone: {', '.join(large)}" in str(conv.evidence())
    small = conv.evidence(input_size=(1, 3, 9, 9))
    assert small.beyond == ()
    assert not {*large} & {*small.kernels}
    assert conv.evidence(input_size=(8, 3, 299, 299)).beyond == large
    few = ("conv_tensor", "few_channels_forward", "few_channels_weight_vjp", "sum_parts")
    assert conv.evidence(input_size=(1, 3, 99, 99)).beyond == few
    assert nn.Conv2d(64, 64, 3).evidence().beyond == ("conv_tensor",)


@pytest.mark.parametrize(
    ("layer", "size", "computed"),
    [
        (nn.Conv2d(64, 128, 3, padding=1), (32, 64, 56, 56), {"conv2d": "conv_tensor"}),
        (
            nn.Conv2d(3, 96, 3),
            (32, 3, 99, 99),
            {"conv2d": "few_channels_forward", "conv2d_weight": "few_channels_weight_vjp"},
        ),
        (nn.Conv2d(3, 96, 3), (1, 3, 9, 9), {}),
        (nn.Conv2d(3, 96, 3), None, {}),
    ],
)
def test_cases_are_no_evidence_of_kernels_that_they_did_not_reach(
    layer: Any, size: Any, computed: dict[str, str]
) -> None:
    """Of a function that only such kernels compute for this input, they are said, and no count."""
    (current, *_) = layer.evidence(input_size=size).runs
    told = {tested.function: str(tested) for tested in current.functions}
    assert told["conv2d_bias"].count("equal on")
    for function, kernel in computed.items():
        assert told[function].startswith(f"{function}: computed by {kernel}")
        assert told[function].endswith(", which no case reached")
    if not computed:
        assert not any("computed by" in line for line in told.values())


def test_a_file_that_names_no_sources_is_of_none_that_are_known(
    evidence_file: str, tmp_path: Path
) -> None:
    document, path = read(evidence_file), tmp_path / "old.json"
    del document["targets"][0]["sources"]
    path.write_text(json.dumps(document), encoding="utf-8")
    (run_,) = [each for each in nn.ReLU().evidence(path).runs if each.seed == 1]
    assert run_.stale == ("relu_forward", "relu_input_vjp")
    assert "of sources that it does not name; run: convproof verify sim --only relu" in str(run_)


def test_a_broken_law_is_said_first(tmp_path: Path) -> None:
    """A target that is wrong, called ``sim`` in its evidence."""
    target, path = tmp_path / "wrong.py", tmp_path / "wrong.json"
    target.write_text("def relu(x):\n    return x.copy()\n", encoding="utf-8")
    assert run(["verify", f"{target}:relu", *QUICK, "--json", str(path)]) == 1
    document = read(path)
    document["targets"][0] |= {"target": "sim"}
    path.write_text(json.dumps(document), encoding="utf-8")
    told = next(each for each in nn.ReLU().evidence(path).runs if each.seed == 1)
    assert told.functions[0].broken[0] == "exact"
    assert str(told.functions[0]).startswith("relu: BROKEN: exact")
    assert "exact" not in told.functions[0].holding
    assert told.functions[0].exact == 0
    assert told.unasked == ("relu_input",)


def test_a_dtype_that_is_none_is_refused() -> None:
    with pytest.raises(DTypeError, match="got 'flot32'"):
        nn.ReLU().evidence(dtype="flot32")


def test_a_file_that_is_no_evidence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EvidenceError, match="is no evidence file"):
        nn.ReLU().evidence(tmp_path / "no.json")


@pytest.mark.full
@pytest.mark.parametrize("name", LAYERS)
def test_the_committed_evidence_is_of_the_committed_kernels(name: str) -> None:
    """Every layer that verification asks has evidence of just today's sources, no law broken."""
    assert installed(), "no evidence is committed"
    layer = LAYERS[name]
    found = layer.evidence()
    if layer.function not in VERIFIED:
        assert found.reason
        return
    (current, *_) = [each for each in found.runs if not each.stale and not each.unasked]
    assert not any(tested.broken for tested in current.functions)
    assert not found.stale
