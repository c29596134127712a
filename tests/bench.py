"""Measure MedCore on this machine: `make bench`.

Every figure comes with this machine's own limit, measured in the same run: float32 matrix product for the network,
memory copy for the pixels. Other machines' milliseconds say little; the shares and ratios carry over.

With MEDCORE_PEER_PYTHON (an environment with torchxrayvision and pytorch-grad-cam) and MEDCORE_PEER_SCRIPT the same
films go through the user's alternative in the same run.
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from medcore.classifier import Classifier, default_model_folder
from medcore.classifier.quality import Quality, QualityModel
from medcore.dicom import Attributes, display_values, read_frame
from medcore.explanation import explain_batch, grad_cam
from medcore.worker.answers import Answered, Film, Model, answer_films
from tests import bench_intake, bench_pages, bench_viewer
from tests.films import write_film

FILMS = 32
ROWS, COLUMNS = 2500, 2048
BATCH = 16
REPEATS = 5  # the best of them counts
GIGAFLOP_A_FILM = 0.814  # EfficientNet-Lite0 at 224 px: 407 million multiply-adds (Tan, 2020)


def say(text: str = "") -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def best_s(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the shortest of several times, in seconds; the first, which warms up, does not count."""
    work()
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return min(took)


def write_films(folder: Path) -> list[Path]:
    """Write uncompressed 16-bit films of one size, each its own noise over a ramp."""
    noise = np.random.default_rng(1)
    ramp = np.linspace(0, 3500, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    return [
        write_film(
            folder / f"{number:02d}.dcm",
            (ramp + noise.integers(0, 500, (ROWS, COLUMNS))).astype(np.uint16),
            WindowCenter=2000,
            WindowWidth=4000,
        )
        for number in range(FILMS)
    ]


def machine_limits() -> tuple[float, float]:
    """Measure this machine: float32 matrix product in GFLOP/s on all cores, memory copy in GB/s on one."""
    import tensorflow as tf

    side = 3000
    a = tf.random.uniform((side, side))
    gigaflops = 2 * side**3 / best_s(lambda: tf.linalg.matmul(a, a).numpy()) / 1e9
    source = np.ones(64 * 2**20, np.uint8)
    target = np.empty_like(source)
    return gigaflops, source.nbytes / best_s(lambda: np.copyto(target, source)) / 1e9


class Unheeded:
    """A check of quality that takes its time, and whose refusals are not heeded."""

    def __init__(self, quality: QualityModel) -> None:
        self._quality = quality

    def check(self, values: np.ndarray, size: tuple[int, int]) -> Quality:
        """Check as the shipped model does."""
        return replace(self._quality.check(values, size), reason="")


class Answering(Model):
    """The shipped model, which answers for films of noise too: its checks are made, but not heeded."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.quality = Unheeded(self.quality)

    def explain(self, inputs: np.ndarray) -> list[Answered]:
        """Classify films and map where the network looked."""
        return [(replace(prediction, refusal=""), maps) for prediction, maps in super().explain(inputs)]


class OnlyProbabilities(Answering):
    """The same, asked for probabilities alone."""

    def explain(self, inputs: np.ndarray) -> list[Answered]:
        """Classify films without their maps."""
        return [(replace(prediction, refusal=""), {}) for prediction in self.load().predict(inputs)]


def measure_stages(paths: list[Path], gigaflops: float, copy_gb: float) -> None:
    """Print each stage's time a film and its share of the machine's limit."""
    classifier = Classifier.load(default_model_folder())
    inputs = np.stack([display_values(read_frame(path), (224, 224)) for path in paths[:BATCH]])
    films = len(paths)
    megabytes = ROWS * COLUMNS * 2 / 1e6
    frames = [read_frame(path) for path in paths]
    read = best_s(lambda: [read_frame(path) for path in paths]) / films
    decode = best_s(lambda: [np.array(read_frame(path).stored) for path in paths]) / films - read
    to_input = best_s(lambda: [display_values(frame, (224, 224)) for frame in frames]) / films
    forward = best_s(lambda: classifier.predict(inputs)) / BATCH
    with_map = best_s(lambda: explain_batch(classifier, inputs)) / BATCH
    by_gradient = best_s(lambda: grad_cam(classifier, inputs, "pneumonia"), 2) / BATCH
    limit_pixels = megabytes / copy_gb
    limit_network = GIGAFLOP_A_FILM / gigaflops * 1000
    say(f"read the header, map the pixels   {read * 1e3:7.2f} ms a film")
    say(f"decode: copy the pixels out       {decode * 1e3:7.2f} ms, memory copy needs {limit_pixels:.2f}")
    share = limit_pixels / (to_input * 1e3)
    say(f"to the network's input            {to_input * 1e3:7.2f} ms, {share:.0%} of the copy's speed")
    share = limit_network / (forward * 1e3)
    say(f"forward, batches of {BATCH}            {forward * 1e3:7.2f} ms, {share:.0%} of the matrix product's speed")
    say(f"forward with Grad-CAM             {with_map * 1e3:7.2f} ms: {with_map / forward - 1:+.0%} of a forward pass")
    say(f"Grad-CAM by gradients, one class  {by_gradient * 1e3:7.2f} ms (tf-keras-vis, the check on the closed form)")


def measure_whole(paths: list[Path]) -> tuple[float, float]:
    """Print and return films a second from file to probability, and to probability with maps."""
    attributes = Attributes("1", "1", "1", "1", "1", modality="DX", body_part_examined="CHEST", view_position="AP")
    films = [Film(attributes, path, study_age_years=3.0) for path in paths]
    rates = []
    for kind, label in ((OnlyProbabilities, "probability"), (Answering, "probability with Grad-CAM")):
        model = kind(default_model_folder())
        rates.append(len(films) / best_s(lambda model=model: answered(answer_films(model, films))))
        say(f"DICOM to {label:26}{rates[-1]:7.1f} films/s")
    return rates[0], rates[1]


def answered(answers: Iterable[Any]) -> None:
    """Check that every film was answered for: a refusal would be quick."""
    assert all(answer.state == "answered" for answer in answers)


def measure_peer(folder: Path, ours: tuple[float, float]) -> None:
    """Run the user's alternative on the same films, and print the ratios."""
    python, script = os.environ.get("MEDCORE_PEER_PYTHON"), os.environ.get("MEDCORE_PEER_SCRIPT")
    if not python or not script:
        say("the alternative was not measured: MEDCORE_PEER_PYTHON and MEDCORE_PEER_SCRIPT are not set")
        return
    out = subprocess.run([python, script, str(folder)], capture_output=True, text=True, check=True).stdout
    theirs = [float(re.search(rf"{name}=([\d.]+)/s", out)[1]) for name in ("dicom->prob", r"dicom->prob\+gradcam")]
    for label, mine, other in zip(("probability", "probability with Grad-CAM"), ours, theirs, strict=True):
        say(f"the alternative, DICOM to {label}: {other:.2f} films/s; ours is {mine / other:.1f} times that")


def peak_mb() -> float:
    """Return the most memory that this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure everything, one after the other."""
    say("Adding 10,000 files of 39 KB")
    for figure, value in bench_intake.measure().items():
        say(f"{figure:34}{value}")
    gigaflops, copy_gb = machine_limits()
    say()
    say(f"This machine: {os.cpu_count()} cores, {gigaflops:.0f} GFLOP/s float32, {copy_gb:.1f} GB/s memory copy\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"{FILMS} uncompressed films of {ROWS} x {COLUMNS} at 16 bits")
        paths = write_films(folder)
        rates = measure_whole(paths)
        say(f"peak memory, TensorFlow included  {peak_mb():7.0f} MB")
        measure_stages(paths, gigaflops, copy_gb)
        measure_peer(folder, rates)
    say("\nThe server")
    for figure, value in bench_pages.measure().items():
        say(f"{figure:34}{value:.2f} s")
    say()
    subprocess.run([sys.executable, "-m", "tests.bench_frames"], check=True)  # apart: it takes cores away from itself
    say()
    bench_viewer.main()


if __name__ == "__main__":
    main()
