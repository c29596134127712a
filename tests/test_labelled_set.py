"""Labelled pictures of any kind are read, trained on and measured by the same code."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from medcore.errors import ModelError
from medcore.training.labelled_fit import measure, predict, train_classifier
from medcore.training.labelled_set import LabelledSet, read_npz, read_table
from medcore.training.recipe import Phase, Recipe
from tests.test_augmentation import NOTHING
from tests.test_fit import tiny

Arrays = dict[str, np.ndarray]


def arrays_of(labels: np.ndarray, shape: tuple[int, ...] = (6, 5)) -> Arrays:
    """Pictures that hold their own number: 4 to train, 2 to validate, 3 to test."""
    pictures = np.arange(9, dtype=np.uint8).reshape(9, *[1] * len(shape)) * np.ones(shape, np.uint8)
    arrays: Arrays = {}
    for name, places in (("train", slice(0, 4)), ("val", slice(4, 6)), ("test", slice(6, 9))):
        arrays |= {f"{name}_images": pictures[places], f"{name}_labels": labels[places]}
    return arrays


ONE_LABEL = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2], np.uint8)[:, None]
FINDINGS = np.array([[n % 2, n % 3 == 0] for n in range(9)], np.uint8)


def saved(file: Path, arrays: dict[str, Any]) -> Path:
    np.savez(file, **arrays)
    return file


def test_a_set_of_one_label_a_picture_is_read_from_one_file(tmp_path: Path) -> None:
    labelled = read_npz(saved(tmp_path / "set.npz", arrays_of(ONE_LABEL)))
    assert labelled.classes == ("0", "1", "2")
    assert labelled.labels.tolist() == ONE_LABEL[:, 0].tolist()
    assert not labelled.has_findings
    assert labelled.parts == ("train",) * 4 + ("validation",) * 2 + ("test",) * 3
    assert len(set(labelled.patients)) == 9
    validation = labelled.part("validation")
    assert validation.inputs[:, 0, 0].tolist() == [4, 5]
    assert validation.labels.tolist() == [1, 2]
    assert validation.classes == labelled.classes
    assert labelled.part("train", "test").inputs[:, 0, 0].tolist() == [0, 1, 2, 3, 6, 7, 8]


def test_a_set_of_several_findings_in_colour_is_read_from_one_file(tmp_path: Path) -> None:
    file = saved(tmp_path / "set.npz", arrays_of(FINDINGS, (6, 5, 3)))
    labelled = read_npz(file, ("mass", "effusion"))
    assert labelled.has_findings
    assert labelled.labels.dtype == bool
    assert labelled.labels.tolist() == (FINDINGS > 0).tolist()
    assert labelled.classes == ("mass", "effusion")
    assert labelled.inputs.shape == (9, 6, 5, 3)


def test_classes_that_have_no_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has 3 classes, but 2 names"):
        read_npz(saved(tmp_path / "set.npz", arrays_of(ONE_LABEL)), ("a", "b"))


class Hostile:
    """What pickle would run when it is read."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('a pickled object was run')",)


@pytest.mark.parametrize("name", ["train_images", "val_labels"])
def test_a_file_with_python_objects_is_refused_and_none_is_run(name: str, tmp_path: Path) -> None:
    objects = np.empty(1, object)
    objects[0] = Hostile()
    file = tmp_path / "set.npz"
    np.savez(file, **{**arrays_of(ONE_LABEL), name: objects})
    with pytest.raises(ModelError, match=r"set\.npz is no set of labelled pictures.*MedMNIST's layout"):
        read_npz(file)


@pytest.mark.parametrize(
    "content", [b"", b"not a file of arrays", b"PK\x03\x04 cut off", b"\x93NUMPY\x01\x00 cut off", b"\x80\x04."]
)
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "set.npz").write_bytes(content)
    with pytest.raises(ModelError, match=r"set\.npz is no set of labelled pictures"):
        read_npz(tmp_path / "set.npz")


