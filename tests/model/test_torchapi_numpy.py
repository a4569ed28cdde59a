"""What numpy makes of tensors, by asking it."""

from __future__ import annotations

import pytest

from devlint.model import torchapi

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

pytestmark = pytest.mark.filterwarnings("ignore")

MORE: dict[str, tuple[object, ...]] = {
    "repeat": (2,),
    "reshape": ((4,),),
    "swapaxes": (0, 1),
    "take": (0,),
    "clip": (0, 1),
}


@pytest.mark.parametrize("name", sorted(torchapi.NUMPY_KEEPING_TENSORS))
def test_tensor_stays_one(name):
    short = name.removeprefix("numpy.")
    function, x = getattr(numpy, short), torch.ones(2, 2)
    binary = isinstance(function, numpy.ufunc) and function.nin == 2
    made = function(x, *((x,) if binary else MORE.get(short, ())))
    assert isinstance(made[0] if isinstance(made, tuple) else made, torch.Tensor)
