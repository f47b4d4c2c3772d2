"""``convproof train``: a network learns to tell images apart.

convproof train convnet --data digits
convproof train two-layer --data cifar10:cifar-10-batches-bin --json two-layer.json
convproof train convnet --data mnist:mnist --checkpoint mnist.safetensors     (--resume to go on)
"""

from dataclasses import asdict, fields, replace
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import click

from convproof.cli.output import Output, Place, json_option

if TYPE_CHECKING:
    from convproof.training import Dataset, Recipe, Split, Trained


@click.command("train")
@click.argument("name", metavar="NETWORK")
@click.option("--data", "data", required=True, help="digits, faces, mnist:DIR or cifar10:DIR.")
@click.option(
    "--preset",
    type=click.Choice(["lecture", "digits"]),
    help="Recipe to begin with; default the lecture's where it has one.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Times that every image is seen.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Images of a step.")
@click.option("--lr", type=float, help="Learning rate of the first epoch.")
@click.option("--momentum", type=float, help="Share of the velocity that stays.")
@click.option("--weight-decay", type=float, help="Strength of |p|^2 / 2.")
@click.option("--schedule", help="constant, step:30:0.1, exponential:0.95 or cosine.")
@click.option(
    "--initial",
    type=click.Choice(["he", "xavier", "lecun", "gaussian"]),
    help="Rule of the first weights.",
)
@click.option("--std", type=float, help="Standard deviation of gaussian.")
@click.option("--crop", type=click.IntRange(min=0), help="Positions an image is shifted at most.")
@click.option("--flip/--no-flip", default=None, help="Mirror every other image.")
@click.option("--degrees", type=float, help="That an image is rotated at most.")
@click.option("--scale", type=float, help="By which an axis is stretched at most.")
@click.option("--shear", type=float, help="Columns per row that it is sheared at most.")
@click.option("--translate", type=float, help="Positions, also between pixels, at most.")
@click.option("--averaging", type=float, help="Decay of an average of the parameters; 0: none.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--split-seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Which images are the test part, of data that have none of their own.",
)
@click.option("--runs", type=click.IntRange(min=1), default=1, help="Seeds, from --seed on; 1.")
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Hold out a share of the training part and score it after every epoch.",
)
@click.option(
    "--search",
    "trials",
    type=click.IntRange(min=1),
    help="First draw so many learning rates and weight decays, and take the best on a validation "
    "part of the training part.",
)
@click.option(
    "--search-epochs", type=click.IntRange(min=1), default=5, show_default=True, help="Of a trial."
)
@click.option("--checkpoint", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint, to the same bits.")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the parameters to a safetensors file.",
)
@click.option("--implementation", default="numpy", show_default=True, help="See convproof list.")
@json_option
def command(
    name: str,
    data: str,
    preset: str | None,
    seed: int,
    split_seed: int,
    runs: int,
    validation: float | None,
    trials: int | None,
    search_epochs: int,
    checkpoint: Path | None,
    resume: bool,
    save: Path | None,
    implementation: str,
    json_path: str | None,
    **changes: Any,
) -> int:
    """Train NETWORK on images, and say how many of the test part it then tells right.

    NETWORK is linear, two-layer or convnet, built for the images; or a name that convproof network
    knows, or a network of your own in quotes. Data without a test part are split 80 to 20, each
    class alike; nothing is chosen by the test part. Interrupted trainings go on with --resume.
    """
    from convproof.networks import files
    from convproof.training import datasets, suited
    from convproof.training.presets import preset as chosen

    if resume and checkpoint is None:
        msg = "--resume goes on from a file: name it by --checkpoint."
        raise click.UsageError(msg)
    if runs > 1 and (checkpoint is not None or save is not None):
        msg = "--checkpoint and --save are of one training: leave out --runs."
        raise click.UsageError(msg)
    found = chosen(preset or "", name, data.partition(":")[0])
    recipe = changed(found.recipe, changes)
    parts = datasets.named(data, seed=split_seed)
    network = suited(name, parts.train)
    more = {"checkpoint": checkpoint, "resume": resume, "implementation": implementation}
    with Output(json_path) as output, Place(None if save is None else str(save), "--save"):
        say = partial(click.echo, err=output.owns_stdout)
        if trials is not None:
            recipe = _searched(network, parts.train, recipe, trials, search_epochs, seed, say)
        records = []
        for each in range(seed, seed + runs):
            trained, record = _one(network, parts, recipe, each, validation, more)
            records.append(record)
            say(_line(record, parts.test))
        if save is not None:
            files.write(save, trained.parameters)
        mean = sum(record["test"]["accuracy"] for record in records) / runs
        if runs > 1:
            say(f"mean test accuracy of {runs} seeds: {mean:.2%}")
        if found.figure is not None:
            say(f'lecture 7, "{found.figure.slide}": {found.figure.words}')
        output.write(
            "train",
            "trained",
            network=network.name,
            data=data,
            split_seed=split_seed,
            images={"train": len(parts.train), "test": len(parts.test)},
            recipe=recipe.as_record(),
            implementation=implementation,
            mean_test_accuracy=mean,
            lecture=asdict(found.figure) if found.figure is not None else None,
            runs=records,
        )
    return 0


