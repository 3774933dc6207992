import json
from dataclasses import replace

from agent.messages.details_view import details_view
from storage.records import LabelKind
from tests.factories_agent import REGION
from tests.servers.slack.blocks import VIEW_BLOCKS, check_blocks
from tests.unit.agent.messages.test_incident_message import COVER


def test_asks_for_kind_class_note_and_region_with_what_is_known_filled_in() -> None:
    known = replace(COVER, label=LabelKind.UNSURE, defect_class="dent", regions=(REGION,) * 10)
    view = details_view(known, tuple(f"class-{number}" for number in range(40)))
    blocks = {block["block_id"]: block for block in view["blocks"]}

    assert list(blocks) == ["kind", "class", "note", "region"]
    assert blocks["kind"]["element"]["initial_option"]["value"] == "unsure"
    assert blocks["class"]["element"]["initial_value"] == "dent"
    assert len(blocks["region"]["element"]["options"]) == 10
    assert json.loads(view["private_metadata"]) == {"inspection": 1042}
    assert len(view["title"]["text"]) <= 24
    check_blocks(view["blocks"], lambda _: True, most=VIEW_BLOCKS)


def test_asks_for_no_region_where_there_is_none() -> None:
    view = details_view(replace(COVER, id=10**17, regions=()), ())

    assert [block["block_id"] for block in view["blocks"]] == ["kind", "class", "note"]
    assert len(view["title"]["text"]) <= 24
