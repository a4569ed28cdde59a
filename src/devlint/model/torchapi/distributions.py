"""`torch.distributions`: classes whose samples and log-probabilities are where their arguments are."""

from __future__ import annotations

_PARAMS: dict[str, str] = {
    "Bernoulli": "probs logits", "Beta": "concentration1 concentration0", "Binomial": "total_count probs logits",
    "Categorical": "probs logits", "Cauchy": "loc scale", "Chi2": "df", "ContinuousBernoulli": "probs logits",
    "Dirichlet": "concentration", "Exponential": "rate", "FisherSnedecor": "df1 df2", "Gamma": "concentration rate",
    "GeneralizedPareto": "loc scale concentration", "Geometric": "probs logits", "Gumbel": "loc scale",
    "HalfCauchy": "scale",
    "HalfNormal": "scale", "Independent": "base_distribution", "InverseGamma": "concentration rate",
    "Kumaraswamy": "concentration1 concentration0", "LKJCholesky": "dim concentration", "Laplace": "loc scale",
    "LogNormal": "loc scale", "LogisticNormal": "loc scale", "LowRankMultivariateNormal": "loc cov_factor cov_diag",
    "MixtureSameFamily": "mixture_distribution component_distribution", "Multinomial": "total_count probs logits",
    "MultivariateNormal": "loc covariance_matrix precision_matrix scale_tril",
    "NegativeBinomial": "total_count probs logits",
    "Normal": "loc scale", "OneHotCategorical": "probs logits", "OneHotCategoricalStraightThrough": "probs logits",
    "Pareto": "scale alpha", "Poisson": "rate", "RelaxedBernoulli": "temperature probs logits",
    "RelaxedOneHotCategorical": "temperature probs logits", "StudentT": "df loc scale",
    "TransformedDistribution": "base_distribution transforms", "Uniform": "low high", "VonMises": "loc concentration",
    "Weibull": "scale concentration", "Wishart": "df covariance_matrix precision_matrix scale_tril",
}  # fmt: skip

DISTRIBUTIONS: dict[str, tuple[str, ...]] = {
    f"torch.distributions.{name}": tuple(params.split()) for name, params in _PARAMS.items()
}
"""Qualified name -> the positional parameters of the constructor. Numbers among them become tensors beside the
others."""

DRAWS: frozenset[str] = frozenset("sample rsample sample_n rsample_with_pathwise enumerate_support".split())
"""Methods that draw, or list, values."""

JUDGES: frozenset[str] = frozenset(("log_prob", "cdf", "icdf"))
"""Methods that compute with a value and the parameters."""

STATISTICS: frozenset[str] = frozenset(
    "mean mode stddev variance entropy perplexity loc scale probs logits rate concentration covariance_matrix "
    "precision_matrix scale_tril low high".split()
)
"""Attributes and methods that give a tensor beside the parameters."""

NUMBERS: frozenset[str] = frozenset(("has_rsample", "has_enumerate_support"))
