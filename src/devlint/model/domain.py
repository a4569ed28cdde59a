"""Code that works on the CPU by its nature: what prepares data before any model sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devlint.model.classes import ClassModel
    from devlint.model.functions import FunctionModel

_CLASSES = re.compile(
    r"(Collator|Processor|Preprocessor|ImageProcessing|FeatureExtractor|Tokenizer|Dataset|DataModule|Sampler)\w*$"
)
_FUNCTIONS = re.compile(r"(^|_)(collate|preprocess|tokenize|augment)(_|$)|collate_fn$")
_FOLDERS = re.compile(
    r"(^|[/\\])(data|datasets?|data_?loaders?|data_?modules?|data_?loading|collat(e|ion|ors?)|preprocess(ing|ors?)?"
    r"|augment(ation|or|s)?)s?([/\\][^/\\]+)?([/\\][^/\\]+|\.py)$"
)
"""A file in such a folder, at most one level deeper, or of such a name."""
_TESTS = re.compile(r"(^|[/\\])(tests?|testing|test_utils)[/\\]|(^|[/\\])(test_\w+|\w+_test|conftest)\.py$")
_AFTER_THE_MODEL = re.compile(r"post_?process|decode|loss")


_LOSSES = re.compile(r"(^|_)(loss|criterion)(_fn|_func|_function)?$")


def gives_a_tensor(function: str) -> bool:
    """Whether a function has a name that is only given to what computes a tensor from tensors."""
    return bool(_LOSSES.search(function))


def is_test(path: str) -> bool:
    """Whether a file is test code, which chooses its own hardware."""
    return bool(_TESTS.search(path))


def is_preprocessing(path: str, cls: ClassModel | None, function: FunctionModel | None) -> bool:
    """Whether inputs are data that was not handed to a model yet; post-processing gets what a model gave back."""
    name = function.name if function is not None else ""
    if is_test(path) or (_FOLDERS.search(path) and not (cls is not None and cls.is_module)):
        return True
    if _AFTER_THE_MODEL.search(name):
        return False
    if _FUNCTIONS.search(name):
        return True
    if cls is None or cls.is_module:
        return False
    return cls.kind.name == "DATASET" or any(map(_CLASSES.search, _names(cls)))


def _names(cls: ClassModel) -> Iterator[str]:
    """The names of a class and of all that it is known to derive from."""
    yield cls.name
    for base in cls.bases:
        yield from (base.rpartition(".")[2],) if isinstance(base, str) else _names(base)
