from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from migrate.demo import papers, scenes, sounds
from migrate.demo.film import FILMS
from migrate.demo.pictures import Canvas

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.mark.parametrize("motif", scenes.PHOTOS)
def test_a_photo_opens_and_is_no_plain_surface(motif: str) -> None:
    data = scenes.PHOTOS[motif](Random(1)).png()
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert picture.size == (scenes.WIDTH, scenes.HEIGHT)
    assert len(set(picture.resize((48, 32)).get_flattened_data())) > 100
    assert len(data) < 100_000


@pytest.mark.parametrize("motif", scenes.MOTIFS)
def test_a_face_opens(motif: str) -> None:
    picture = Image.open(io.BytesIO(scenes.face(Random(1), motif).png()))
    assert picture.size == (scenes.FACE, scenes.FACE)


def test_a_smaller_picture_shows_the_same() -> None:
    canvas = Canvas.painted(90, 60, lambda place: (round(255 * place), 10, 200))
    canvas.ellipse(45, 30, 20, 20, (1, 2, 3))
    small = Image.open(io.BytesIO(canvas.square().smaller(3).png()))
    assert small.size == (20, 20)
    assert small.getpixel((10, 10)) == (1, 2, 3)
    assert small.getpixel((0, 0)) == (0, 10, 200)


def test_drawing_outside_of_a_picture_is_cut_off() -> None:
    canvas = Canvas.painted(10, 10, lambda place: (0, 0, 0))
    canvas.ellipse(0, 0, 30, 30, (9, 9, 9))
    canvas.polygon([(-50, -50), (50, -50), (50, 50), (-50, 50)], (7, 7, 7))
    canvas.glow(0, 5, 40, (255, 255, 255))
    assert {len(row) for row in canvas.rows} == {30}


@pytest.mark.parametrize("name", sounds.MELODIES)
def test_a_melody_plays_for_some_seconds_without_clipping(name: str) -> None:
    with wave.open(io.BytesIO(sounds.melody(sounds.MELODIES[name]))) as sound:
        assert 2 < sound.getnframes() / sound.getframerate() < 4
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert 3_000 < max(abs(sample) for sample in samples) < 32_000


def test_a_paper_keeps_its_table_of_contents() -> None:
    data = papers.sheet("A (small) plan", ["one \\ two", "Größe"])
    start = int(data.split(b"startxref\n")[1].split()[0])
    assert data[start:].startswith(b"xref\n0 7\n")
    for number, line in enumerate(data[start:].splitlines()[3:9], start=1):
        assert data[int(line.split()[0]) :].startswith(b"%d 0 obj" % number)
    assert b"(A \\(small\\) plan)" in data


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    window = chromium.new_page()
    yield window
    window.close()


@pytest.mark.browser
@pytest.mark.parametrize("motif", FILMS)
def test_a_browser_plays_the_film_to_its_end(tmp_path: Path, page: Page, motif: str) -> None:
    film = FILMS[motif](Random(1))
    (tmp_path / "film.mp4").write_bytes(film.mp4)
    (tmp_path / "page.html").write_text("<video src=film.mp4 muted></video>", encoding="utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    played = page.evaluate(
        "() => new Promise((done, failed) => { const film = document.querySelector('video');"
        " film.onended = () => done([film.videoWidth, film.videoHeight, film.duration]);"
        " film.onerror = () => failed(film.error.message); film.playbackRate = 8; film.play(); })"
    )
    assert played == [*film.size, 3]