def test_a_missing_file_a_single_array_and_a_missing_part_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    arrays = arrays_of(ONE_LABEL)
    del arrays["val_labels"]
    saved(tmp_path / "part.npz", arrays)
    for name in ("none.npz", "one.npy", "part.npz"):
        with pytest.raises(ModelError, match=name):
            read_npz(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("train_images", np.zeros((4, 6, 5)), "8-bit"),
        ("val_images", np.zeros((2, 6, 6), np.uint8), "one size"),
        ("test_images", np.zeros((3, 6, 5, 2), np.uint8), "gray or in colour"),
        ("train_labels", np.zeros((3, 1), np.uint8), "one row"),
        ("train_labels", np.full((4, 1), 0.5), "whole numbers"),
        ("train_labels", np.full((4, 1), -1), "from 0"),
        ("val_labels", np.zeros((2, 2), np.uint8), "as many columns"),
    ],
)
def test_arrays_that_do_not_fit_are_named(name: str, value: np.ndarray, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        read_npz(saved(tmp_path / "set.npz", {**arrays_of(ONE_LABEL), name: value}))


def test_findings_are_zeros_and_ones(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="zeros and ones"):
        read_npz(saved(tmp_path / "set.npz", arrays_of(FINDINGS * 2)))


def write_table(folder: Path, lines: list[str], side: int = 8) -> Path:
    """Write labels.csv and, for each row, a picture whose gray value is the row's number."""
    folder.mkdir(exist_ok=True)
    (folder / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    for number, line in enumerate(lines[1:]):
        cv2.imwrite(str(folder / line.split(",")[0]), np.full((side, side + 2), number, np.uint8))
    return folder


def test_a_table_with_splits_is_read_as_it_says(tmp_path: Path) -> None:
    lines = ["file,split,label,patient", "a.png,train,cat,p1", "b.png,val,dog,p2", "c.png,test,cat,p3"]
    labelled = read_table(write_table(tmp_path, [*lines, "d.png,practice,bird,p4"]), 4)
    assert labelled.classes == ("cat", "dog")
    assert labelled.labels.tolist() == [0, 1, 0]
    assert labelled.parts == ("train", "validation", "test")
    assert labelled.patients == ("p1", "p2", "p3")
    assert labelled.inputs[:, 0, 0].tolist() == [0, 1, 2]
    assert labelled.inputs.shape == (3, 4, 4)


def test_pictures_of_parts_that_were_not_asked_for_are_not_opened(tmp_path: Path) -> None:
    folder = write_table(tmp_path, ["file,split,label,patient", "a.png,train,cat,p1", "b.png,test,dog,p2"])
    (folder / "b.png").unlink()
    assert read_table(folder, 4, parts=("train",)).patients == ("p1",)
    with pytest.raises(ModelError, match=r"b\.png"):
        read_table(folder, 4)


def test_a_table_without_splits_is_split_by_patient(tmp_path: Path) -> None:
    lines = [f"{n}.png,{'cat' if n % 40 < 20 else 'dog'},p{n % 40}" for n in range(80)]
    labelled = read_table(write_table(tmp_path, ["file,label,patient", *lines]), 4)
    patients = {part: set(labelled.part(part).patients) for part in ("train", "validation", "test")}
    assert [len(its) for its in patients.values()] == [32, 4, 4]
    assert len(set().union(*patients.values())) == 40
    assert read_table(tmp_path, 4).parts == labelled.parts
    assert read_table(tmp_path, 4, seed=2).parts != labelled.parts


def test_a_table_without_validation_rows_gets_some_from_its_training_patients(tmp_path: Path) -> None:
    lines = [f"{n}.png,train,cat,p{n}" for n in range(20)]
    parts = read_table(write_table(tmp_path, ["file,split,label,patient", *lines, "t.png,test,dog,q"]), 4).parts
    assert (parts.count("train"), parts.count("validation"), parts.count("test")) == (18, 2, 1)


def test_findings_are_joined_by_a_bar_and_may_be_none(tmp_path: Path) -> None:
    lines = ["file,findings,patient,split", "a.png,Mass|Effusion,1,train", "b.png,No Finding,2,train"]
    lines += ["c.png,Effusion,3,val", "d.png,,4,test"]
    labelled = read_table(write_table(tmp_path, lines), 4)
    assert labelled.classes == ("Effusion", "Mass")
    assert labelled.labels.tolist() == [[True, True], [False, False], [True, False], [False, False]]
    joined = ["file,label,patient,split", "a.png,cat|dog,1,train", "b.png,dog,2,val"]
    assert read_table(write_table(tmp_path, joined), 4).labels.tolist() == [[True, True], [False, True]]


def test_a_picture_in_colour_is_red_first(tmp_path: Path) -> None:
    folder = write_table(tmp_path, ["file,split,label,patient", "a.png,train,cat,p1"])
    cv2.imwrite(str(folder / "a.png"), np.full((9, 9, 3), (10, 20, 200), np.uint8))  # OpenCV's blue, green, red
    assert read_table(folder, 4, channels=3).inputs[0, 0, 0].tolist() == [200, 20, 10]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["file,label", "a.png,cat"], "labels.csv with the columns file, patient, label"),
        (["file,label,patient"], "Each row"),
        (["file,label,patient", "a.png,,p"], "Fill in what is missing"),
        (["file,label,patient", "a.png,cat,"], "Fill in what is missing"),
        (["file,split,label,patient", "a.png,practice,cat,p"], "no row of the split train or validation or test"),
        (["file,split,label,patient", "a.png,val,cat,p", "b.png,test,cat,p"], "one patient in two splits"),
    ],
)
def test_a_table_that_cannot_be_used_says_what_it_lacks(lines: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        read_table(write_table(tmp_path, lines), 4)


def test_a_folder_without_a_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"has no labels\.csv"):
        read_table(tmp_path, 4)


