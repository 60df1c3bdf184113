"""Draws the measured walls as bars beside the lower bound: plain SVG, nothing but the standard library."""

WIDTH, LEFT, RIGHT, ROW, TOP = 780, 210, 100, 34, 64
NAMES = {"sequential": "Python, one by one", "threads": "Python, 8 threads", "asyncio": "Python, asyncio",
         "hybrid": "Python, threads + asyncio"}


def bar(y, label, wall, scale, colour):
    """A bar to the median, a whisker over the range, the number behind; one too long is cut and says so."""
    room = WIDTH - LEFT - RIGHT
    length = min(wall["median"] * scale, room)
    cut = wall["median"] * scale > room
    low, high = LEFT + wall["min"] * scale, LEFT + wall["max"] * scale
    parts = [f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end">{label}</text>',
             f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="20" fill="{colour}"/>']
    if cut:
        parts.append(f'<path d="M{LEFT + room - 14} {y - 2}l6 24m4 -24l6 24" stroke="#fff" stroke-width="3"/>')
    elif high - low > 2:
        parts.append(f'<path d="M{low:.1f} {y + 10}H{high:.1f}M{low:.1f} {y + 6}v8M{high:.1f} {y + 6}v8"'
                     ' stroke="#222" fill="none"/>')
    end = LEFT + room if cut else max(LEFT + length, high)
    parts.append(f'<text x="{end + 8:.1f}" y="{y + 15}">{wall["median"]:.3f} s</text>')
    return parts


def draw(results, ours, warm):
    longest = sorted(wall["max"] for wall in results["wall"].values())[-2]
    scale = (WIDTH - LEFT - RIGHT) / (longest * 1.02)  # the slowest is cut, or nothing else could be seen
    height = TOP + ROW * (len(results["wall"]) + 1) + 26
    bound = LEFT + results["bound"][warm] * scale
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' font-family="sans-serif" font-size="14" role="img">',
        f'<title>{results["documents"]} documents through classify, extract and a store that answers after'
        f' {results["delay_ms"]} ms: seconds, less is better</title>',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="16" y="26" font-size="16" font-weight="bold">{results["documents"]} documents: classify, extract,'
        f' store (answers after {results["delay_ms"]} ms)</text>',
        f'<text x="16" y="46" fill="#555">wall seconds on {results["cores"]} cores, median of {results["rounds"]};'
        ' journal on; the line: no schedule of lexflow\'s work could be faster</text>',
    ]
    y = TOP
    for mode, wall in results["wall"].items():
        label = {ours: "lexflow, programs started", warm: "lexflow, services running"}.get(mode, NAMES.get(mode, mode))
        parts += bar(y, label, wall, scale, "#1d6fb8" if mode in (ours, warm) else "#b9c2cc")
        y += ROW
    parts.append(f'<path d="M{bound:.1f} {TOP - 6}V{y}" stroke="#c0392b" stroke-dasharray="4 3"/>')
    parts.append(f'<text x="{bound:.1f}" y="{y + 16}" fill="#c0392b">lower bound {results["bound"][warm]:.3f} s</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)
