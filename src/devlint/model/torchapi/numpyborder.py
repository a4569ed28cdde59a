"""What reads its arguments as arrays, so that tensors must be in CPU memory."""

from __future__ import annotations

import re

PLOT_METHODS: frozenset[str] = frozenset(
    "plot scatter hist hist2d bar barh step stem fill_between errorbar imshow matshow pcolormesh contour contourf"
    " boxplot violinplot semilogx semilogy loglog plot_surface".split()
)
"""Methods of matplotlib's axes, and functions of pyplot, that read their arguments as arrays."""

AXES = re.compile(r"^(self\.)?_?(ax|axs|axes|axis|plt|pyplot|subplot)s?\d*(\[.*\])?$")
"""What axes are called."""

METRICS: frozenset[str] = frozenset(
    "accuracy_score balanced_accuracy_score f1_score precision_score recall_score roc_auc_score average_precision_score"
    " confusion_matrix classification_report roc_curve precision_recall_curve precision_recall_fscore_support log_loss"
    " mean_squared_error mean_absolute_error r2_score cohen_kappa_score matthews_corrcoef silhouette_score auc".split()
)
"""Of `sklearn.metrics`, what training code calls."""

_ARRAY_FUNCTIONS = frozenset(
    "abs append argmax argmin argsort array asarray ascontiguousarray average bincount clip column_stack concatenate"
    " corrcoef cov cumsum diff digitize dot exp expand_dims histogram hstack isnan linalg.norm log matmul median ravel"
    " nan_to_num percentile quantile repeat reshape round save savetxt sort sqrt squeeze stack swapaxes tile transpose"
    " unique vstack where".split()
)


def reads_arrays(name: str) -> bool:
    """Whether a function of this qualified name reads its arguments as arrays, so that they must be in CPU memory."""
    library, _, last = name.rpartition(".")
    if library in ("numpy", "numpy.linalg"):
        return name.removeprefix("numpy.") in _ARRAY_FUNCTIONS
    if library in ("matplotlib.pyplot", "pylab", "matplotlib.pylab"):
        return last in PLOT_METHODS
    return name in ("pandas.DataFrame", "pandas.Series") or (name.startswith("sklearn.metrics.") and last in METRICS)
