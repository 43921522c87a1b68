"""How probably a label is right, by a mixture of the losses of all examples."""

import warnings

import numpy as np
import numpy.typing as npt

# Of the authors' code, Train_CIFAR.py.
_MIXTURE = {"n_components": 2, "max_iter": 10, "tol": 1e-2, "reg_covar": 5e-4}


def scaled(losses: npt.ArrayLike) -> np.ndarray:
    """Losses on the range from 0 to 1: (ℓ − min ℓ) / (max ℓ − min ℓ).

    Args:
        losses: shape (n,), finite.

    Returns:
        float64, shape (n,); zeros where all are equal.

    Example:
        >>> scaled([1.0, 2.0, 5.0])
        array([0.  , 0.25, 1.  ])
    """
    values = np.asarray(losses, np.float64)
    values = values - values.min()
    largest = values.max()
    return values / largest if largest else values


def clean_probability(losses: npt.ArrayLike, seed: int = 0) -> np.ndarray:
    """The probability that each example belongs to the component of smaller mean loss.

    Two Gaussians are fitted to the losses by expectation maximisation. Li et al.,
    "DivideMix" (ICLR 2020), section 3.1; the settings of the fit are those of their
    code.

    Args:
        losses: shape (n,), n ≥ 2, finite, best `scaled`.
        seed: ≥ 0, of the first means.

    Returns:
        w, float64 in [0, 1], shape (n,).

    Example:
        >>> clean_probability([0.0, 0.1, 0.05, 0.9, 1.0]).round()
        array([1., 1., 1., 0., 0.])
    """
    # Imported here: it takes a second, and most methods do without.
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    column = np.asarray(losses, np.float64)[:, None]
    mixture = GaussianMixture(**_MIXTURE, random_state=seed)
    with warnings.catch_warnings():
        # Ten steps are what is published, converged or not.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(column)
    return mixture.predict_proba(column)[:, mixture.means_[:, 0].argmin()]
