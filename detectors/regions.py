"""From an anomaly map to the areas a person should look at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from storage.records import Region

MOST_REGIONS = 10
# Around a lone peak: what is at least this share of it, and connected to it.
PEAK_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class MapRegion:
    """A region, and the map row and column of its peak."""

    region: Region
    row: int
    column: int


def find_regions(
    anomaly_map: NDArray[np.float32], map_threshold: float, *, width: int, height: int, at_least_one: bool
) -> tuple[MapRegion, ...]:
    """Return the connected areas above the threshold, highest peak first, at most 10.

    Boxes are integer pixels of the upright original (width x height). With at_least_one, a map that stays below the
    threshold gives the area around its peak.
    """
    abnormal = anomaly_map > map_threshold
    if not abnormal.any():
        if not at_least_one:
            return ()
        abnormal = _around_peak(anomaly_map)
    labels, _ = ndimage.label(abnormal)
    found = [
        _scaled(anomaly_map, labels, number, box, width=width, height=height)
        for number, box in enumerate(ndimage.find_objects(labels), start=1)
    ]
    found.sort(key=lambda area: area.region.peak, reverse=True)
    return tuple(found[:MOST_REGIONS])


def _around_peak(anomaly_map: NDArray[np.float32]) -> NDArray[np.bool_]:
    peak = np.unravel_index(int(anomaly_map.argmax()), anomaly_map.shape)
    labels, _ = ndimage.label(anomaly_map >= PEAK_SHARE * anomaly_map[peak])
    around: NDArray[np.bool_] = labels == labels[peak]
    return around


def _scaled(
    anomaly_map: NDArray[np.float32],
    labels: NDArray[np.int32],
    number: int,
    box: tuple[slice, slice],
    *,
    width: int,
    height: int,
) -> MapRegion:
    inside = labels[box] == number
    values = np.where(inside, anomaly_map[box], -np.inf)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    down, across = height / anomaly_map.shape[0], width / anomaly_map.shape[1]
    top, bottom = int(box[0].start * down), int(np.ceil(box[0].stop * down))
    left, right = int(box[1].start * across), int(np.ceil(box[1].stop * across))
    region = Region(
        x=left,
        y=top,
        width=max(1, min(right, width) - left),
        height=max(1, min(bottom, height) - top),
        area=max(1, round(int(inside.sum()) * down * across)),
        peak=float(values[row, column]),
    )
    return MapRegion(region, int(row) + box[0].start, int(column) + box[1].start)
