"""Shrunk covariances are those of the papers, and of the libraries that others use."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engines.covariance import (
    METHODS,
    BadReturns,
    constant_correlation,
    ledoit_wolf,
    oracle_approximating,
    sample,
)
from tests.support.real_prices import us_stock_returns

# A table without any data: the figures below are of these twelve days of four assets.
TABLE = np.array(
    [
        [((i * 37 + j * 101) % 23 - 11) / 1000 + (i % 5 - 2) * (j + 1) / 900 for j in range(4)]
        for i in range(12)
    ]
)

# (first variance, first covariance, last covariance) and the intensity. Sources: scikit-learn 1.9.1
# `ledoit_wolf` and `oas`; PyPortfolioOpt 1.6.0 `CovarianceShrinkage.ledoit_wolf("constant_correlation")`
# with its sample covariance set to the one that divides by n, as the paper's does.
PUBLISHED = [
    (
        "ledoit_wolf",
        0.5236166061443153,
        6.063727619824955e-05,
        2.3770159055556218e-07,
        -5.995226198909118e-06,
    ),
    (
        "oracle_approximating",
        0.8103868435156438,
        6.155072938876529e-05,
        9.461150297830502e-08,
        -2.386258165323957e-06,
    ),
    (
        "constant_correlation",
        0.6751977551160628,
        5.8969393004115224e-05,
        8.299811193915537e-06,
        2.3566047185394634e-06,
    ),
]

# The same sources, of the last 60 and 252 returns of twenty US stocks: intensity, [0,0], [0,1], Frobenius norm.
REAL = [
    (
        "ledoit_wolf",
        60,
        0.1017541770587058,
        0.0006175616411113762,
        0.0006790233979758465,
        0.004663287766574054,
    ),
    (
        "ledoit_wolf",
        252,
        0.03150816395338726,
        0.0004971710357264397,
        0.0006057498781651115,
        0.004388335369700697,
    ),
    (
        "oracle_approximating",
        60,
        0.07526396513021377,
        0.0006229143454074065,
        0.0006990485105423433,
        0.004777048485020081,
    ),
    (
        "oracle_approximating",
        252,
        0.02606117041611891,
        0.0004973718291815219,
        0.000609156737726298,
        0.004407569612395344,
    ),
    ("constant_correlation", 60, 0.5610264660307591, 0.0006381224438014953, 0.0005836658873342305, None),
    ("constant_correlation", 252, 0.1410946605620409, 0.000498332526567251, 0.0005825632517780619, None),
]


@pytest.mark.parametrize(("method", "intensity", "variance", "first", "last"), PUBLISHED)
def test_the_libraries_find_the_same(
    method: str, intensity: float, variance: float, first: float, last: float
) -> None:
    """Intensity and entries equal those that the libraries print for the same table."""
    found = METHODS[method](TABLE)
    assert found.intensity == pytest.approx(intensity, rel=1e-12)
    entries = found.matrix[0, 0], found.matrix[0, 1], found.matrix[2, 3]
    assert entries == pytest.approx((variance, first, last), rel=1e-11)


@pytest.mark.parametrize(("method", "days", "intensity", "variance", "covariance", "norm"), REAL)
def test_on_real_prices_too(
    method: str, days: int, intensity: float, variance: float, covariance: float, norm: float | None
) -> None:
    """Twenty US stocks over a quarter and over a year."""
    found = METHODS[method](us_stock_returns(days))
    assert found.intensity == pytest.approx(intensity, rel=1e-10)
    assert found.matrix[0, :2] == pytest.approx([variance, covariance], rel=1e-10)
    if norm is not None:
        assert np.linalg.norm(found.matrix) == pytest.approx(norm, rel=1e-10)


def test_the_sample_is_numpys() -> None:
    """Divided by n-1, nothing shrunk."""
    assert sample(TABLE).matrix == pytest.approx(np.cov(TABLE, rowvar=False))
    assert sample(TABLE).intensity == 0


@pytest.mark.parametrize("method", METHODS)
def test_more_assets_than_days_still_invert(method: str) -> None:
    """The sample of thirty assets over ten days is singular; its shrunk forms are not."""
    returns = np.random.default_rng(3).normal(0, 0.01, (10, 30))
    least = np.linalg.eigvalsh(METHODS[method](returns).matrix)[0]
    assert least < 1e-12 if method == "sample" else least > 1e-6


@pytest.mark.parametrize("method", METHODS)
def test_one_asset_has_its_own_variance(method: str) -> None:
    """There is nothing to shrink towards but itself; only the divisor differs (n or n-1)."""
    found = METHODS[method](TABLE[:, :1])
    assert found.matrix.shape == (1, 1)
    assert found.matrix[0, 0] == pytest.approx(TABLE[:, 0].var(ddof=method == "sample"))


@pytest.mark.parametrize("method", METHODS)
@given(
    arrays(
        float,
        st.tuples(st.integers(2, 25), st.integers(1, 8)),
        elements=st.floats(-0.3, 0.3).map(lambda value: round(value, 6)),
    )
)
def test_the_answer_is_a_covariance(method: str, returns: np.ndarray) -> None:
    """Symmetric, positive semidefinite, intensity within 0 and 1, average variance kept."""
    try:
        found = METHODS[method](returns)
    except BadReturns:
        assert method == "constant_correlation"
        assert (returns.std(axis=0) < 1e-15).any()
        return
    assert 0 <= found.intensity <= 1
    assert found.matrix == pytest.approx(found.matrix.T)
    assert np.linalg.eigvalsh(found.matrix)[0] >= -1e-12
    moments = sample(returns).matrix * (1 if method == "sample" else 1 - 1 / len(returns))
    assert np.trace(found.matrix) == pytest.approx(np.trace(moments))


@pytest.mark.parametrize("shrink", [ledoit_wolf, oracle_approximating, constant_correlation])
def test_the_unit_of_returns_does_not_matter(shrink: object) -> None:
    """Returns in percent shrink by the same share, to ten thousand times the covariance."""
    assert callable(shrink)
    plain, percent = shrink(TABLE), shrink(100 * TABLE)
    assert percent.intensity == pytest.approx(plain.intensity)
    assert percent.matrix == pytest.approx(1e4 * plain.matrix)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("returns", "path", "words"),
    [
        (TABLE[:1], "returns", "1 rows of returns are too few; 2 are needed"),
        (TABLE[:, :0], "returns", "a column for each asset"),
        (TABLE[:, 0], "returns", "a row for each period"),
        (np.where(TABLE[4, 2] == TABLE, np.nan, TABLE), "returns[4][2]", "row 4, column 2 is nan"),
        (np.where(TABLE[5, 1] == TABLE, np.inf, TABLE), "returns[5][1]", "row 5, column 1 is inf"),
    ],
)
def test_what_cannot_be_estimated_from_is_named(
    method: str, returns: np.ndarray, path: str, words: str
) -> None:
    """Too few rows, no table, and values that are no numbers: with their place."""
    with pytest.raises(BadReturns, match=words) as refused:
        METHODS[method](returns)
    assert refused.value.path == path


def test_an_asset_that_never_moves_has_no_correlation() -> None:
    """Its column is named; the other methods take it."""
    still = np.column_stack([TABLE[:, 0], np.zeros(12)])
    with pytest.raises(BadReturns, match="column 1 never moves"):
        constant_correlation(still)
    assert ledoit_wolf(still).matrix[1, 1] > 0