def made_up(labels: np.ndarray, classes: tuple[str, ...]) -> LabelledSet:
    n = len(labels)
    return LabelledSet(np.zeros((n, 8, 8), np.uint8), labels, classes, tuple(map(str, range(n))), ("test",) * n)


def test_figures_of_one_label_agree_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 60).astype(np.int32)
    answers = generator.dirichlet([1, 1, 1], 60)
    figures = measure(made_up(labels, ("a", "b", "c")), answers)
    assert figures.auc == pytest.approx(roc_auc_score(labels, answers, multi_class="ovr"))
    assert figures.aucs["b"] == pytest.approx(roc_auc_score(labels == 1, answers[:, 1]))
    assert figures.accuracy == np.mean(answers.argmax(axis=1) == labels)
    assert figures.log_loss == pytest.approx(log_loss(labels, answers))


def test_the_mean_area_of_two_classes_is_the_area() -> None:
    labels = np.array([0, 0, 0, 1, 1], np.int32)
    positive = np.array([0.1, 0.6, 0.3, 0.55, 0.9])  # 5 of the 6 pairs are in order
    figures = measure(made_up(labels, ("benign", "malignant")), np.stack([1 - positive, positive], axis=1))
    assert figures.auc == pytest.approx(5 / 6)
    assert figures.accuracy == 0.8


def test_figures_of_findings_agree_with_scikit_learn_and_leave_out_what_nobody_has() -> None:
    generator = np.random.default_rng(1)
    labels = np.stack([generator.random(40) < 0.5, generator.random(40) < 0.3, np.zeros(40, bool)], axis=1)
    answers = generator.random((40, 3))
    figures = measure(made_up(labels, ("a", "b", "none")), answers)
    assert set(figures.aucs) == {"a", "b"}
    assert figures.auc == pytest.approx(roc_auc_score(labels[:, :2], answers[:, :2], average="macro"))
    assert figures.accuracy == np.mean((answers >= 0.5) == labels)
    each = [log_loss(labels[:, place], answers[:, place], labels=[False, True]) for place in range(3)]
    assert figures.log_loss == pytest.approx(np.mean(each))


def test_pictures_of_one_class_cannot_be_measured() -> None:
    with pytest.raises(ModelError, match="same label"):
        measure(made_up(np.zeros(3, np.int32), ("a", "b")), np.full((3, 2), 0.5))


RECIPE = Recipe(
    phases=(Phase(16, 14),), batch_size=8, learning_rate=0.02, warm_up_steps=2, dropout=0.0, augmentation=NOTHING
)


def build_tiny(classes: int, *, shape: tuple[int | None, ...], dropout: float) -> Any:
    return tiny(shape, dropout, classes)


def squares(labels: np.ndarray, values: np.ndarray, parts: str) -> LabelledSet:
    """Flat pictures of 8 x 8; the parts are t, v and x."""
    names: dict[str, Any] = {"t": "train", "v": "validation", "x": "test"}
    inputs = values.astype(np.uint8)
    n, classes = len(labels), 2 if labels.ndim == 2 else int(labels.max()) + 1
    patients = tuple(map(str, range(n)))
    return LabelledSet(
        inputs, labels, tuple(f"class {n}" for n in range(classes)), patients, tuple(names[part] for part in parts)
    )


