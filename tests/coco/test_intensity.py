from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from coco import intensity
from coco.errors import ImageError

TYPES = ("int8", "uint16", "int16", "uint32", "int32", "float16", "float32", "float64")


def draw(dtype, shape=(300, 400, 1), seed=0):
    values = np.random.default_rng(seed).normal(30, 40, shape)
    if np.dtype(dtype).kind == "u":
        values = np.abs(values)
    return values.astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
def test_percentiles_are_those_of_numpy(dtype):
    pixels = draw(dtype)
    ((low, high),) = intensity.limits_of(pixels, 1, [1, 99.8])
    expected = np.percentile(pixels.astype(float), [1, 99.8], method="inverted_cdf")
    np.testing.assert_allclose([low, high], expected, rtol=2**-11)


def test_all_percentiles_of_small_whole_numbers_are_exact():
    pixels = draw("int16")
    for percentiles in ([0, 100], [3, 60], [25, 75]):
        expected = np.percentile(pixels, percentiles, method="inverted_cdf").tolist()
        assert intensity.limits_of(pixels, 1, percentiles) == [expected]


def test_order_of_keys_is_that_of_the_values():
    values = np.array([-3e38, -1e9, -2.5, -1, -1e-30, 0, 1e-30, 1, 2.5, 4095, 65535, 1e9, 3e38])
    keys = intensity.keys(values)
    assert np.all(np.diff(keys.astype(int)) > 0)
    assert [intensity.value_of(key) for key in keys] == np.float32(values).tolist()
    back = [intensity.value_of(key >> 11 << 11, 11) for key in keys]
    np.testing.assert_allclose(back, np.float32(values), rtol=2**-11)
    assert np.all(np.abs(back) <= np.abs(np.float32(values)))


@pytest.mark.parametrize(
    ("dtype", "offset", "span"),
    [("uint16", 40000, 100), ("uint32", 3e9, 5e5), ("float32", 1000, 0.2), ("float32", -293, 1)],
)
@pytest.mark.parametrize("groups", [1, 2])
def test_narrow_ranges_far_from_0_keep_their_limits(dtype, offset, span, groups):
    pixels = (offset + span * np.random.default_rng(0).random((300, 400, groups))).astype(dtype)
    expected = [
        np.percentile(np.float32(part), [1, 99.8], method="inverted_cdf").tolist()
        for part in np.split(pixels, groups, axis=2)
    ]
    assert intensity.limits_of(pixels, groups, [1, 99.8]) == expected
    histogram = intensity.Histogram(groups)
    for half in np.split(pixels, 2):
        histogram.add(half)
    assert histogram.limits([1, 99.8]) == expected


def test_more_values_than_are_counted_apart_add_up_in_any_order(monkeypatch):
    monkeypatch.setattr(intensity, "MOST", 1000)
    parts = [draw("float32", (50, 60, 1), seed) * (1 + seed) for seed in range(8)]
    limits = []
    for order in (parts, parts[::-1]):
        histogram = intensity.Histogram(1)
        for part in order:
            histogram.add(part)
        assert len(histogram.counts[0][0]) <= 1000
        assert histogram.counts[0][1].sum() == 8 * 50 * 60
        limits += histogram.limits([2, 98])
    assert limits[0] == limits[1]
    expected = np.percentile(np.concatenate(parts), [2, 98], method="inverted_cdf")
    np.testing.assert_allclose(limits[0], expected, rtol=0.1)


def test_images_add_up_in_any_order_and_thread():
    parts = [draw("uint16", (50, 60, 2), seed) * (1 + seed) for seed in range(8)]
    histogram = intensity.Histogram(2)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(histogram.add, reversed(parts)))
    whole = np.concatenate(parts)
    assert histogram.limits([2, 98]) == intensity.limits_of(whole, 2, [2, 98])


def test_limits_of_each_channel_or_of_all():
    pixels = np.dstack([draw("uint16"), 100 * draw("uint16", seed=1)])
    apart = intensity.limits_of(pixels, 2, [0, 100])
    assert apart[0][1] < 300 < 10000 < apart[1][1]
    assert len(intensity.limits_of(pixels, 1, [0, 100])) == 1


def test_percentiles_that_agree_give_way_to_the_extremes():
    pixels = np.zeros((100, 100, 1), np.uint16)
    pixels[50, 50] = 4000
    assert intensity.limits_of(pixels, 1, [1, 99.8]) == [[0, 4000]]


def test_values_are_spread_between_the_limits():
    pixels = np.array([[[-7], [0], [1], [500], [999], [1000], [4000]]], np.int32)
    found = intensity.to_8_bits(pixels, [[0, 1000]])
    assert found.dtype == np.uint8
    assert found.ravel().tolist() == [0, 0, 0, 128, 255, 255, 255]


def test_each_channel_has_its_own_limits():
    pixels = np.array([[[10, 1000, 5.0]]])
    assert intensity.to_8_bits(pixels, [[0, 20], [0, 1000], [5, 5]]).ravel().tolist() == [
        128,
        255,
        0,
    ]


def test_strips_make_no_difference(monkeypatch):
    pixels = draw("float32", (37, 20, 3))
    whole = intensity.limits_of(pixels, 1, [1, 99]), intensity.to_8_bits(pixels, [[0, 50]])
    monkeypatch.setattr(intensity, "BLOCK", 100)
    assert intensity.limits_of(pixels, 1, [1, 99]) == whole[0]
    np.testing.assert_array_equal(intensity.to_8_bits(pixels, [[0, 50]]), whole[1])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value):
    pixels = draw("float32")
    intensity.refuse_infinite(pixels)
    pixels[7, 9] = pixels[8, 9] = value
    with pytest.raises(ImageError, match="2 of 120000 values") as caught:
        intensity.refuse_infinite(pixels)
    assert caught.value.check == "not_finite"
