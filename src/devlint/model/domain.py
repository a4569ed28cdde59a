"""Code that works on the CPU by its nature: what prepares data before any model sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from devlint.model.classes import ClassKind

if TYPE_CHECKING:
    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel

_CLASSES = re.compile(r"(Collator|Processor|Preprocessor|ImageProcessing|FeatureExtractor|Tokenizer|Dataset|DataModule|Sampler)\w*$")
_FUNCTIONS = re.compile(r"(^|_)(collate|preprocess|tokenize|augment)(_|$)|collate_fn$")
_AFTER_THE_MODEL = re.compile(r"post_?process|decode|loss")


def is_preprocessing(cls: ClassModel | None, function: FunctionModel | None) -> bool:
    """Whether inputs are data that was not handed to a model yet; post-processing gets what a model gave back."""
    name = function.name if function is not None else ""
    if _AFTER_THE_MODEL.search(name):
        return False
    if _FUNCTIONS.search(name):
        return True
    if cls is None or cls.is_module:
        return False
    return cls.kind is ClassKind.DATASET or bool(_CLASSES.search(cls.name))