def test_another_set_is_settings_not_code(tmp_path: Path) -> None:
    numbers = np.arange(36)
    noise = np.random.default_rng(0).normal(0, 8, (36, 8, 8))
    parts = "t" * 24 + "v" * 12
    gray = squares((numbers % 2).astype(np.int32), 60 + 120 * (numbers % 2)[:, None, None] + noise, parts)
    colours = 60 + noise[..., None] + 120 * np.eye(3)[numbers % 3][:, None, None, :]
    colour = squares((numbers % 3).astype(np.int32), colours, parts)
    findings = np.stack([numbers % 2 > 0, numbers % 4 > 1], axis=1)
    bands = np.where(np.arange(8) < 4, findings[:, None, None, 0], findings[:, None, None, 1])
    several = squares(findings, 60 + 120 * np.repeat(bands, 8, axis=1) + noise, parts)
    for labelled, recipe in ((gray, RECIPE), (colour, RECIPE), (several, replace(RECIPE, phases=(Phase(16, 40),)))):
        network, figures = train_classifier(labelled, recipe, build=build_tiny, start=None)
        assert network.output_shape == (None, len(labelled.classes))
        assert network.input_shape == (None, 16, 16, *labelled.inputs.shape[3:])
        assert figures.accuracy > 0.85
        assert figures.auc > 0.95
        answers = predict(network, labelled.part("validation"), recipe)
        assert measure(labelled.part("validation"), answers) == figures
        if not labelled.has_findings:
            np.testing.assert_allclose(answers.sum(axis=1), 1)


class Sees:
    """A network that answers with a picture's corners, or whatever it is told."""

    def predict_on_batch(self, shown: np.ndarray) -> np.ndarray:
        return np.stack([shown[:, 0, 0], shown[:, 0, -1], shown[:, -1, 0], shown[:, -1, -1]], axis=1) / 100


def test_mirror_images_that_the_recipe_trained_with_are_averaged() -> None:
    picture = np.zeros((1, 8, 8), np.uint8)
    picture[0, 0, 0], picture[0, 0, -1], picture[0, -1, 0] = 200, 100, 50
    seen = LabelledSet(picture, np.zeros(1, np.int32), ("a", "b", "c", "d"), ("p",), ("test",))
    network: Any = Sees()
    small = replace(RECIPE, phases=(Phase(8, 1),))

    def softmax(*logits: float) -> np.ndarray:
        return np.exp(logits) / np.exp(logits).sum()

    alone = softmax(2, 1, 0.5, 0)
    np.testing.assert_allclose(predict(network, seen, small), [alone])
    np.testing.assert_allclose(predict(network, seen, small, turned=True), [alone])  # the recipe knows no mirror
    mirrored = replace(small, augmentation=replace(NOTHING, mirrored=True))
    both = (alone + softmax(1, 2, 0, 0.5)) / 2
    np.testing.assert_allclose(predict(network, seen, mirrored, turned=True), [both])
    upended = replace(small, augmentation=replace(NOTHING, mirrored=True, upended=True))
    four = (2 * both[None] + softmax(0.5, 0, 2, 1) + softmax(0, 0.5, 1, 2)) / 4
    np.testing.assert_allclose(predict(network, seen, upended, turned=True), four)


def test_findings_are_answered_each_for_itself() -> None:
    picture = np.zeros((1, 8, 8), np.uint8)
    picture[0, 0, 0] = 100
    labels = np.zeros((1, 4), bool)
    seen = LabelledSet(picture, labels, ("a", "b", "c", "d"), ("p",), ("test",))
    network: Any = Sees()
    answers = predict(network, seen, replace(RECIPE, phases=(Phase(8, 1),)))
    np.testing.assert_allclose(answers, [[1 / (1 + math.exp(-1)), 0.5, 0.5, 0.5]])


def test_a_set_without_training_or_validation_pictures_is_refused() -> None:
    labels = np.array([0, 1] * 4, np.int32)
    values = np.zeros((8, 8, 8))
    for parts, lacking in (("v" * 8, "training"), ("t" * 8, "validation")):
        with pytest.raises(ModelError, match=f"no {lacking} pictures"):
            train_classifier(squares(labels, values, parts), RECIPE, build=build_tiny, start=None)


def test_the_head_cannot_be_fitted_first_to_several_findings() -> None:
    labelled = squares(np.zeros((8, 2), bool), np.zeros((8, 8, 8)), "tttttvvv")
    with pytest.raises(ModelError, match="head_first"):
        train_classifier(labelled, replace(RECIPE, head_first=True), build=build_tiny, start=None)


def test_the_findings_of_adults_are_read_and_trained_on(shared_data: Path) -> None:
    labelled = read_table(shared_data / "chest-xray-adult", 32)
    assert labelled.inputs.shape == (621, 32, 32)
    assert len(labelled.classes) == 14
    assert labelled.labels[:, labelled.classes.index("Hernia")].sum() == 20
    assert (~labelled.labels.any(axis=1)).sum() == 100  # no finding
    recipe = replace(RECIPE, phases=(Phase(32, 1),), batch_size=64)
    network, figures = train_classifier(labelled.part("train", "validation"), recipe, build=build_tiny, start=None)
    assert network.output_shape == (None, 14)
    assert 0.3 < figures.auc < 0.8
    assert figures.accuracy > 0.8  # most have none of most findings
