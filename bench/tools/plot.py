"""Line and bar plots as small SVG files, with nothing but text."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000"]
WIDTH, HEIGHT = 860, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 40, 55


def _ticks(low, high):
    return [10.0 ** e * m for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            for m in (1, 2, 5) if low <= 10.0 ** e * m <= high * 1.0001]


def _number(value):
    return f"{value:g}" if value < 10_000 else f"{value / 1000:g} k"


class Picture:
    def __init__(self, title, x_label, y_label):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
                      f'font-family="sans-serif" font-size="12">',
                      f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>']
        self.text((LEFT + WIDTH - RIGHT) / 2, 22, title, anchor="middle", size=15)
        self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 20, x_label, anchor="middle")
        self.parts.append(f'<text x="18" y="{HEIGHT / 2}" text-anchor="middle" '
                          f'transform="rotate(-90 18 {HEIGHT / 2})">{escape(y_label)}</text>')

    def text(self, x, y, what, anchor="start", size=12, fill="black"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" '
                          f'fill="{fill}">{escape(what)}</text>')

    def line(self, x1, y1, x2, y2, stroke, width=1.0, dash=""):
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                          f'stroke="{stroke}" stroke-width="{width}"{dashed}/>')

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>", ""]))


def _legend(picture, names, dashes=()):
    for i, name in enumerate(names):
        y = TOP + 16 + i * 20
        picture.line(WIDTH - RIGHT + 16, y - 4, WIDTH - RIGHT + 40, y - 4, COLOURS[i % len(COLOURS)], 2.5,
                     dashes[i] if i < len(dashes) else "")
        picture.text(WIDTH - RIGHT + 46, y, name)


def lines(path, title, x_label, y_label, x_names, series, note=""):
    """`series`: {name: [value or None for each of x_names]}; a logarithmic y axis."""
    values = [v for row in series.values() for v in row if v is not None]
    low, high = min(values) / 1.3, max(values) * 1.3
    picture = Picture(title, x_label, y_label)
    y_of = lambda v: TOP + (HEIGHT - TOP - BOTTOM) * (1 - math.log(v / low) / math.log(high / low))
    x_of = lambda i: LEFT + 25 + (WIDTH - RIGHT - LEFT - 50) * i / max(1, len(x_names) - 1)
    for tick in _ticks(low, high):
        picture.line(LEFT, y_of(tick), WIDTH - RIGHT, y_of(tick), "#dddddd")
        picture.text(LEFT - 6, y_of(tick) + 4, _number(tick), anchor="end")
    for i, name in enumerate(x_names):
        picture.text(x_of(i), HEIGHT - BOTTOM + 18, str(name), anchor="middle")
    for number, row in enumerate(series.values()):
        colour = COLOURS[number % len(COLOURS)]
        points = [(x_of(i), y_of(v)) for i, v in enumerate(row) if v is not None]
        picture.parts.append('<polyline fill="none" stroke="{}" stroke-width="2" points="{}"/>'.format(
            colour, " ".join(f"{x:.1f},{y:.1f}" for x, y in points)))
        picture.parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
    _legend(picture, list(series))
    picture.text(LEFT, HEIGHT - 4, note, size=10, fill="#555555")
    picture.write(path)


def bars(path, title, y_label, groups, note=""):
    """`groups`: [(name, value, colour number)], horizontal, a logarithmic axis."""
    low, high = min(v for _, v, _ in groups) / 1.5, max(v for _, v, _ in groups) * 1.6
    height = TOP + 24 * len(groups) + BOTTOM
    picture = Picture("", "", "")
    left, right = 250, 70
    picture.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
                     f'font-family="sans-serif" font-size="12">',
                     f'<rect width="{WIDTH}" height="{height}" fill="white"/>']
    picture.text(WIDTH / 2, 22, title, anchor="middle", size=15)
    x_of = lambda v: left + (WIDTH - left - right) * math.log(v / low) / math.log(high / low)
    for tick in _ticks(low, high):
        picture.line(x_of(tick), TOP - 6, x_of(tick), height - BOTTOM, "#dddddd")
        picture.text(x_of(tick), height - BOTTOM + 15, _number(tick), anchor="middle")
    for i, (name, value, colour) in enumerate(groups):
        y = TOP + 24 * i
        picture.parts.append(f'<rect x="{left}" y="{y}" width="{x_of(value) - left:.1f}" height="16" '
                             f'fill="{COLOURS[colour]}"/>')
        picture.text(left - 8, y + 13, name, anchor="end")
        picture.text(x_of(value) + 5, y + 13, f"{value:.3g}")
    picture.text((left + WIDTH - right) / 2, height - BOTTOM + 33, y_label, anchor="middle")
    picture.text(10, height - 6, note, size=10, fill="#555555")
    picture.write(path)
