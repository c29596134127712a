"""What a viewer needs to know about images, one or all of a series, from what was described before."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio

from medcore.errors import PixelError
from medcore.server.pixel_store import PixelStore

if TYPE_CHECKING:
    from medcore.library import Instance, Series

NAME = "description-1"  # of an entry; another number where a description says more
AT_ONCE = 25  # images that a decoder's child describes in one go

Values = dict[str, Any]


class ImageLists:
    """Describes images: from the cache, or by the decoders where they were not described yet."""

    def __init__(self, store: PixelStore) -> None:
        self._store = store

    async def images(self, instances: Sequence["Instance"]) -> list[Values]:
        """Return what a viewer needs to know of each image; `error` says why one cannot be shown."""
        known = await self._store.look(lambda: [self._known(instance) for instance in instances])
        missing = [place for place, values in enumerate(known) if values is None]
        chunks = [missing[start : start + AT_ONCE] for start in range(0, len(missing), AT_ONCE)]
        failed: list[Exception] = []

        async def describe(places: Sequence[int]) -> None:
            chunk = [instances[place] for place in places]
            try:
                described = await self._store.make(lambda: self._describe(chunk))
            except (PixelError, OSError) as error:  # a task group would wrap it
                failed.append(error)
                return
            for place, values in zip(places, described, strict=True):
                known[place] = values

        async with anyio.create_task_group() as group:
            for chunk in chunks:
                group.start_soon(describe, chunk)
        if failed:
            raise failed[0]
        return [_named(instance, values or {}) for instance, values in zip(instances, known, strict=True)]

    async def series(self, series: "Series") -> Values:
        """Return what a viewer needs to know of a series: its images, their order, and whether they are a volume."""
        images = await self.images(series.instances)
        return await self._store.look(lambda: _listed(series.id, images))

    def _known(self, instance: "Instance") -> Values | None:
        kept = self._store.find(instance, NAME)
        return None if kept is None else json.loads(bytes(kept))

    def _describe(self, instances: Sequence["Instance"]) -> list[Values]:
        from medcore.dicom.sending import describe_files

        described, bodies = [], []
        try:
            answers = describe_files([one.path for one in instances])
        except PixelError as error:  # one of them ended the child: which, is found one by one
            if len(instances) > 1:
                return [values for instance in instances for values in self._describe([instance])]
            answers = [error]
        for instance, found in zip(instances, answers, strict=True):
            if isinstance(found, PixelError):
                described.append(_unshown(instance, found))
            else:
                described.append(found.as_json())
                bodies.append((instance, json.dumps(described[-1], allow_nan=False).encode()))
        self._store.keep(bodies, NAME)
        return described


def _named(instance: "Instance", values: Values) -> Values:
    return {"sop_instance_uid": instance.attributes.sop_instance_uid} | values


def _unshown(instance: "Instance", error: PixelError) -> Values:
    """Describe an image that cannot be shown, so that it keeps its place in the series."""
    attributes = instance.attributes
    frames = attributes.number_of_frames
    return {
        "error": str(error),
        "rows": attributes.rows,
        "columns": attributes.columns,
        "frames": frames,
        "type": "uint8",
        "photometric_interpretation": attributes.photometric_interpretation,
        "inverted": False,
        "modality": attributes.modality,
        "unit": "",
        "bits_stored": attributes.bits_stored,
        "spacing_mm": attributes.pixel_spacing_mm,
        "spacing_source": attributes.spacing_source,
        "pixel_aspect": attributes.pixel_aspect,
        "frame_of_reference_uid": "",
        "frame_time_ms": None,
        "slope": 1.0,
        "intercept": 0.0,
        "modality_lut": None,
        "windows": [],
        "voi_lut": None,
        "padding": None,
        "per_frame": [{"position": None, "orientation": None}] * frames,
    }


def _listed(number: int, images: list[Values]) -> Values:
    from medcore.dicom.description import Description
    from medcore.dicom.volume import find_volume

    volume = find_volume([Description.from_json(image) for image in images])
    broken = next((place for place, image in enumerate(images, 1) if "error" in image), None)
    reason = volume.reason if broken is None else f"Not a volume: image {broken} cannot be shown."
    return {
        "series": number,
        "volume": {"possible": not reason, "reason": reason},
        "images": images,
        "order": volume.order,
    }
