"""Every config of an account that the library wrote reads as the library reads it, and every broken one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.session.config.contacts import blinded_contacts_of, contacts_of
from migrate.session.config.namespaces import Namespace
from migrate.session.config.profile import profile_of
from migrate.session.config.read import Merged, read_config
from tests.session.config import meaning, vectors
from tests.session.config.vectors import Vector

pytestmark = pytest.mark.samples
Read = tuple[Vector, Merged]
ONLY_SPOTS = {"contacts-12-multipart"}


@pytest.fixture(scope="module", params=vectors.READABLE)
def read(request: pytest.FixtureRequest, samples: Path) -> Read:
    vector = vectors.load(samples, request.param)
    return vector, _read(vector)


def _read(vector: Vector) -> Merged:
    keys = vectors.keys_of(vector["account"])
    return read_config(Namespace(vector["namespace"]), vectors.stored(vector["messages"]), keys)


def test_no_vector_is_left_out(samples: Path) -> None:
    there = {path.stem for path in (samples / vectors.FOLDER).glob("*.json")}
    assert there == {*vectors.READABLE, *vectors.BROKEN, *vectors.GROUP, vectors.MEMBER_AUTHENTICATION}


def test_the_data_is_that_of_the_library(read: Read) -> None:
    vector, merged = read
    expected = vector["expected"]
    if "data" in expected:
        assert vectors.as_json(merged.data) == expected["data"]
    else:
        assert vectors.digest(merged.data) == expected["data_blake2b_256_of_compact_json"]


def test_the_number_and_the_way_it_came_about_are_those_of_the_library(read: Read) -> None:
    vector, merged = read
    expected = vector["expected"]
    assert (merged.seqno, merged.merged) == (expected["seqno"], expected["merged"])
    assert sorted(merged.used_hashes) == sorted(expected["used_hashes"])
    assert merged.accepted > 0


@pytest.mark.parametrize("name", vectors.BROKEN)
def test_each_message_that_cannot_be_read_says_why(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    merged = _read(vector)
    assert [one.hash for one in merged.skipped] == [one["hash"] for one in vector["messages"]]
    assert {one.code for one in merged.skipped} == {vector["expected"]["error"]}
    assert all(one.reason.endswith(".") for one in merged.skipped)
    assert merged == Merged(skipped=merged.skipped), "nothing is made up for what could not be read"


@pytest.mark.parametrize("name", [name for name in vectors.READABLE if name not in ONLY_SPOTS])
def test_the_meaning_is_that_of_the_library(samples: Path, name: str) -> None:
    vector = vectors.load(samples, name)
    expected = vector["expected"]["logical"]
    if name == "profile-03-newer-fields":  # that library does not know of pictures that were uploaded again
        expected["profile_pic"] = vector["expected"]["newer_fields"]["effective_profile_pic"]
    found = meaning.meaning(Namespace(vector["namespace"]), _read(vector).data, vector["account"]["session_id"])
    assert found == expected


def test_many_contacts_in_parts_are_all_there(samples: Path) -> None:
    vector = vectors.load(samples, "contacts-12-multipart")
    found = contacts_of(_read(vector).data, vector["account"]["session_id"])
    assert len(found) == vector["expected"]["contact_count"]
    by_id = {one.id: one for one in found}
    for spot in vector["expected"]["spot"]:
        one = by_id[spot["session_id"]]
        assert (one.name, meaning.picture(one.picture)) == (spot["name"], spot["pic"])


def test_a_missing_part_is_named_and_the_older_state_is_used(samples: Path) -> None:
    vector = vectors.load(samples, "contacts-13-multipart-part-missing")
    merged = _read(vector)
    parts = {one["hash"] for one in vector["messages"]} - set(vector["expected"]["used_hashes"])
    assert {one.hash for one in merged.skipped} == parts
    assert {one.code for one in merged.skipped} == {"incomplete"}


def test_a_damaged_message_beside_a_good_one_is_named(samples: Path) -> None:
    vector = vectors.load(samples, "bad-14-mixed-with-good")
    merged = _read(vector)
    assert [(one.hash, one.code) for one in merged.skipped] == [(vector["messages"][0]["hash"], "decrypt")]


@pytest.mark.parametrize("name", ["contacts-01-wrapped", "contacts-02-raw", "contacts-03-double-wrapped"])
def test_however_often_it_is_wrapped_it_reads_alike(samples: Path, name: str) -> None:
    bare = _read(vectors.load(samples, "contacts-02-raw"))
    assert _read(vectors.load(samples, name)).data == bare.data


def test_fields_of_newer_apps_are_read(samples: Path) -> None:
    vector = vectors.load(samples, "contacts-14-newer-fields")
    merged = _read(vector)
    found = {
        one.id: {"profile_updated": one.profile_updated, "pro_features": sorted(one.pro_features)}
        for one in contacts_of(merged.data, vector["account"]["session_id"])
    }
    assert found == vector["expected"]["newer_fields"]
    blinded = [meaning.blinded(one) for one in blinded_contacts_of(merged.data)]
    assert blinded == vector["expected"]["blinded_contacts"]


def test_newer_fields_of_a_profile_are_read(samples: Path) -> None:
    vector = vectors.load(samples, "profile-03-newer-fields")
    found, expected = profile_of(_read(vector).data), vector["expected"]["newer_fields"]
    assert {
        "profile_updated": found.profile_updated,
        "effective_profile_pic": meaning.picture(found.picture),
        "pro_features": sorted(found.pro_features),
        "pro_access_expiry_ms": found.pro_until_ms,
    } == expected
