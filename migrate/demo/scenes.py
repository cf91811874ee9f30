"""What the pictures of the demo show: landscapes, a loaf, a cat, and faces for the people.

Every scene is a function of a generator of random numbers, so the same seed shows the same hills.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sin
from random import Random

from .pictures import Canvas, Colour, Ridge, gradient, mix

WIDTH = 960
HEIGHT = 640
FACE = 192

Stops = tuple[tuple[float, Colour], ...]

DAWN: Stops = ((0.0, (49, 64, 120)), (0.35, (150, 118, 168)), (0.55, (246, 170, 148)), (0.75, (255, 221, 170)))
NOON: Stops = ((0.0, (58, 128, 204)), (0.45, (146, 196, 234)), (0.75, (226, 241, 248)))
EVENING: Stops = ((0.0, (44, 38, 92)), (0.3, (136, 62, 122)), (0.55, (238, 108, 92)), (0.75, (255, 196, 112)))
NIGHT: Stops = ((0.0, (10, 14, 40)), (0.5, (28, 42, 88)), (0.8, (70, 96, 136)))
AUTUMN: Stops = ((0.0, (126, 168, 202)), (0.4, (210, 216, 208)), (0.75, (250, 232, 196)))


def hills(rng: Random, level: float, height: float, roughness: float = 0.55) -> Ridge:
    """A skyline of waves on waves around a row; roughness says how much the small ones count."""
    waves = []
    strength, pace = 1.0, rng.uniform(0.8, 1.6)
    for _ in range(7):
        waves.append((strength, pace, rng.uniform(0, 2 * pi)))
        strength, pace = strength * roughness, pace * rng.uniform(1.8, 2.3)
    total = sum(wave[0] for wave in waves)
    heights = []
    for x in range(0, WIDTH, 2):
        turn = 2 * pi * x / WIDTH
        height_here = level - height * sum([s * sin(p * turn + shift) for s, p, shift in waves]) / total
        heights += [height_here, height_here]
    return Ridge.of(heights)


def firs(rng: Random, level: float) -> Ridge:
    """A skyline of fir trees of different sizes."""
    rows = [level + 14 * sin(x / 130) for x in range(WIDTH)]
    for _ in range(70):
        middle, tall = rng.randrange(WIDTH), rng.uniform(30, 105)
        for x in range(max(int(middle - tall * 0.22), 0), min(int(middle + tall * 0.22), WIDTH)):
            side = abs(x - middle) / (tall * 0.22)
            branches = 7 * (side * 5 % 1)
            rows[x] = min(rows[x], level + 20 - tall * (1 - side) + branches)
    return Ridge.of(rows)


def _layers(
    canvas: Canvas, rng: Random, colours: tuple[Colour, Colour], count: int, place: tuple[float, float]
) -> None:
    """Mountains behind mountains, paler the farther away, with mist at their feet."""
    (far, near), (top, bottom) = colours, place
    for layer in range(count):
        share = layer / max(count - 1, 1)
        level = canvas.height * (top + (bottom - top) * share)
        colour, mist = mix(far, near, share), mix(far, (255, 244, 232), 0.35)
        ridge = hills(rng, level, 95 - 45 * share, 0.62 - 0.1 * share)
        canvas.fill_below(ridge, _slope(colour, mix(colour, mist, 0.55), ridge.top, 230))


def _slope(first: Colour, last: Colour, top: int, depth: int) -> Callable[[int], Colour]:
    """The colour of each row of a hillside that turns from one colour into another."""
    return lambda y: mix(first, last, (y - top) / depth)


def _sky(stops: Stops) -> Canvas:
    return Canvas.painted(WIDTH, HEIGHT, lambda place: gradient(stops, place))


def ridge_at_dawn(rng: Random) -> Canvas:
    """A row of mountains in the first light."""
    canvas = _sky(DAWN)
    canvas.glow(640, 330, 300, (255, 238, 196), 0.9)
    canvas.ellipse(640, 330, 38, 38, (255, 246, 220))
    _layers(canvas, rng, ((176, 150, 176), (44, 52, 84)), 5, (0.56, 0.88))
    canvas.fill_below(firs(rng, 610), lambda y: (18, 26, 42))
    return canvas


def mountain_lake(rng: Random) -> Canvas:
    """Peaks that stand on their heads in still water."""
    canvas = _sky(NOON)
    canvas.glow(250, 110, 200, (255, 255, 244), 0.8)
    canvas.ellipse(250, 110, 30, 30, (255, 255, 240))
    snow = hills(rng, 240, 150, 0.64)
    canvas.fill_below(snow, lambda y: mix((244, 248, 252), (112, 132, 162), (y - 150) / 110))
    _layers(canvas, rng, ((120, 150, 150), (46, 92, 78)), 3, (0.5, 0.6))
    canvas.mirror(410, (40, 90, 130), lambda depth: round(3 * sin(depth / 3.1) + 5 * sin(depth / 11)))
    canvas.fill_below(hills(rng, 618, 22, 0.5), lambda y: mix((58, 104, 62), (34, 66, 44), (y - 590) / 50))
    return canvas


def evening_sea(rng: Random) -> Canvas:
    """The sun on its way into the sea, and two islands."""
    canvas = _sky(EVENING)
    canvas.glow(430, 380, 320, (255, 226, 150), 0.95)
    canvas.ellipse(430, 372, 52, 52, (255, 240, 190))
    canvas.fill_below(hills(rng, 398, 44, 0.45), lambda y: mix((120, 60, 96), (196, 100, 100), (y - 350) / 70))
    canvas.mirror(400, (90, 50, 110), lambda depth: round((2 + depth / 24) * sin(depth / 2.3)))
    for step in range(46):
        y = 404 + step * 5
        half = 46 + 26 * sin(step * 1.7) + step
        canvas.span(y, 430 - half, 430 + half, mix((255, 226, 160), (214, 120, 110), step / 46))
    return canvas


def night_camp(rng: Random) -> Canvas:
    """Stars over firs, and a tent with a light in it."""
    canvas = _sky(NIGHT)
    canvas.glow(760, 130, 150, (214, 226, 250), 0.6)
    canvas.ellipse(760, 130, 34, 34, (246, 244, 226))
    for _ in range(240):
        x, y, size = rng.randrange(WIDTH), rng.randrange(380), rng.choice((1, 1, 1, 2, 2, 3))
        canvas.span(y, x, x + size, mix((150, 170, 210), (255, 255, 250), rng.random()))
    _layers(canvas, rng, ((52, 74, 116), (22, 34, 62)), 3, (0.6, 0.8))
    canvas.fill_below(firs(rng, 556), lambda y: (10, 18, 32))
    canvas.polygon([(300, 620), (392, 500), (484, 620)], (242, 158, 74))
    canvas.polygon([(392, 500), (484, 620), (530, 604), (430, 496)], (190, 104, 58))
    canvas.polygon([(374, 620), (392, 536), (410, 620)], (255, 224, 150))
    return canvas


def autumn_valley(rng: Random) -> Canvas:
    """Yellow and red hills with a path of light between them."""
    canvas = _sky(AUTUMN)
    canvas.glow(180, 150, 260, (255, 250, 226), 0.9)
    for level, far, near in (
        (300, (158, 168, 178), (188, 186, 176)),
        (370, (196, 160, 104), (224, 190, 128)),
        (440, (206, 126, 62), (232, 168, 84)),
        (520, (160, 74, 44), (206, 112, 56)),
        (596, (92, 52, 40), (140, 80, 48)),
    ):
        ridge = hills(rng, level, 50, 0.5)
        canvas.fill_below(ridge, _slope(far, near, ridge.top, 120))
    return canvas


def loaf(rng: Random) -> Canvas:
    """A round loaf on a board, still warm."""
    canvas = Canvas.painted(WIDTH, HEIGHT, lambda place: mix((222, 206, 186), (186, 160, 134), place))
    for y in range(390, HEIGHT):
        grain = 6 * sin(y / 4.0) + 4 * sin(y / 1.7)
        canvas.span(y, 0, WIDTH, mix((150, 104, 66), (110, 72, 46), (y - 390) / 250 + grain / 100))
    canvas.ellipse(480, 500, 360, 62, (92, 58, 38))
    for step in range(40):
        share = step / 40
        colour = mix((128, 70, 30), (226, 168, 92), share)
        canvas.ellipse(480 - 34 * share, 380 - 46 * share, 300 * (1 - share * 0.75), 142 * (1 - share * 0.75), colour)
    for x in (288, 384, 480, 576, 672):
        canvas.polygon([(x - 46, 404), (x + 22, 276), (x + 40, 280), (x - 22, 408)], (248, 222, 170))
        canvas.polygon([(x - 40, 408), (x + 28, 282), (x + 36, 284), (x - 28, 408)], (206, 146, 82))
    for _ in range(260):
        left, row = rng.gauss(470, 110), round(rng.gauss(335, 36))
        if ((left - 480) / 280) ** 2 + ((row - 380) / 130) ** 2 < 1:
            canvas.span(row, left, left + rng.choice((2, 3, 5)), (252, 240, 218))
    return canvas


def window_cat(rng: Random) -> Canvas:
    """A cat on a windowsill, looking at the evening."""
    canvas = _sky(EVENING)
    canvas.glow(700, 300, 240, (255, 230, 170), 0.9)
    _layers(canvas, rng, ((170, 96, 120), (74, 46, 92)), 3, (0.62, 0.76))
    frame, dark = (66, 46, 44), (30, 22, 30)
    for left, right in ((0, 46), (462, 486), (914, WIDTH)):
        for y in range(HEIGHT):
            canvas.span(y, left, right, frame)
    for y in (*range(40), *range(540, HEIGHT)):
        canvas.span(y, 0, WIDTH, mix(frame, (104, 74, 62), (y - 540) / 100) if y >= 540 else frame)
    canvas.ellipse(290, 470, 96, 108, dark)
    canvas.ellipse(300, 330, 66, 58, dark)
    canvas.polygon([(240, 330), (236, 238), (292, 288)], dark)
    canvas.polygon([(360, 330), (364, 238), (308, 288)], dark)
    for step in range(60):
        canvas.ellipse(372 + step * 1.6, 560 - 12 * sin(step / 9), 15 - step / 8, 15 - step / 8, dark)
    return canvas


PHOTOS: dict[str, Callable[[Random], Canvas]] = {
    "dawn": ridge_at_dawn,
    "lake": mountain_lake,
    "sea": evening_sea,
    "camp": night_camp,
    "autumn": autumn_valley,
    "loaf": loaf,
    "cat": window_cat,
}


@dataclass(frozen=True, slots=True)
class Shades:
    """The colours of one face, from the lightest to the darkest."""

    bright: Colour
    light: Colour
    deep: Colour
    dark: Colour


def face(rng: Random, motif: str) -> Canvas:
    """A small square picture for a person or a group: a soft gradient and one simple shape."""
    hue = rng.random()
    light, deep = _hue(hue, 0.86), _hue(hue + 0.12, 0.46)
    shades = Shades(mix(light, (255, 255, 255), 0.7), light, deep, mix(deep, (20, 20, 40), 0.45))
    canvas = Canvas.painted(FACE, FACE, lambda place: mix(light, deep, place))
    MOTIFS[motif](canvas, shades)
    return canvas


def _sun(canvas: Canvas, shades: Shades) -> None:
    canvas.ellipse(96, 84, 42, 42, shades.bright)
    canvas.ellipse(40, 200, 120, 70, shades.dark)
    canvas.ellipse(150, 206, 110, 60, mix(shades.dark, shades.deep, 0.5))


def _peak(canvas: Canvas, shades: Shades) -> None:
    canvas.polygon([(8, 170), (78, 52), (148, 170)], shades.dark)
    canvas.polygon([(60, 83), (78, 52), (96, 83), (86, 92), (78, 82), (68, 92)], shades.bright)
    canvas.polygon([(84, 170), (136, 86), (188, 170)], mix(shades.dark, shades.deep, 0.5))


def _leaf(canvas: Canvas, shades: Shades) -> None:
    sides = [(96 + side * 46 * sin(pi * step / 20) ** 1.4, 24 + 6.4 * step) for side in (-1, 1) for step in range(21)]
    canvas.polygon(sides[:21] + sides[:20:-1], shades.bright)
    canvas.polygon([(94, 60), (98, 60), (99, 176), (93, 176)], shades.deep)
    for step in range(3):
        y = 84 + 22 * step
        canvas.polygon([(96, y + 18), (70, y), (96, y + 12), (122, y), (96, y + 18)], shades.deep)


def _wheel(canvas: Canvas, shades: Shades) -> None:
    for radius, colour in ((66, shades.dark), (56, mix(shades.light, shades.deep, 0.5))):
        canvas.ellipse(96, 96, radius, radius, colour)
    for turn in range(8):
        x, y = 57 * sin(turn * pi / 4 + 0.3), 57 * sin(turn * pi / 4 + 0.3 + pi / 2)
        canvas.polygon([(96 - y / 28, 96 + x / 28), (96 + x, 96 + y), (96 + y / 28, 96 - x / 28)], shades.bright)
    canvas.ellipse(96, 96, 10, 10, shades.dark)


def _note(canvas: Canvas, shades: Shades) -> None:
    canvas.ellipse(72, 134, 24, 18, shades.bright)
    canvas.ellipse(132, 120, 24, 18, shades.bright)
    canvas.polygon([(86, 56), (156, 42), (156, 62), (96, 74), (96, 134), (86, 134)], shades.bright)
    canvas.polygon([(146, 50), (156, 48), (156, 120), (146, 120)], shades.bright)


def _person(canvas: Canvas, shades: Shades) -> None:
    canvas.ellipse(96, 214, 78, 82, shades.dark)
    canvas.ellipse(96, 84, 40, 44, mix(shades.bright, shades.light, 0.3))


MOTIFS: dict[str, Callable[[Canvas, Shades], None]] = {
    "sun": _sun,
    "peak": _peak,
    "leaf": _leaf,
    "wheel": _wheel,
    "note": _note,
    "person": _person,
}


def _hue(turn: float, light: float) -> Colour:
    """A friendly colour: hue as a share of the circle, and how light it is."""
    red, green, blue = (
        round(255 * light * (0.72 + 0.28 * sin(2 * pi * (turn + shift)))) for shift in (0, 1 / 3, 2 / 3)
    )
    return red, green, blue
