"""What others published on the same films, to stand beside our own figures.

Source: Kermany et al., Cell 2018 (full size); Yang et al., MedMNIST v2, Scientific Data 2023 (28 x 28, ResNet and
AutoML Vision); Manzari et al., MedViT, 2023 (28 x 28); Doerrich et al., MedMNIST+, 2024 (native 224 pixels, mean of
three seeds).
"""

from medcore.classifier.report import ComparisonRow

PNEUMONIA = "pneumonia or normal, 624 test films"
KIND = "bacterial or viral, the pneumonia films of the test"
NATIVE = "native 224 x 224"
FULL_SIZE = "full size"
ENLARGED = "28 x 28, enlarged"
MEDMNIST_PLUS = "MedMNIST+, three seeds"
MEDMNIST = "MedMNIST v2"
MEDVIT = "MedViT"


def _row(task: str, model: str, source: str, films: str, auc: float, accuracy: float) -> ComparisonRow:
    return ComparisonRow(task=task, model=model, source=source, films=films, auc=auc, accuracy=accuracy)


PUBLISHED = (  # those of the small public tasks stand in `medcore.training.task_recipes`
    _row(PNEUMONIA, "DINO ViT-B/16, linear head", MEDMNIST_PLUS, NATIVE, 0.989, 0.916),
    _row(PNEUMONIA, "ResNet-18", MEDMNIST_PLUS, NATIVE, 0.980, 0.911),
    _row(PNEUMONIA, "EfficientNet-B4", MEDMNIST_PLUS, NATIVE, 0.967, 0.871),
    _row(PNEUMONIA, "Inception V3", "Kermany 2018", FULL_SIZE, 0.968, 0.928),
    _row(PNEUMONIA, "ResNet-50", MEDMNIST, ENLARGED, 0.962, 0.884),
    _row(PNEUMONIA, "Google AutoML Vision", MEDMNIST, ENLARGED, 0.991, 0.946),
    _row(PNEUMONIA, "MedViT-S (second-hand)", MEDVIT, ENLARGED, 0.995, 0.961),
    _row(KIND, "Inception V3", "Kermany 2018", FULL_SIZE, 0.940, 0.907),
)
