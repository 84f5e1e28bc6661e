"""Which unlabelled images would teach a model most: those it is least sure of, and unlike others.

Uncertainty sampling, and distance to what is labelled (Settles, "Active learning literature
survey", 2009; Sener and Savarese, arXiv:1708.00489).
"""

import numpy as np

NEAREST = 1e-12


def uncertainty(scores: np.ndarray, threshold: float) -> float:
    """The expected share of mistakes, 0 to 1, if scores are probabilities.

    A detection of score s that is believed is wrong with probability 1 - s; one below the threshold
    is a missed object with probability s. Of less than one thing in all, the share is that of one:
    an image with a single detection of 0.05 is rather surely empty.

    Args:
        scores: of all detections of an image, 0 to 1.
        threshold: the score from which they are believed.
    """
    believed = scores >= threshold
    mistakes = (1 - scores[believed]).sum() + scores[~believed].sum()
    return float(mistakes / max(mistakes + scores[believed].sum(), 1))


class Familiar:
    """What a model was trained on, to compare with.

    Args:
        features: a vector for each training image, `(N, D)`, N at least 2.
    """

    def __init__(self, features: np.ndarray):
        self.mean = features.mean(axis=0)
        self.spread = np.maximum(features.std(axis=0), 1e-6)
        self.known = (features - self.mean) / self.spread
        apart = distances(self.known, self.known)
        np.fill_diagonal(apart, np.inf)
        self.usual = np.sort(apart.min(axis=1))

    def unlikeness(self, features: np.ndarray) -> np.ndarray:
        """How strange images are, `(M,)`, 0 to 1 and beyond.

        Up to 1: the share of the training images that are nearer to their nearest neighbour than
        this image is to its nearest training image. Beyond: the distance, in units of the largest
        one among the training images.
        """
        nearest = distances((features - self.mean) / self.spread, self.known).min(axis=1)
        share = np.searchsorted(self.usual, nearest) / len(self.usual)
        return np.maximum(share, nearest / max(self.usual[-1], NEAREST) * (share >= 1))


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Euclidean, `(M, N)`."""
    squares = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1) - 2 * one @ other.T
    return np.sqrt(np.maximum(squares, 0))


def order(uncertainties: np.ndarray, unlikenesses: np.ndarray) -> np.ndarray:
    """Positions of images, the one to label first at the beginning: by the mean of both ranks."""
    ranks = [np.unique(values, return_inverse=True)[1] for values in (uncertainties, unlikenesses)]
    shares = [rank / max(rank.max(initial=0), 1) for rank in ranks]
    return np.argsort(-(shares[0] + shares[1]), kind="stable")