def changed(recipe: "Recipe", changes: dict[str, Any]) -> "Recipe":
    """Return a recipe with what the options say; None leaves it as it is."""
    from convproof.training.schedule import schedule

    given = {name: value for name, value in changes.items() if value is not None}
    names = {field.name for field in fields(recipe.augmentation)}
    ours = {name: given.pop(name) for name in names & set(given)}
    augmentation = replace(recipe.augmentation, **ours)
    if "schedule" in given:
        given["schedule"] = schedule(given["schedule"])
    return replace(recipe, augmentation=augmentation, **given)


def _one(
    network: Any,
    parts: "Split",
    recipe: "Recipe",
    seed: int,
    validation: float | None,
    more: dict[str, Any],
) -> tuple["Trained", dict[str, Any]]:
    """Return one training, and its record."""
    from convproof.training import split, train
    from convproof.training.progress import Bar

    train_part, held_out = parts.train, None
    if validation is not None:
        inner = split(parts.train, test=validation, seed=seed)
        train_part, held_out = inner.train, inner.test
    begin, cpu = perf_counter(), process_time()
    with Bar(recipe.epochs, f"{network.name}, seed {seed}") as bar:
        trained = train(
            network, train_part, recipe, validation=held_out, seed=seed, progress=bar, **more
        )
    took = {"wall": perf_counter() - begin, "cpu": process_time() - cpu}
    scores = {"train": trained.score(train_part), "test": trained.score(parts.test)}
    record = {
        "seed": seed,
        **{name: {"accuracy": each.accuracy, **asdict(each)} for name, each in scores.items()},
        "seconds": {name: round(seconds, 2) for name, seconds in took.items()},
        "curve": trained.curve,
    }
    return trained, record


def _searched(
    network: Any,
    train_part: "Dataset",
    recipe: "Recipe",
    trials: int,
    epochs: int,
    seed: int,
    say: Any,
) -> "Recipe":
    from convproof.training import search

    def tell(trial: Any) -> None:
        tried = f"lr {trial.recipe.lr:.2e}, weight decay {trial.recipe.weight_decay:.2e}"
        say(f"{tried}: validation accuracy {trial.accuracy:.2%}, loss {trial.loss:.4f}")

    found = search(
        network, train_part, recipe, trials=trials, epochs=epochs, seed=seed, progress=tell
    )
    best = found[0].recipe
    return replace(recipe, lr=best.lr, weight_decay=best.weight_decay)


def _line(record: dict[str, Any], test: "Dataset") -> str:
    scored, took = record["test"], record["seconds"]
    last = record["curve"][-1]
    held = f", validation {last['validation_accuracy']:.2%}" if "validation_loss" in last else ""
    return (
        f"seed {record['seed']}: test accuracy {scored['accuracy']:.2%} ({scored['correct']} of "
        f"{scored['images']} of {test.name}), training {record['train']['accuracy']:.2%}{held}; "
        f"{took['wall']:.0f} s, {took['cpu']:.0f} s of processors"
    )


def measured_steps(quick: bool) -> tuple[list[Any], Any]:
    """Return the networks whose steps are timed, and what makes a step of ours."""
    from convproof.benchmarks.training import LR, MOMENTUM, WEIGHT_DECAY, Batch, Case
    from convproof.implementation import load_implementation
    from convproof.networks import Network
    from convproof.networks.names import named
    from convproof.training import SGD
    from convproof.training.networks import small_convnet
    from convproof.training.stepping import stepper

    rule = SGD(lr=LR, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY)

    def ours(network: Network, batch: Batch, dropout: bool) -> Any:
        verbs = load_implementation("numpy")
        held = batch.parameters, batch.x, batch.labels
        return stepper(network, verbs, rule, *held, dropout=dropout)

    cases = [Case(network=small_convnet((1, 8, 8), 10), batch=32)]
    if not quick:
        cases += [Case(network=named(f"{of}-convnet"), batch=128) for of in ("mnist", "cifar10")]
    return cases, ours
