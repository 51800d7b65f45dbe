"""What is planted is really there, passes its check digits, and its text is the same every time."""

from __future__ import annotations

import base64
import hashlib
import random
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from stdnum import iban, luhn
from stdnum.br import cpf
from stdnum.de import idnr
from stdnum.es import dni
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.in_ import aadhaar
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.us import ssn

from fanlight.simulator import checkdigits
from fanlight.simulator.sensitive import HIGH_RECIPES, LOW_RECIPES, MODERATE_RECIPES, hard_negative, write_recipe
from fanlight.simulator.world import World


@pytest.mark.parametrize(
    ("make", "is_valid"),
    [
        (checkdigits.iban, iban.is_valid),
        (checkdigits.steuer_id, idnr.is_valid),
        (checkdigits.nir, nir.is_valid),
        (checkdigits.cpf, cpf.is_valid),
        (checkdigits.aadhaar, aadhaar.is_valid),
        (checkdigits.bsn, bsn.is_valid),
        (checkdigits.dni, dni.is_valid),
        (checkdigits.pesel, pesel.is_valid),
        (checkdigits.nhs_number, nhs.is_valid),
        (checkdigits.ssn, ssn.is_valid),
        (lambda rng: checkdigits.card(rng).replace(" ", "").replace("-", ""), luhn.is_valid),
    ],
)
def test_planted_numbers_pass_their_check_digits(
    make: Callable[[random.Random], str], is_valid: Callable[[str], bool]
) -> None:
    rng = random.Random(5)
    for _ in range(200):
        number = make(rng)
        assert is_valid(number), number


def test_look_alikes_fail_theirs() -> None:
    rng = random.Random(5)
    assert not any(luhn.is_valid(checkdigits.card_like(rng)) for _ in range(200))
    assert len({hard_negative(rng)[:12] for _ in range(200)}) > 8


@pytest.mark.parametrize("recipe", [*HIGH_RECIPES, *MODERATE_RECIPES, *LOW_RECIPES, "customers", "contract"])
def test_every_planted_value_stands_in_its_text(recipe: str) -> None:
    text, planted = write_recipe(recipe, random.Random(recipe))
    assert planted
    assert all(item.value in text for item in planted)


def test_a_chat_shows_its_canary_its_planted_values_and_the_same_text_twice(world: World) -> None:
    chat_id = world.truth.stories[0].chats[0]
    chat = next(c for c in world.stage.company.chats if c.id == chat_id)
    text = str(world.messages(chat_id))
    assert world.stage.canary("chat", chat.number) in text
    flat = "".join(block["text"] for m in world.messages(chat_id) or () for block in m["content"] if "text" in block)
    planted = world.truth.planted_in_chat(chat_id)
    assert len(planted) >= 4
    assert all(item.value in flat for item in planted)
    assert text == str(world.messages(chat_id))


def test_canaries_are_words_that_occur_once(world: World) -> None:
    words = [word for _, _, word in world.truth.canaries()]
    assert len(words) > 5_000
    assert len(set(words)) == len(words)


def test_files_come_in_their_real_formats_with_true_sizes_and_digests(world: World) -> None:
    seen = set()
    for record in world.stage.files.values():
        if record.created_at > world.now or record.suffix in seen:
            continue
        upload = not record.id.startswith("claude_gen_file")
        content = world.file_content(record.id) if upload else world.generated_file_content(record.id)
        meta = world.file_metadata(record.id) if upload else world.generated_file_metadata(record.id)
        if content is None or meta is None or meta["md5"] is None:
            continue
        seen.add(record.suffix)
        assert meta["size_bytes"] == len(content.data)
        assert meta["md5"] == hashlib.md5(content.data, usedforsecurity=False).hexdigest()
        if record.suffix in {"docx", "xlsx"}:
            assert zipfile.ZipFile(BytesIO(content.data)).testzip() is None
        if record.suffix == "pdf":
            assert content.data.startswith(b"%PDF-")
    assert {"txt", "csv", "pdf", "docx", "xlsx", "png"} <= seen


def test_the_text_of_a_sensitive_pdf_can_be_read_again(world: World) -> None:
    import pypdf

    record = next(f for f in world.stage.files.values() if f.suffix == "pdf" and f.tier == "high" and f.chat is None)
    content = world.file_content(record.id)
    assert content is not None
    text = "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(content.data)).pages)
    assert world.stage.canary("file", record.number) in text
    assert any(item.value in text for item in world.truth.planted_in_file(record.id))


def test_few_chats_and_projects_are_truly_sensitive(world: World) -> None:
    assert len(world.truth.high_chats()) <= 0.06 * len(world.chats())
    assert len(world.truth.high_projects()) <= 0.13 * len(world.projects())


def test_tools_show_mcp_servers_and_sometimes_cut_their_input(world: World) -> None:
    blocks = [
        b
        for row in world.chats()
        for m in world.messages(row.id) or ()
        for b in m["content"]
        if b["type"] == "tool_use"
    ]
    assert any(b["mcp_server_url"] for b in blocks)
    assert {b["truncated"] for b in blocks} == {True, False}


def test_pictures_hold_no_text(world: World) -> None:
    record = next(f for f in world.stage.files.values() if f.suffix == "png" and f.chat is None)
    content = world.file_content(record.id)
    assert content is not None
    assert content.data.startswith(b"\x89PNG")
    assert base64.b64encode(content.data)
