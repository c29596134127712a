"""Prove, on real films, what the loop from labels to a live model promises: `make prove`, about half an hour.

Each proof prints its figures; what it printed last is committed as `tests/prove.log`. MEDCORE_SHARED_DATA names the
folder of the real films. Names of proofs as arguments run those alone.
"""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from medcore.classifier.network import build_network
from medcore.classifier.runtime import import_keras
from medcore.dicom.items import PictureFacts
from medcore.evaluation.roc import auc
from medcore.labelling.taking import take
from medcore.labelling.upload import Upload, check_upload
from medcore.library import Job, LabelSet, Library
from medcore.settings import REPOSITORY, Settings
from medcore.training.asked import Asked, start_training
from medcore.training.batches import Batches
from medcore.training.contest import make_contest
from medcore.training.fit import fit
from medcore.training.labelled_films import gather
from medcore.training.order_trial import ORDERS, STEPS, compare_orders
from medcore.training.plan import make_recipe
from medcore.training.recipe import Phase, Recipe
from medcore.training.stored_films import StoredFilms, write_films
from medcore.training.watching import FitInterruptedError, Watch
from medcore.worker.installed import live_model_folder, model_folder
from medcore.worker.kinds import run_job
from medcore.worker.promoting import promote, roll_back
from tests.conftest import SHARED_DATA
from tests.prove_browser import prove_in_browser

WHO = "A. Prover"
CHILD = PictureFacts(modality="CR", body_part="CHEST", view="AP", age_years=3)
BREAST = PictureFacts(modality="US", body_part="BREAST")
SEED = 1


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fresh(folder: str) -> tuple[Library, Settings]:
    """Open an empty library."""
    settings = Settings(Path(folder) / "data", REPOSITORY / "assets" / "models")
    library = Library.open(settings)
    live_model_folder(library, settings)
    return library, settings


def bring(
    library: Library, label_set: LabelSet, paths: Sequence[Path], facts: PictureFacts, table: bytes | None
) -> None:
    """Upload labelled files as the Label page does."""
    with tempfile.TemporaryDirectory() as staging:
        checked = check_upload(Upload(tuple(paths), label_set, table, facts), library, Path(staging))
        taken = take(checked.sound, library, label_set, WHO)
    say(f"  {taken.added} images added, {taken.labelled} labels, {len(checked.refused)} refused by the check")


def work(library: Library, settings: Settings) -> Job:
    """Do all jobs here, and return the training among them."""
    training = None
    while (job := library.jobs.take("prover")) is not None:
        library.jobs.finish(job.id, run_job(library, settings, job) or {}, owner="prover")
        training = library.jobs.get(job.id) if job.kind == "train" else training
    assert training is not None
    return training


def tell_gate(library: Library, training: Job) -> bool:
    """Print what the gate said of a training's candidate."""
    if "not compared" in training.result:
        say(f"  not compared: {training.result['not compared']}")
        return False
    said = library.models.comparisons(training.result["model"])[-1]
    say(f"  the gate {'lets it through' if said.passes else 'turns it away'}, {said.verdict['films']} test films:")
    for check in said.verdict["checks"]:
        say(f"    {'passed' if check['passed'] else 'failed'}: {check['name']}. {check['said']}")
    return said.passes


def practice_films() -> tuple[list[Path], list[dict[str, str]]]:
    """List the films that the shipped model has never seen, a user's own."""
    data = SHARED_DATA / "chest-xray-pediatric"
    with (data / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "practice"]
    return [data / row["file"] for row in rows], rows


def _zip_by_class(archive: Path, paths: Sequence[Path], rows: Sequence[dict[str, str]]) -> None:
    with zipfile.ZipFile(archive, "w") as zipped:
        for path, row in zip(paths, rows, strict=True):
            zipped.write(path, f"films/{row['label']}/{path.name}")


