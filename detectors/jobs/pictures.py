"""Thumbnails of frames called normal, made from the originals when somebody wants to look at them."""

import structlog

from detectors.decode import DecodeError
from detectors.heatmap import render_thumbnail
from detectors.jobs.workshop import Outcome, Workshop
from storage.errors import StorageError
from storage.records import Job
from storage.repositories.sources import source_by_id
from storage.repositories.thumbnails import set_thumbnails, without_thumbnail

logger = structlog.get_logger()


def make_pictures(workshop: Workshop, job: Job) -> Outcome:
    """Give the job's inspections the thumbnails they lack; one whose original is gone stays without."""
    wanted = [int(one) for one in job.arguments["inspections"]]
    made = give_thumbnails(workshop, int(job.arguments["source_id"]), wanted)
    return Outcome({"inspections": wanted, "pictures": made})


def give_thumbnails(workshop: Workshop, source_id: int, inspection_ids: list[int]) -> int:
    """Make the thumbnails that are lacking and return how many were made."""
    stores = workshop.stores
    with stores.database.reading() as session:
        source = source_by_id(session, source_id)
        lacking = without_thumbnail(session, inspection_ids)
    decoder, made = workshop.decoder_of(source.name), {}
    for inspection_id, sha256 in lacking:
        try:
            pixels = decoder.decode(stores.blobs.path(sha256)).pixels
            made[inspection_id] = stores.blobs.put(render_thumbnail(pixels))
        except (DecodeError, StorageError) as error:
            logger.warning("no_thumbnail", inspection=inspection_id, reason=str(error))
    with stores.database.transaction() as session:
        set_thumbnails(session, made)
    return len(made)
