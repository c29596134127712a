"""What a viewer needs to know about images, one or all of a series, from what was described before."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import anyio

from medcore.errors import PixelError
from medcore.server.failures import Failures
from medcore.server.pixel_store import PixelStore

if TYPE_CHECKING:
    from medcore.library import Instance, Series

NAME = "description-3"  # of an entry; another number where a description says more, or something else
AT_ONCE = 25  # images that a decoder's child describes in one go
# Of all images of one list, as JSON; in memory it takes ten times as much. A series of 2,000 slices takes 1.5 MB, an
# enhanced image of 20,000 frames 3 MB, so only look-up tables or windows that no device writes reach it.
LONGEST_LIST = 16_000_000  # bytes
UNSHOWN_FRAME = 40  # bytes in a list
CROWDED = "The series says so much of its images that not all of them can be shown. Ask the sender for it in parts."

Values = dict[str, Any]


class Room:
    """How many bytes a list may still grow by."""

    def __init__(self) -> None:
        self._left = LONGEST_LIST

    def takes(self, size: int) -> bool:
        """Take `size` bytes of it, and say whether they were there."""
        self._left -= size
        return self._left >= 0


class ImageLists:
    """Describes images: from the cache, or by the decoders where they were not described yet."""

    def __init__(self, store: PixelStore) -> None:
        self._store = store
        self._failures = Failures()  # by the file's hash

    async def images(self, instances: Sequence["Instance"]) -> list[Values]:
        """Return what a viewer needs to know of each image; `error` says why one cannot be shown."""
        room = Room()
        known = await self._store.look(lambda: [self._known(instance, room) for instance in instances])
        missing = [place for place, values in enumerate(known) if values is None]
        chunks = [missing[start : start + AT_ONCE] for start in range(0, len(missing), AT_ONCE)]
        failed: list[Exception] = []

        async def describe(places: Sequence[int]) -> None:
            chunk = [instances[place] for place in places]
            try:
                described = await self._store.make(lambda: self._describe(chunk, room))
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

    def _known(self, instance: "Instance", room: Room) -> Values | None:
        if reason := self._failures.reason(instance.sha256):
            return _refused(instance, reason, room)
        kept = self._store.find(instance, NAME)
        if kept is None:
            return None
        return json.loads(bytes(kept)) if room.takes(len(kept)) else _crowded(instance)

    def _describe(self, instances: Sequence["Instance"], room: Room) -> list[Values]:
        from medcore.dicom.sending import describe_files

        try:
            answers = describe_files([one.path for one in instances])
        except PixelError as error:  # one of them ended the child: which, is found one by one
            if len(instances) > 1:
                return [values for instance in instances for values in self._describe([instance], room)]
            answers = [error]
        described, bodies = [], []
        for instance, found in zip(instances, answers, strict=True):
            if isinstance(found, PixelError):
                self._failures.add(instance.sha256, str(found))
                described.append(_refused(instance, str(found), room))
                continue
            values = found.as_json()
            body = json.dumps(values, allow_nan=False).encode()
            described.append(values if room.takes(len(body)) else _crowded(instance))
            bodies.append((instance, body))
        self._store.keep(bodies, NAME)
        return described


def _named(instance: "Instance", values: Values) -> Values:
    return {"sop_instance_uid": instance.attributes.sop_instance_uid} | values


def _refused(instance: "Instance", reason: str, room: Room) -> Values:
    takes = UNSHOWN_FRAME * instance.attributes.number_of_frames
    return _unshown(instance, reason) if room.takes(takes) else _crowded(instance)


def _crowded(instance: "Instance") -> Values:
    """Describe an image for which there is no room in the list, in one frame: all of them would need room too."""
    return _unshown(instance, CROWDED) | {"frames": 1, "per_frame": [{"position": None, "orientation": None}]}


def _unshown(instance: "Instance", reason: str) -> Values:
    """Describe an image that cannot be shown, so that it keeps its place in the series."""
    attributes = instance.attributes
    frames = attributes.number_of_frames
    return {
        "error": reason,
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
        "regions": [],
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