def table_of(rows: Sequence[dict[str, str]], labels: Sequence[str]) -> bytes:
    """Write the table of an upload."""
    lines = [f"{Path(row['file']).name},{label},{row['patient']}" for row, label in zip(rows, labels, strict=True)]
    return "\n".join(["file,label,patient", *lines]).encode()


def loop() -> None:
    """Upload the practice films, train from the live model, override the gate, go back: the same bits."""
    with tempfile.TemporaryDirectory() as folder:
        library, settings = fresh(folder)
        archive = Path(folder) / "films.zip"
        paths, rows = practice_films()
        _zip_by_class(archive, paths, rows)
        bring(library, library.labels.sets()[0], [archive], CHILD, None)
        began = time.monotonic()
        start_training(library, Asked("Findings in Review", preset="quick", name="practice"), WHO)
        training = work(library, settings)
        say(f"  trained in {(time.monotonic() - began) / 60:.1f} minutes; {training.result['advice']}")
        tell_gate(library, training)
        shipped = library.models.all()[0]
        before = answers(library)
        model = next(one for one in library.models.all() if one.id == training.result["model"])
        promote(library, model, WHO, "to show it", override=True)
        look(library, settings)
        changed = sum(after != before[study] for study, after in answers(library).items())
        roll_back(library, shipped, WHO, "shown")
        look(library, settings)
        same = answers(library) == before
        say(
            f"  promoted: {changed} of {len(before)} answers changed; "
            f"rolled back: {'the same bits' if same else 'NOT THE SAME'}"
        )
        assert same


def wrong_labels() -> None:
    """Shuffled labels, and a class with all its labels wrong, do not pass the gate."""
    paths, rows = practice_films()
    generator = np.random.default_rng(SEED)
    right = [row["label"] for row in rows]
    swapped = {"normal": "bacterial", "bacterial": "normal", "viral": "viral"}
    for name, labels in (
        ("shuffled", generator.permutation(right).tolist()),
        ("normal and bacterial exchanged", [swapped[label] for label in right]),
    ):
        with tempfile.TemporaryDirectory() as folder:
            library, settings = fresh(folder)
            say(f"  {name}")
            bring(library, library.labels.sets()[0], paths, CHILD, table_of(rows, labels))
            start_training(library, Asked("Findings in Review", start="imagenet", preset="quick", name=name), WHO)
            assert not tell_gate(library, work(library, settings))


def browser() -> None:
    """The same in a real browser: upload, check, training, curves, gate, override, a film read, and back."""
    paths, rows = practice_films()
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "practice.zip"
        _zip_by_class(archive, paths, rows)
        prove_in_browser(archive, Path(folder))


def killed() -> None:
    """A worker that is killed (kill -9) while it trains: within 30 s nothing is "running", and it goes on."""
    paths, rows = practice_films()
    with tempfile.TemporaryDirectory() as folder:
        library, settings = fresh(folder)
        bring(library, library.labels.sets()[0], paths, CHILD, table_of(rows, [row["label"] for row in rows]))
        run = start_training(library, Asked("Findings in Review", preset="quick", name="killed"), WHO)
        worker = _start_worker(settings)
        while not library.trainings.epochs(run.id):
            time.sleep(0.2)
        before = library.jobs.get(run.job_id)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        began = time.monotonic()
        while any(job.state == "running" for job in library.jobs.active()):
            time.sleep(0.2)
        say(f"  queued again {time.monotonic() - began:.0f} s after the kill, at step {before.done if before else 0}")
        worker = _start_worker(settings)
        first = 0
        while (job := library.jobs.get(run.job_id)) is not None and job.state in ("queued", "running"):
            first = first or (job.done if job.working_on.get("stage") == "training" else 0)
            time.sleep(0.2)
        worker.terminate()
        worker.wait()
        epochs = [epoch.epoch for epoch in library.trainings.epochs(run.id)]
        say(f"  went on at step {first}, ended {job.state if job else 'gone'}, epochs {epochs[0]} to {epochs[-1]}")
        assert job is not None and job.state == "done" and epochs == list(range(1, len(epochs) + 1))


def _start_worker(settings: Settings) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "MEDCORE_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "medcore.worker"]
    return subprocess.Popen(command, env=environment, cwd=REPOSITORY, start_new_session=True)


def breast() -> None:
    """BreastMNIST as labelled PNG files in its own splits, by the standard preset from ImageNet weights."""
    classes = ("malignant", "normal or benign")
    with np.load(SHARED_DATA / "medmnist28" / "breastmnist.npz") as data, tempfile.TemporaryDirectory() as folder:
        png = Path(folder) / "png"
        png.mkdir()
        lines = ["file,label,split"]
        for part, name in (("train", "train"), ("val", "validation"), ("test", "test")):
            for number, (image, label) in enumerate(zip(data[f"{part}_images"], data[f"{part}_labels"], strict=True)):
                file = png / f"{part}{number:04d}.png"
                cv2.imwrite(str(file), image)
                lines.append(f"{file.name},{classes[int(label[0])]},{name}")
        library, settings = fresh(folder)
        label_set = library.labels.create_set("Breast", classes, who=WHO)
        bring(library, label_set, [png], BREAST, "\n".join(lines).encode())
        began = time.monotonic()
        start_training(library, Asked("Breast", start="imagenet", preset="standard", name="breast"), WHO)
        training = work(library, settings)
        took = (time.monotonic() - began) / 60
        model = next(one for one in library.models.all() if one.id == training.result["model"])
        data_set = gather(library, label_set.id, ("normal or benign", "malignant"), WHO, Path(folder) / "films")
        contest = make_contest(data_set, model_folder(library, model), model_folder(library, model), {}, {})
        area = auc(contest.truth[:, 1], contest.candidate.probabilities[:, 1])
        say(f"  {len(contest.truth)} test films, AUC {area:.3f}, trained in {took:.1f} minutes, {os.cpu_count()} cores")


def orders() -> None:
    """What labelling in an order brings over labelling at random: frozen features, three seeds, validation films."""
    with tempfile.TemporaryDirectory() as folder:
        rows = compare_orders(SHARED_DATA / "chest-xray-pediatric", Path(folder) / "orders.json")
    for order in ORDERS:
        areas = {
            labels: np.mean([row.auc for row in rows if (row.order, row.labels) == (order, labels)]) for labels in STEPS
        }
        say(f"  {order}: " + ", ".join(f"{labels} labels {area:.3f}" for labels, area in areas.items()))


def throughput() -> None:
    """The training loop beside a bare Keras fit of the same network on the same varied films in memory."""
    keras = import_keras()
    films = np.random.default_rng(SEED).integers(0, 256, (480, 224, 224), np.uint8)
    labels = (np.arange(len(films)) % 3).astype(np.int32)
    recipe = replace(make_recipe("standard", 4000), phases=(Phase(128, 3),), patience=None, balanced=False)
    shares = []
    for _ in range(3):
        ours, bare = _loop_s(films, labels, recipe), _bare_s(keras, films, labels, recipe)
        shares.append(bare / ours)
        say(f"  {len(films) / ours:.1f} films/s, bare fit {len(films) / bare:.1f} films/s: {100 * bare / ours:.0f} %")
    say(f"  median {100 * float(np.median(shares)):.0f} %")


def _loop_s(films: np.ndarray, labels: np.ndarray, recipe: Recipe) -> float:
    """Return the seconds of the last epoch of our loop."""
    ends: list[float] = []
    watch = Watch(on_epoch=lambda epoch: ends.append(time.perf_counter()))
    build: Callable[..., Any] = lambda shape, dropout: build_network(3, shape=shape, dropout=dropout)  # noqa: E731
    fit(films, labels, ("a", "b", "c"), recipe, build=build, watch=watch)
    return ends[-1] - ends[-2]


def _bare_s(keras: Any, films: np.ndarray, labels: np.ndarray, recipe: Recipe) -> float:
    """Return the seconds of the last epoch of a bare fit."""
    targets = np.eye(3, dtype=np.float32)[labels]
    batches = Batches(films, targets, np.ones(len(films), np.float32), recipe.phases[0], recipe)

    class Varied(keras.utils.PyDataset):  # type: ignore[misc, name-defined]
        """The same varied films, as Keras asks for them."""

        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, number: int) -> tuple[np.ndarray, np.ndarray]:
            places = np.arange(number * recipe.batch_size, min((number + 1) * recipe.batch_size, len(films)))
            batch = batches._make(places, (SEED, number))
            return batch.films, batch.targets

    network = build_network(3, shape=(None, None, 1), dropout=recipe.dropout)
    for layer in network.layers:
        frozen = layer.name.startswith(("stem", *(f"block{number}_" for number in range(recipe.frozen_blocks))))
        if frozen or isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False
    network.compile(
        optimizer=keras.optimizers.AdamW(1e-4),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    ends: list[float] = []
    tell = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    network.fit(Varied(workers=1), epochs=3, verbose=0, callbacks=[tell])
    return ends[-1] - ends[-2]


def memory() -> None:
    """Peak memory of a training on 1,000 and on 50,000 films on disk, each in a process of its own."""
    peaks = {}
    for count in (1_000, 50_000):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-c", MEMORY, folder, str(count)]
            said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=REPOSITORY).stdout
        peaks[count] = int(said.split()[-2]) / 1024
        say(f"  {count:,} films: {peaks[count]:,.0f} MB at most")
    say(f"  50 times the films take {peaks[50_000] / peaks[1_000]:.2f} times the memory")


# Linux hands what a process had at most (ru_maxrss) on to its children; VmHWM begins anew with each program.
MEMORY = """
import sys
from pathlib import Path
from tests.prove import train_on_disk
train_on_disk(Path(sys.argv[1]), int(sys.argv[2]))
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def train_on_disk(folder: Path, count: int) -> None:
    """Train for 30 steps on so many films of 224 x 224 pixels."""
    generator = np.random.default_rng(SEED)
    write_films(folder / "films.bin", (generator.integers(0, 256, (224, 224), np.uint8) for _ in range(count)))
    films = StoredFilms(folder / "films.bin", (224, 224), tuple(range(count)), str(count))
    steps: list[int] = []
    build: Callable[..., Any] = lambda shape, dropout: build_network(2, shape=shape, dropout=dropout)  # noqa: E731
    recipe = replace(make_recipe("standard", count), patience=None)
    watch = Watch(is_stopped=lambda: len(steps) >= 30)
    try:
        labels = (np.arange(count) % 2).astype(np.int32)
        fit(films, labels, ("a", "b"), recipe, build=build, on_progress=lambda done, _: steps.append(done), watch=watch)
    except FitInterruptedError:
        return


def answers(library: Library) -> dict[int, tuple[float | None, bytes]]:
    """Map each study to its answer's probability and heatmap."""
    found = {number: library.study_answer(number) for number in _studies(library)}
    return {
        number: (answer.pneumonia, b"".join(one.tobytes() for one in answer.maps.values()))
        for number, answer in found.items()
        if answer is not None
    }


def look(library: Library, settings: Settings) -> None:
    """Let the live model look at everything."""
    while (job := library.jobs.take("prover")) is not None:
        library.jobs.finish(job.id, run_job(library, settings, job) or {}, owner="prover")


def _studies(library: Library) -> list[int]:
    return sorted({label.study_id for label in library.labels.read(1)})


PROOFS: dict[str, Callable[[], None]] = {
    "loop": loop,
    "browser": browser,
    "wrong labels": wrong_labels,
    "killed": killed,
    "breast": breast,
    "orders": orders,
    "throughput": throughput,
    "memory": memory,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or PROOFS:
        say(f"{name}: {' '.join((PROOFS[name].__doc__ or '').split())}")
        PROOFS[name]()
